// Whether the server is there: pings, and what their answers say.

import { ServerClock } from "./clock.js";
import { Quality } from "./quality.js";

/** @typedef {import("./quality.js").Rating} Rating */
/** @typedef {Rating & {previous: Rating["level"]}} Change */

/**
 * @typedef {object} Watch
 * @property {(number: number) => void} ping sends one
 * @property {() => void} silent the server said nothing for too long
 * @property {(event: {latency: number | null, loss: number}) => void} answered
 * @property {(event: Change) => void} changed the level is another one
 */

/** Measures one room's connection, whichever socket it has. */
export class Liveness {
  #quality = new Quality();
  #clock = new ServerClock();
  #interval;
  #silence;
  #now;
  #watch;
  #number = 0;
  #heard = 0;
  /** @type {number | null} when the first ping went since something was heard */
  #asked = null;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  /** @type {Rating["level"]} */
  #level = "unknown";

  /**
   * @param {{pingInterval: number, silence: number, now: () => number}} settings
   * @param {Watch} watch
   */
  constructor({ pingInterval, silence, now }, watch) {
    this.#interval = pingInterval;
    this.#silence = silence;
    this.#now = now;
    this.#watch = watch;
  }

  get rating() {
    return this.#quality.at(this.#now());
  }

  serverTime() {
    return this.#clock.now(this.#now());
  }

  /** The connection is there, for the first time or again. */
  begin() {
    clearInterval(this.#timer);
    this.#quality.returned();
    this.heard();
    this.#tell();
    this.#ping();
    this.#timer = setInterval(() => this.#beat(), this.#interval);
  }

  /** The connection is lost. */
  lose() {
    clearInterval(this.#timer);
    this.#quality.lost();
    this.#tell();
  }

  /** Something came. */
  heard() {
    this.#heard = this.#now();
    this.#asked = null;
  }

  /**
   * Takes an answer to a ping; one that nobody waits for says nothing.
   * @param {number} number
   * @param {number} serverNow
   */
  answered(number, serverNow) {
    const now = this.#now();
    const roundTrip = this.#quality.answered(number, now);
    if (roundTrip === null) return;
    this.#clock.sample(now - roundTrip, now, serverNow);
    const { latency, loss } = this.rating;
    this.#watch.answered({ latency, loss });
    this.#tell();
  }

  #beat() {
    // Before the next ping, and not from long before the last one: timers of a page in the
    // background come late, and then an answer is to have the time until the beat after.
    if (this.#asked !== null && this.#now() - Math.max(this.#heard, this.#asked - this.#interval) >= this.#silence) {
      this.#watch.silent();
    } else {
      this.#ping();
    }
  }

  #ping() {
    const now = this.#now();
    this.#asked ??= now;
    this.#quality.sent(++this.#number, now);
    this.#watch.ping(this.#number);
  }

  #tell() {
    const rating = this.rating;
    if (rating.level === this.#level) return;
    const previous = this.#level;
    this.#level = rating.level;
    this.#watch.changed({ ...rating, previous });
  }
}
