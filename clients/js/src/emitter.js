// Who wants to be told of what happens to a room.

/**
 * Tells of an error that nobody caught, without keeping anything from going on.
 * @param {unknown} error
 */
export function report(error) {
  queueMicrotask(() => {
    throw error;
  });
}

/**
 * Calls all of these, also when some throw.
 * @param {Iterable<(...values: any[]) => void>} callbacks
 * @param {any[]} values
 */
export function callAll(callbacks, ...values) {
  for (const callback of [...callbacks]) {
    try {
      callback(...values);
    } catch (error) {
      report(error);
    }
  }
}

/**
 * Calls listeners by the name of what happened. One that throws does not stop the others.
 * @template {Record<string, any>} Events what each event is told with
 */
export class Emitter {
  /** @type {Map<keyof Events, Set<(event: any) => void>>} */
  #listeners = new Map();

  /**
   * @template {keyof Events} Name
   * @param {Name} name
   * @param {(event: Events[Name]) => void} callback
   * @returns {() => void} ends it
   */
  on(name, callback) {
    if (typeof callback !== "function") throw new TypeError("a callback is a function");
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    // One of its own, so that the same function can be there twice.
    const listener = (/** @type {any} */ event) => callback(event);
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  /**
   * @template {keyof Events} Name
   * @param {Name} name
   * @param {Events[Name]} event
   */
  emit(name, event) {
    callAll(this.#listeners.get(name) ?? [], event);
  }

  clear() {
    this.#listeners.clear();
  }
}
