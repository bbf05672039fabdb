// How good a connection is, told from the pings that were sent and their answers. Times
// are milliseconds, and the caller's to tell.

/** @typedef {"excellent" | "good" | "fair" | "poor" | "offline" | "unknown"} Level */
/**
 * @typedef {object} Rating
 * @property {Level} level
 * @property {number | null} latency the round trip in milliseconds, null before an answer
 * @property {number} loss the share of pings that were lost, from 0 to 1
 */
/** @typedef {{number: number, sent: number, roundTrip: number | null, lost: boolean}} Ping */

/** How many pings count. */
const WINDOW = 20;
/** Of how many answers the latency is the median. */
const RECENT = 5;
/** A ping that is answered sooner was never lost, in milliseconds. */
const PATIENCE = 1000;
/** @type {[number, Level][]} below which latency a connection is how good */
const LEVELS = [[100, "excellent"], [200, "good"], [400, "fair"], [Infinity, "poor"]];

/**
 * The value in the middle, or the mean of the two.
 * @param {number[]} values at least one
 */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** The last pings of one room object, and what they say. */
export class Quality {
  /** @type {Ping[]} the oldest first */
  #pings = [];
  #offline = false;

  /**
   * @param {number} number counts up
   * @param {number} at
   */
  sent(number, at) {
    this.#pings.push({ number, sent: at, roundTrip: null, lost: false });
    if (this.#pings.length > WINDOW) this.#pings.shift();
  }

  /**
   * Takes an answer. Only the first one to a ping counts, and none after a loss of the
   * connection.
   * @param {number} number
   * @param {number} at
   * @returns {number | null} the round trip, null where no such ping waits
   */
  answered(number, at) {
    const ping = this.#pings.find((other) => other.number === number);
    if (ping === undefined || ping.lost || ping.roundTrip !== null) return null;
    // A clock may have been set back.
    ping.roundTrip = Math.max(0, at - ping.sent);
    return ping.roundTrip;
  }

  /** The connection is lost, and with it the pings that wait. */
  lost() {
    this.#offline = true;
    for (const ping of this.#pings) ping.lost ||= ping.roundTrip === null;
  }

  /** The connection is there again. */
  returned() {
    this.#offline = false;
  }

  /**
   * What is to be said now.
   * @param {number} now
   * @returns {Rating}
   */
  at(now) {
    const answered = this.#pings.flatMap(({ roundTrip }) => roundTrip ?? []);
    const threshold = answered.length > 0 ? Math.max(3 * median(answered), PATIENCE) : PATIENCE;
    let [decided, lost] = [answered.length, 0];
    for (const ping of this.#pings) {
      if (ping.roundTrip !== null) lost += Number(ping.roundTrip > threshold);
      else if (ping.lost || now - ping.sent > threshold) [decided, lost] = [decided + 1, lost + 1];
    }
    const latency = answered.length > 0 ? median(answered.slice(-RECENT)) : null;
    return { level: this.#level(latency), latency, loss: decided > 0 ? lost / decided : 0 };
  }

  /**
   * @param {number | null} latency
   * @returns {Level}
   */
  #level(latency) {
    if (this.#offline) return "offline";
    if (latency === null) return "unknown";
    return LEVELS.find(([below]) => latency < below)?.[1] ?? "poor";
  }
}
