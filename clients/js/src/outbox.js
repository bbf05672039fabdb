// What was sent and not acknowledged yet.

import { makeBacklog } from "./backlog.js";
import { refuse } from "./errors.js";

/**
 * @typedef {object} Letter
 * @property {number} id counts up from 1 for each seat
 * @property {string | number} type
 * @property {any} body what its owner keeps of it
 * @property {number} size for how many bytes it counts
 */

/**
 * What waited while the client was away goes no faster than this, which is half of what a
 * node takes of one client by default: new messages are to have room as well.
 */
const LETTERS_A_SECOND = 50;
const BYTES_A_SECOND = 131_072;

/** The outbox takes no more: the message was not taken in. */
export class OutboxFullError extends Error {
  name = "OutboxFullError";

  /**
   * @param {number} messages
   * @param {number} bytes
   */
  constructor(messages, bytes) {
    super(`the outbox is full: ${messages} messages wait, of ${bytes} bytes`);
  }
}

/** @typedef {ReturnType<typeof makeOutbox>} Outbox */

/**
 * Letters in order, until they are acknowledged.
 *
 * A client that joins anew opens it at once; after a return the first acknowledgement does,
 * as only that says where to go on.
 * @param {{maxMessages: number, maxBytes: number}} limits
 */
export function makeOutbox({ maxMessages, maxBytes }) {
  /** @type {ReturnType<typeof makeBacklog<Letter>>} */
  const backlog = makeBacklog(maxMessages, maxBytes, LETTERS_A_SECOND, BYTES_A_SECOND);
  const { items, open, remove, take } = backlog;
  /** The number of the newest letter, and of the newest that was ever handed out. */
  let last = 0;
  let furthest = 0;
  /** Whether it is known where the numbers of this seat go on. */
  let isNumbered = false;

  /**
   * @param {number} id
   * @param {string} what
   */
  function check(id, what) {
    if (id > furthest) refuse(`message ${id} is ${what}, and was never sent`);
  }

  const own = {
    /**
     * Takes a message in.
     * @param {string | number} type
     * @param {any} body
     * @param {number} size
     * @throws {OutboxFullError} there is no room for it; nothing was changed
     */
    add(type, body, size) {
      if (!backlog.holds({ id: last + 1, type, body, size })) throw new OutboxFullError(backlog.size, backlog.bytes);
      last++;
    },

    /** Lets letters go: the client joined anew, and no number is used up. */
    open() {
      isNumbered = true;
      open();
    },

    /**
     * Forgets what the server took, up to a number; and opens.
     * @param {number} id
     * @throws {PeerError} it was never sent
     */
    ack(id) {
      if (!isNumbered) {
        for (const letter of items) letter.id += id;
        last += id;
        furthest = id;
      }
      check(id, "acknowledged");
      while (items[0]?.id <= id) remove(items[0]);
      own.open();
    },

    /**
     * Forgets a letter that the server dropped, and returns it, null where it is not here.
     * @param {number} id
     * @throws {PeerError} it was never sent
     */
    refuse(id) {
      // The letter of another client, with whose token this one came.
      if (!isNumbered) return null;
      check(id, "refused");
      return remove(items.find((letter) => letter.id === id));
    },

    /** @param {number} now */
    take(now) {
      const taken = take(now);
      furthest = Math.max(furthest, taken.at(-1)?.id ?? 0);
      return taken;
    },
  };
  return Object.assign(backlog, own);
}
