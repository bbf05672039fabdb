// What is kept of a stream: the last so many.

/** @template T */
export class Ring {
  /** @param {number} most how many are kept */
  constructor(most) {
    this.most = most;
    /** @type {T[]} */
    this.items = [];
    /** How many came in all. */
    this.count = 0;
    /** How often it was cleared. */
    this.cleared = 0;
  }

  /** @param {T} item */
  push(item) {
    this.items.push(item);
    this.count += 1;
    // Cut in slices: taking one off the front each time would move all the others.
    if (this.items.length >= this.most * 2) this.items = this.items.slice(-this.most);
  }

  /**
   * The newest, the oldest of them first.
   * @param {number} most
   */
  last(most) {
    const count = Math.min(most, this.most, this.items.length);
    return count === 0 ? [] : this.items.slice(-count);
  }

  /** Forgets all. */
  clear() {
    this.items = [];
    this.cleared += 1;
  }
}
