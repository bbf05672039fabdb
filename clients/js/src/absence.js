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

/** What comes of one loss, and what the server said of it. */
export class Absence {
  /** Whether the server let us in again; the state may still be on its way. */
  isJoined = false;
  /** What the server said was wrong, if it did. */
  error = "";
  #isOver = false;
  #isAcknowledged = false;
  #isStated = false;
  /** @type {number | null} to which version the patches lead that we missed */
  #version = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #options;
  #settings;
  #ways;
  #brief;

  /**
   * @param {import("@colyseus/sdk").Room["reconnection"]} options
   * @param {{silence: number, random: () => number}} settings
   * @param {Ways} ways
   * @param {number} brief how many returns before this loss did not last
   */
  constructor(options, settings, ways, brief) {
    this.#options = options;
    this.#settings = settings;
    this.#ways = ways;
    this.#brief = brief;
  }

  /**
   * Goes on to the next attempt, if there is one.
   * @param {{code: number, reason: string}} lost how the last socket closed
   */
  retry(lost) {
    this.isJoined = this.#isAcknowledged = this.#isStated = false;
    this.#version = null;
    const { enabled, maxRetries } = this.#options;
    if (!enabled) return this.#ways.fail(lost.code, lost.reason);
    if (this.#options.retryCount >= maxRetries) {
      return this.#ways.fail(FAILED_TO_RECONNECT, `no way back in ${maxRetries} attempts`);
    }
    const attempt = ++this.#options.retryCount;
    const delay = delayOf(attempt + this.#brief, this.#options, this.#settings.random());
    this.#later(delay, () => this.#attempt());
    // Last, as whoever is told may end it.
    return this.#ways.waiting({ attempt, delay, maxRetries });
  }

  /** The server let us in. */
  joined() {
    clearTimeout(this.#timer);
    this.isJoined = true;
    this.error = "";
  }

  /** The server told which messages it has. */
  acknowledged() {
    this.#isAcknowledged = true;
  }

  /**
   * The server told how it will bring the state up to date.
   * @param {{version: number, how: string}} body
   */
  resumed({ version, how }) {
    if (how === "patches") this.#version = version;
  }

  /** A whole state was applied. */
  stated() {
    this.#isStated = true;
  }

  /**
   * How the room became whole again, null while it is not.
   * @param {import("./replica.js").Replica} replica
   * @param {boolean} hasState
   * @returns {How | null}
   */
  wholeBy(replica, hasState) {
    if (!this.isJoined) return null;
    if (!hasState) return this.#isAcknowledged ? "none" : null;
    if (this.#isStated) return "snapshot";
    return this.#version !== null && replica.inStep && replica.version >= this.#version ? "patches" : null;
  }

  stop() {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  #attempt() {
    // A socket may open and stay dumb, or hang before that.
    this.#later(this.#settings.silence, () => this.#ways.giveUp());
    this.#ways.open();
  }

  /**
   * @param {number} delay
   * @param {() => void} act
   */
  #later(delay, act) {
    clearTimeout(this.#timer);
    if (!this.#isOver) this.#timer = setTimeout(act, delay);
  }
}
