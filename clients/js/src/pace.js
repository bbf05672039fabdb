// How fast what waited while the client was away goes out. Times are milliseconds.

/** For how long it may be ahead: what goes in that time may go at once. */
const AHEAD = 1000;

/**
 * How much may go already: so many at once, and then so many a second.
 * @param {number} rate how many may go a second
 * @param {number} byteRate of how many bytes
 */
export function makePace(rate, byteRate) {
  /** How long what went takes yet at these rates, in number and in bytes. */
  let ahead = 0;
  let bytesAhead = 0;
  let since = -Infinity;

  /**
   * In how many milliseconds the next may go.
   * @param {number} now
   */
  function wait(now) {
    // A clock that is set back lets no time pass.
    const passed = Math.max(0, now - since);
    since = now;
    ahead = Math.max(0, ahead - passed);
    bytesAhead = Math.max(0, bytesAhead - passed);
    return Math.max(0, ahead + 1000 / rate - AHEAD, bytesAhead - AHEAD);
  }

  return {
    wait,

    /**
     * Counts a letter if it may go.
     * @param {number} size
     * @param {number} now
     */
    letsGo(size, now) {
      if (wait(now) > 0) return false;
      ahead += 1000 / rate;
      bytesAhead += (1000 * size) / byteRate;
      return true;
    },
  };
}
