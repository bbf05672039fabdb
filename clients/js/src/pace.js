// How fast what waited while the client was away goes out. Times are milliseconds.

/**
 * How much may go already: so many at once, and then so many a second. It counts in
 * thousandths, so that whole milliseconds give whole numbers.
 * @param {number} since
 * @param {number} rate how many may go a second
 * @param {number} byteRate of how many bytes
 */
export function makePace(since, rate, byteRate) {
  let letters = 1000 * rate;
  let bytes = 1000 * byteRate;

  /**
   * In how many milliseconds the next may go.
   * @param {number} now
   */
  function wait(now) {
    const passed = Math.max(0, now - since);
    since = now;
    letters = Math.min(letters + passed * rate, 1000 * rate);
    bytes = Math.min(bytes + passed * byteRate, 1000 * byteRate);
    return Math.max(0, (1000 - letters) / rate, -bytes / byteRate);
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
      letters -= 1000;
      bytes -= 1000 * size;
      return true;
    },
  };
}
