// The SDK's signals: who listens to them is not to disturb us, nor each other.

import { callAll } from "./emitter.js";

/** @typedef {(...values: any[]) => void} Invoke */

/**
 * Puts something around the invocation of a signal. It stays there when the listeners are
 * removed, and it is called whether there are any or not.
 * @param {{invoke: any}} signal
 * @param {(invoke: Invoke, ...values: any[]) => void} [act] calls the first, which never
 *   throws, with the rest, or does not
 */
export function around(signal, act = (invoke, ...values) => invoke(...values)) {
  const { invoke } = signal;
  /** @type {Invoke} */
  const apart = (...values) => callAll([invoke], ...values);
  signal.invoke = (/** @type {any[]} */ ...values) => act(apart, ...values);
}

/**
 * Calls each listener for a message, even when others throw.
 * @param {{events: Record<string, Invoke[] | undefined>, emit: any}} emitter
 */
export function callApart(emitter) {
  emitter.emit = (/** @type {string} */ name, /** @type {any[]} */ ...values) => callAll(emitter.events[name] ?? [], ...values);
}

/**
 * Keeps what every object inherits, such as `constructor`, from being taken for listeners:
 * a message may have any type, and other clients may have chosen it.
 * @param {{events: Record<string, any>}} emitter whose listeners are kept anew when all are
 *   removed: then this is to be done again
 */
export const inheritNothing = ({ events }) => Object.setPrototypeOf(events, null);
