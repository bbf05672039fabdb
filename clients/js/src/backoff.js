// How long to wait before an attempt to return.

/**
 * Twice as long before each attempt up to a limit, and shorter by up to a half by chance:
 * a thousand clients that were lost in one moment do not return in one.
 * @param {number} attempt counts from 1
 * @param {{delay: number, maxDelay: number}} options milliseconds
 * @param {number} random from 0 up to, but not including, 1
 * @returns {number} whole milliseconds
 */
export function delayOf(attempt, { delay, maxDelay }, random) {
  // Zero times what no number can hold would be no number.
  const full = delay > 0 ? Math.min(maxDelay, delay * 2 ** attempt) : 0;
  return Math.floor(full * (0.5 + 0.5 * random));
}
