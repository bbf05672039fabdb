// What was taken in and is not done with yet. Times are milliseconds, and the caller's to tell.

import { makePace } from "./pace.js";

/** @typedef {{id: number, size: number}} Numbered its number, and for how many bytes it counts */

/**
 * Items in order, bounded in number and bytes.
 *
 * It is closed at first, and while the connection is lost; what was handed out and is still
 * here goes again when it is opened. While nothing waits, an item may go as soon as it was
 * added. What waited goes at a measured pace, and new items behind it.
 * @template {Numbered} Item
 * @param {number} most how many it holds
 * @param {number} mostBytes of how many bytes
 * @param {number} rate how many of those that waited go a second
 * @param {number} byteRate of how many bytes
 */
export function makeBacklog(most, mostBytes, rate, byteRate) {
  /** @type {Item[]} in order */
  const items = [];
  let isOpen = false;
  /** How many of these were handed out on this connection. */
  let sent = 0;
  let bytes = 0;
  /** @type {ReturnType<typeof makePace> | null} what may go of that which waited, null when nothing waits */
  let pace = null;

  /** Lets none go: the connection is lost. */
  function close() {
    isOpen = false;
    sent = 0;
  }

  return {
    items,
    close,

    /** How many are here. */
    get size() {
      return items.length;
    },

    /** How many bytes those count for. */
    get bytes() {
      return bytes;
    },

    /**
     * Takes one in, if there is room for it.
     * @param {Item} item
     */
    holds(item) {
      if (items.length >= most || bytes + item.size > mostBytes) return false;
      items.push(item);
      bytes += item.size;
      return true;
    },

    /** Lets them go, if they may not yet. */
    open() {
      if (isOpen) return;
      isOpen = true;
      pace = items.length > 0 ? makePace(rate, byteRate) : null;
    },

    /**
     * Those that are to go now, in order, each once a connection.
     * @param {number} now
     */
    take(now) {
      const first = sent;
      while (isOpen && sent < items.length && pace?.letsGo(items[sent].size, now) !== false) sent++;
      if (sent === items.length) pace = null;
      return items.slice(first, sent);
    },

    /**
     * In how many milliseconds to take again, null when nothing waits for that.
     * @param {number} now
     */
    wait: (now) => (isOpen && sent < items.length ? pace?.wait(now) ?? 0 : null),

    /**
     * Forgets one, and returns it; null where it is not here.
     * @param {Item | undefined} item
     */
    remove(item) {
      const place = items.indexOf(/** @type {Item} */ (item));
      if (place < 0) return null;
      const [removed] = items.splice(place, 1);
      if (place < sent) sent--;
      bytes -= removed.size;
      return removed;
    },

    /** All that is here, which is forgotten: the room is over. */
    drain() {
      close();
      bytes = 0;
      return items.splice(0);
    },
  };
}
