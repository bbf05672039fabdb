// How good a connection is, told from the pings that were sent and their answers. Times
// are milliseconds, and the caller's to tell.

/** @typedef {"excellent" | "good" | "fair" | "poor" | "offline" | "unknown"} Level */
/**
 * @typedef {object} Rating
 * @property {Level} level
 * @property {number | null} latency the round trip in milliseconds, null before an answer
 * @property {number} loss the share of pings that were lost, from 0 to 1
 */
/** @typedef {{number: number, sent: number, roundTrip: number, isLost: boolean}} Ping */

/** How many pings count. */
const WINDOW = 20;
/** Of how many answers the latency is the median. */
const RECENT = 5;
/** A ping that is answered sooner was never lost, in milliseconds. */
const PATIENCE = 1000;
/** @type {[number, Level][]} below which latency a connection is how good */
const LEVELS = [[100, "excellent"], [200, "good"], [400, "fair"]];

/**
 * The value in the middle, or the mean of the two; null where there is none.
 * @param {number[]} values
 */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  if (sorted.length === 0) return null;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** The last pings of one room object, and what they say. */
export function makeQuality() {
  /** @type {Ping[]} the oldest first */
  const pings = [];
  let isOffline = false;

  /**
   * @param {number | null} latency
   * @returns {Level}
   */
  function levelOf(latency) {
    if (isOffline) return "offline";
    if (latency === null) return "unknown";
    return LEVELS.find(([below]) => latency < below)?.[1] ?? "poor";
  }

  return {
    /**
     * @param {number} number counts up
     * @param {number} at
     */
    sent(number, at) {
      // Until it is answered it takes for ever.
      pings.push({ number, sent: at, roundTrip: Infinity, isLost: false });
      if (pings.length > WINDOW) pings.shift();
    },

    /**
     * Takes an answer. Only the first one to a ping counts, and none after a loss of the
     * connection.
     * @param {number} number
     * @param {number} at
     * @returns {number | null} the round trip, null where no such ping waits
     */
    answered(number, at) {
      const ping = pings.find((other) => other.number === number);
      if (!ping || ping.isLost || ping.roundTrip < Infinity) return null;
      // A clock may have been set back.
      return (ping.roundTrip = Math.max(0, at - ping.sent));
    },

    /** The connection is lost, and with it the pings that wait. */
    lost() {
      isOffline = true;
      for (const ping of pings) ping.isLost = true;
    },

    /** The connection is there again. */
    returned() {
      isOffline = false;
    },

    /**
     * What is to be said now.
     * @param {number} now
     * @returns {Rating}
     */
    at(now) {
      const answered = pings.map(({ roundTrip }) => roundTrip).filter(Number.isFinite);
      const threshold = Math.max(3 * (median(answered) ?? 0), PATIENCE);
      const decided = pings.filter(({ sent, roundTrip, isLost }) => isLost || roundTrip < Infinity || now - sent > threshold);
      const latency = median(answered.slice(-RECENT));
      const lost = decided.filter(({ roundTrip }) => roundTrip > threshold);
      // Where nothing is decided yet, nothing is lost.
      return { level: levelOf(latency), latency, loss: lost.length / decided.length || 0 };
    },
  };
}
