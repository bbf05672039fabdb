// What was sent and not acknowledged yet.

import { Backlog } from "./backlog.js";
import { PeerError } from "./errors.js";

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
  /**
   * @param {number} messages
   * @param {number} bytes
   */
  constructor(messages, bytes) {
    super(`the outbox is full: ${messages} messages wait, of ${bytes} bytes`);
    this.name = "OutboxFullError";
  }
}

/**
 * Letters in order, until they are acknowledged.
 *
 * A client that joins anew opens it at once; after a return the first acknowledgement does,
 * as only that says where to go on.
 * @extends {Backlog<Letter>}
 */
export class Outbox extends Backlog {
  /** The number of the newest letter, and of the newest that was ever handed out. */
  #last = 0;
  #furthest = 0;
  /** Whether it is known where the numbers of this seat go on. */
  #isNumbered = false;

  /** @param {{maxMessages: number, maxBytes: number}} limits */
  constructor({ maxMessages, maxBytes }) {
    super(maxMessages, maxBytes, LETTERS_A_SECOND, BYTES_A_SECOND);
  }

  /**
   * Takes a message in.
   * @param {string | number} type
   * @param {any} body
   * @param {number} size
   * @throws {OutboxFullError} there is no room for it; nothing was changed
   */
  add(type, body, size) {
    if (!this.holds({ id: this.#last + 1, type, body, size })) throw new OutboxFullError(this.size, this.bytes);
    this.#last++;
  }

  /**
   * Lets letters go: the client joined anew, and no number is used up.
   * @override
   * @param {number} now
   */
  open(now) {
    this.#isNumbered = true;
    super.open(now);
  }

  /**
   * Forgets what the server took, up to a number; and opens.
   * @param {number} id
   * @param {number} now
   * @throws {PeerError} it was never sent
   */
  ack(id, now) {
    if (!this.#isNumbered) {
      for (const letter of this.items) letter.id += id;
      this.#last += id;
      this.#furthest = id;
    }
    this.#check(id, "acknowledged");
    while (this.items[0]?.id <= id) this.remove(0);
    this.open(now);
  }

  /**
   * Forgets a letter that the server dropped, and returns it, null where it is not here.
   * @param {number} id
   * @throws {PeerError} it was never sent
   */
  refuse(id) {
    // The letter of another client, with whose token this one came.
    if (!this.#isNumbered) return null;
    this.#check(id, "refused");
    return this.remove(this.items.findIndex((letter) => letter.id === id));
  }

  /**
   * @override
   * @param {number} now
   */
  take(now) {
    const taken = super.take(now);
    this.#furthest = Math.max(this.#furthest, taken.at(-1)?.id ?? 0);
    return taken;
  }

  /**
   * @param {number} id
   * @param {string} what
   */
  #check(id, what) {
    if (id > this.#furthest) throw new PeerError(`message ${id} is ${what}, and was never sent`);
  }
}
