// How fast what waited while the client was away goes out. Times are milliseconds.

/**
 * How much may go already: so many at once, and then so many a second. It counts in
 * thousandths, so that whole milliseconds give whole numbers.
 */
export class Pace {
  #since;
  #rate;
  #byteRate;
  #letters;
  #bytes;

  /**
   * @param {number} now
   * @param {number} rate how many may go a second
   * @param {number} byteRate of how many bytes
   */
  constructor(now, rate, byteRate) {
    this.#since = now;
    this.#rate = rate;
    this.#byteRate = byteRate;
    this.#letters = 1000 * rate;
    this.#bytes = 1000 * byteRate;
  }

  /**
   * Counts a letter if it may go.
   * @param {number} size
   * @param {number} now
   */
  letsGo(size, now) {
    if (this.wait(now) > 0) return false;
    this.#letters -= 1000;
    this.#bytes -= 1000 * size;
    return true;
  }

  /**
   * In how many milliseconds the next may go.
   * @param {number} now
   */
  wait(now) {
    const passed = Math.max(0, now - this.#since);
    this.#since = now;
    this.#letters = Math.min(this.#letters + passed * this.#rate, 1000 * this.#rate);
    this.#bytes = Math.min(this.#bytes + passed * this.#byteRate, 1000 * this.#byteRate);
    return Math.max(0, (1000 - this.#letters) / this.#rate, -this.#bytes / this.#byteRate);
  }
}
