// What can be set of a room, and what it is if nobody does.

/**
 * @typedef {object} Settings
 * @property {{enabled?: boolean, maxRetries?: number, delay?: number, maxDelay?: number, minUptime?: number}} [reconnection]
 *   whether and how often it tries to come back; times in milliseconds
 * @property {{maxMessages?: number, maxBytes?: number}} [outbox] how much it holds
 * @property {number} [pingInterval] milliseconds from ping to ping
 * @property {number} [silence] after how many milliseconds without a sign of the server the
 *   connection counts as lost
 * @property {() => number} [now] the local time in milliseconds since 1970, which never goes
 *   back
 * @property {() => number} [random] from 0 up to, but not including, 1
 */

// Other than the SDK, it comes back also to a room that it just joined.
const RECONNECTION = { enabled: true, maxRetries: 15, minUptime: 0, delay: 100, maxDelay: 30_000 };
const OUTBOX = { maxMessages: 1000, maxBytes: 2 ** 20 };

/** Unlike `Date.now`, a clock that nobody can set. */
const monotonic = () => performance.timeOrigin + performance.now();

/**
 * Completes what somebody set.
 * @param {Settings} [settings]
 * @throws {RangeError} something cannot be so
 */
export function complete({ reconnection, outbox, pingInterval = 2000, silence = 10_000, now = monotonic, random = Math.random } = {}) {
  const bounds = { ...OUTBOX, ...outbox };
  const ways = { ...RECONNECTION, ...reconnection };
  for (const [name, value] of Object.entries({ pingInterval, silence, ...bounds, ...ways, enabled: 0 })) {
    const mayBeZero = name in ways;
    if (!(mayBeZero ? value >= 0 : value > 0)) throw new RangeError(`${name} is ${value}, and is to be ${mayBeZero ? "0 or more" : "more than 0"}`);
  }
  return { reconnection: ways, outbox: bounds, pingInterval, silence, now, random };
}
