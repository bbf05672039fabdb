// Who wants to be told of what happens to a room.

import { ensure } from "./ensure.js";

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
 * @template {Record<string, any>} Events what each event is told with
 * @typedef {object} Emitter
 * @property {<Name extends keyof Events>(name: Name, callback: (event: Events[Name]) => void) => () => void} on
 * @property {<Name extends keyof Events>(name: Name, event: Events[Name]) => void} emit
 * @property {() => void} clear
 */

/**
 * Calls listeners by the name of what happened. One that throws does not stop the others.
 * @template {Record<string, any>} Events what each event is told with
 * @returns {Emitter<Events>}
 */
export function makeEmitter() {
  /** @type {Map<any, Set<(event: any) => void>>} */
  const all = new Map();
  return {
    on(name, callback) {
      checkCallback(callback);
      const listeners = ensure(all, name, () => new Set());
      // One of its own, so that the same function can be there twice.
      const listener = (/** @type {any} */ event) => callback(event);
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },

    emit(name, event) {
      callAll(all.get(name) ?? [], event);
    },

    clear: () => all.clear(),
  };
}

/** @param {unknown} callback */
export function checkCallback(callback) {
  if (typeof callback !== "function") throw new TypeError("a callback is a function");
}
