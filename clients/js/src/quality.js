// How good a connection is, told from the pings that were sent and their answers. Times
// are milliseconds, and the caller's to tell.

/** @typedef {"excellent" | "good" | "fair" | "poor" | "offline" | "unknown"} Level */
/**
 * @typedef {object} Rating
 * @property {Level} level
 * @property {number | null} latency the round trip in milliseconds, null before an answer
 * @property {number} loss the share of pings that were lost, from 0 to 1
 */
/** @typedef {{number: number, sent: number, roundTrip: number}} Ping */

/** How many pings count. */
const WINDOW = 20;
/** Of how many answers the latency is the median. */
const RECENT = 5;
/** A ping that is answered sooner was never lost, in milliseconds. */
const PATIENCE = 1000;

/**
 * The value in the middle, or the mean of the two; null where there is none.
 * @param {number[]} values
 */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const { length } = sorted;
  return length > 0 ? (sorted[(length - 1) >> 1] + sorted[length >> 1]) / 2 : null;
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
    return latency < 100 ? "excellent" : latency < 200 ? "good" : latency < 400 ? "fair" : "poor";
  }

  return {
    /**
     * @param {number} number counts up
     * @param {number} at
     */
    sent(number, at) {
      // Until it is answered it takes for ever.
      pings.push({ number, sent: at, roundTrip: Infinity });
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
      if (!ping) return null;
      ping.number = NaN;
      // A clock may have been set back.
      return (ping.roundTrip = Math.max(0, at - ping.sent));
    },

    /** The connection is lost, and with it the pings that wait: no answer finds them any more. */
    lost() {
      isOffline = true;
      for (const ping of pings) Object.assign(ping, { number: NaN, sent: -Infinity });
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
      const decided = pings.filter(({ sent, roundTrip }) => roundTrip < Infinity || now - sent > threshold);
      const latency = median(answered.slice(-RECENT));
      const lost = decided.filter(({ roundTrip }) => roundTrip > threshold);
      // Where nothing is decided yet, nothing is lost.
      return { level: levelOf(latency), latency, loss: lost.length / decided.length || 0 };
    },
  };
}
