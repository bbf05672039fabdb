// What a player is told of the connection, in words. How it is drawn is the widget's.

/**
 * @typedef {import("./quality.js").Level} Level
 * @typedef {import("./quality.js").Rating} Rating
 */
/**
 * @typedef {object} Shown
 * @property {Level} level
 * @property {string} value a short text with a number in it, or what goes on
 * @property {string} word how good that is, empty where the value says it
 * @property {string} title more for who asks
 * @property {string} spoken for who listens; another one only when there is news
 * @property {number | null} next when the value is another one, null unless by itself
 */
/** @typedef {{attempt: number, maxRetries: number, due: number}} Attempt */

/** @type {Rating} */
const NOTHING = { level: "unknown", latency: null, loss: 0 };

/** @param {number} milliseconds */
const seconds = (milliseconds) => Math.ceil(milliseconds / 1000);

/**
 * What is shown without a number.
 * @param {Level} level
 * @param {string} value
 * @param {string} title
 * @param {string} spoken
 * @returns {Shown}
 */
const plainly = (level, value, title, spoken = title) => ({ level, value, word: "", title, spoken, next: null });

/** What there is to be said of one room, kept by what the room tells. Times are the caller's. */
export class Status {
  /** @type {Attempt | null} */
  #attempt = null;
  /** @type {Shown | null} how it ended */
  #end = null;
  #rating;
  #away;

  /** @param {Rating | null} [rating] null while there is no room */
  constructor(rating) {
    this.#rating = rating ?? NOTHING;
    this.#away = this.#rating.level === "offline";
  }

  /** @param {Rating} rating */
  rated(rating) {
    this.#rating = rating;
  }

  dropped() {
    this.#away = true;
  }

  /**
   * @param {{attempt: number, maxRetries: number, delay: number}} attempt
   * @param {number} now
   */
  waits({ attempt, maxRetries, delay }, now) {
    this.#away = true;
    this.#attempt = { attempt, maxRetries, due: now + delay };
  }

  /** @param {Rating} rating */
  returned(rating) {
    this.#away = false;
    this.#attempt = null;
    this.#rating = rating;
  }

  failed() {
    this.#end = plainly("offline", "offline", "the connection could not be restored");
  }

  left() {
    this.#end ??= plainly("offline", "left", "the room was left");
  }

  /**
   * @param {number} now
   * @returns {Shown}
   */
  at(now) {
    const { level, latency, loss } = this.#rating;
    if (this.#end !== null) return this.#end;
    if (this.#away) return this.#offline(now);
    // Between the loss of a connection and the news of it, or after it, there is no number.
    if (latency === null || level === "offline" || level === "unknown") return plainly("unknown", "connecting", "no answer came yet", "connecting");
    const value = `${Math.round(latency)} ms`;
    const title = `latency ${value}, ${Math.round(loss * 100)} % of pings lost`;
    return { level, value, word: level, title, spoken: `connection ${level}`, next: null };
  }

  /**
   * @param {number} now
   * @returns {Shown}
   */
  #offline(now) {
    const title = "the connection was lost";
    if (this.#attempt === null) return plainly("offline", "offline", title);
    const { attempt, maxRetries, due } = this.#attempt;
    const left = seconds(due - now);
    const value = `retry ${attempt}/${maxRetries}${left > 0 ? ` in ${left} s` : ""}`;
    return { ...plainly("offline", value, title), next: left > 0 ? due - (left - 1) * 1000 : null };
  }
}
