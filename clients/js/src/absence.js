// From the loss of a connection until the room is whole again, or lost for good.

import { delayOf } from "./backoff.js";
import { FAILED_TO_RECONNECT } from "./codes.js";

/** @typedef {"patches" | "snapshot" | "none"} How what a returning client was sent */
/** @typedef {{attempt: number, delay: number, maxRetries: number}} Attempt */

/**
 * @typedef {object} Ways
 * @property {(attempt: Attempt) => void} waiting the wait before an attempt begins
 * @property {() => void} open opens a socket
 * @property {() => void} giveUp nobody answers on it
 * @property {(code: number, reason: string) => void} fail there is no way back
 */

/** @typedef {ReturnType<typeof makeAbsence>} Absence */

/**
 * What comes of one loss, and what the server said of it.
 * @param {import("@colyseus/sdk").Room["reconnection"]} options
 * @param {{silence: number, random: () => number}} settings
 * @param {Ways} ways
 * @param {number} brief how many returns before this loss did not last
 */
export function makeAbsence(options, { silence, random }, ways, brief) {
  let isOver = false;
  let isAcknowledged = false;
  let isStated = false;
  /** @type {number | null} to which version the patches lead that we missed */
  let missed = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  /**
   * @param {number} delay
   * @param {() => void} act
   */
  function later(delay, act) {
    clearTimeout(timer);
    if (!isOver) timer = setTimeout(act, delay);
  }

  function attemptNow() {
    // A socket may open and stay dumb, or hang before that.
    later(silence, ways.giveUp);
    ways.open();
  }

  const absence = {
    /** Whether the server let us in again; the state may still be on its way. */
    isJoined: false,
    /** What the server said was wrong, if it did. */
    error: "",

    /**
     * Goes on to the next attempt, if there is one.
     * @param {{code: number, reason: string}} lost how the last socket closed
     */
    retry({ code, reason }) {
      absence.isJoined = isAcknowledged = isStated = false;
      missed = null;
      const { enabled, maxRetries } = options;
      if (!enabled) return ways.fail(code, reason);
      if (options.retryCount >= maxRetries) return ways.fail(FAILED_TO_RECONNECT, `no way back in ${maxRetries} attempts`);
      const attempt = ++options.retryCount;
      const delay = delayOf(attempt + brief, options, random());
      later(delay, attemptNow);
      // Last, as whoever is told may end it.
      return ways.waiting({ attempt, delay, maxRetries });
    },

    /** The server let us in. */
    joined() {
      clearTimeout(timer);
      absence.isJoined = true;
      absence.error = "";
    },

    /** The server told which messages it has. */
    acknowledged() {
      isAcknowledged = true;
    },

    /**
     * The server told how it will bring the state up to date.
     * @param {{version: number, how: string}} body
     */
    resumed({ version, how }) {
      if (how === "patches") missed = version;
    },

    /** A whole state was applied. */
    stated() {
      isStated = true;
    },

    /**
     * How the room became whole again, null while it is not.
     * @param {import("./replica.js").Replica} replica
     * @param {boolean} hasState
     * @returns {How | null}
     */
    wholeBy(replica, hasState) {
      if (!absence.isJoined) return null;
      if (!hasState) return isAcknowledged ? "none" : null;
      if (isStated) return "snapshot";
      return missed !== null && replica.inStep && replica.version >= missed ? "patches" : null;
    },

    stop() {
      isOver = true;
      clearTimeout(timer);
    },
  };
  return absence;
}
