// What was taken in and is not done with yet. Times are milliseconds, and the caller's to tell.

import { Pace } from "./pace.js";

/** @typedef {{id: number, size: number}} Numbered its number, and for how many bytes it counts */

/**
 * Items in order, bounded in number and bytes.
 *
 * It is closed at first, and while the connection is lost; what was handed out and is still
 * here goes again when it is opened. While nothing waits, an item may go as soon as it was
 * added. What waited goes at a measured pace, and new items behind it.
 * @template {Numbered} Item
 */
export class Backlog {
  /**
   * In order.
   * @protected
   * @type {Item[]}
   */
  items = [];
  /** @protected */
  isOpen = false;
  /** How many of these were handed out on this connection. */
  #sent = 0;
  #bytes = 0;
  /** @type {Pace | null} what may go of that which waited, null when nothing waits */
  #pace = null;
  #most;
  #mostBytes;
  #rate;
  #byteRate;

  /**
   * @param {number} most how many it holds
   * @param {number} mostBytes of how many bytes
   * @param {number} rate how many of those that waited go a second
   * @param {number} byteRate of how many bytes
   */
  constructor(most, mostBytes, rate, byteRate) {
    this.#most = most;
    this.#mostBytes = mostBytes;
    this.#rate = rate;
    this.#byteRate = byteRate;
  }

  /** How many are here. */
  get size() {
    return this.items.length;
  }

  /** How many bytes those count for. */
  get bytes() {
    return this.#bytes;
  }

  /**
   * Takes one in, if there is room for it.
   * @protected
   * @param {Item} item
   */
  holds(item) {
    if (this.size >= this.#most || this.#bytes + item.size > this.#mostBytes) return false;
    this.items.push(item);
    this.#bytes += item.size;
    return true;
  }

  /**
   * Lets them go, if they may not yet.
   * @param {number} now
   */
  open(now) {
    if (this.isOpen) return;
    this.isOpen = true;
    this.#pace = this.size > 0 ? new Pace(now, this.#rate, this.#byteRate) : null;
  }

  /** Lets none go: the connection is lost. */
  close() {
    this.isOpen = false;
    this.#sent = 0;
  }

  /**
   * Those that are to go now, in order, each once a connection.
   * @param {number} now
   */
  take(now) {
    const first = this.#sent;
    for (const { size } of this.isOpen ? this.items.slice(first) : []) {
      if (this.#pace?.letsGo(size, now) === false) break;
      this.#sent++;
    }
    if (this.#sent === this.size) this.#pace = null;
    return this.items.slice(first, this.#sent);
  }

  /**
   * In how many milliseconds to take again, null when nothing waits for that.
   * @param {number} now
   */
  wait(now) {
    if (!this.isOpen || this.#sent === this.size) return null;
    return this.#pace?.wait(now) ?? 0;
  }

  /**
   * Forgets one, and returns it; null where there is none.
   * @protected
   * @param {number} place -1 for none
   */
  remove(place) {
    if (place < 0) return null;
    const [item] = this.items.splice(place, 1);
    if (place < this.#sent) this.#sent--;
    this.#bytes -= item.size;
    return item;
  }

  /** All that is here, which is forgotten: the room is over. */
  drain() {
    this.close();
    const left = this.items;
    this.items = [];
    this.#bytes = 0;
    return left;
  }
}
