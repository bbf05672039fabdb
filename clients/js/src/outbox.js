// What was sent and not acknowledged yet. Times are milliseconds, and the caller's to tell.

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

/** How much may go already; in thousandths, so that whole milliseconds give whole numbers. */
class Pace {
  #letters = 1000 * LETTERS_A_SECOND;
  #bytes = 1000 * BYTES_A_SECOND;
  #since;

  /** @param {number} now */
  constructor(now) {
    this.#since = now;
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
    this.#letters = Math.min(this.#letters + passed * LETTERS_A_SECOND, 1000 * LETTERS_A_SECOND);
    this.#bytes = Math.min(this.#bytes + passed * BYTES_A_SECOND, 1000 * BYTES_A_SECOND);
    return Math.max(0, (1000 - this.#letters) / LETTERS_A_SECOND, -this.#bytes / BYTES_A_SECOND);
  }
}

/**
 * Letters in order, until they are acknowledged; bounded in number and bytes.
 *
 * It is closed at first. A client that joins anew opens it at once; after a return the
 * first acknowledgement does, as only that says where to go on. While nothing waits, a
 * letter may go as soon as it was added. What waited goes at a measured pace, and new
 * letters behind it.
 */
export class Outbox {
  #maxMessages;
  #maxBytes;
  /** @type {Letter[]} what is not acknowledged, in order */
  #letters = [];
  /** How many of these were handed out on this connection. */
  #sent = 0;
  #bytes = 0;
  /** The number of the newest letter, and of the newest that was ever handed out. */
  #last = 0;
  #furthest = 0;
  /** Whether it is known where the numbers of this seat go on. */
  #isNumbered = false;
  #isOpen = false;
  /** @type {Pace | null} what may go of that which waited, null when nothing waits */
  #pace = null;

  /** @param {{maxMessages: number, maxBytes: number}} limits */
  constructor({ maxMessages, maxBytes }) {
    this.#maxMessages = maxMessages;
    this.#maxBytes = maxBytes;
  }

  /** How many messages are not acknowledged. */
  get size() {
    return this.#letters.length;
  }

  /** How many bytes those count for. */
  get bytes() {
    return this.#bytes;
  }

  /**
   * Takes a message in.
   * @param {string | number} type
   * @param {any} body
   * @param {number} size
   * @throws {OutboxFullError} there is no room for it; nothing was changed
   */
  add(type, body, size) {
    if (this.size >= this.#maxMessages || this.#bytes + size > this.#maxBytes) {
      throw new OutboxFullError(this.size, this.#bytes);
    }
    this.#letters.push({ id: ++this.#last, type, body, size });
    this.#bytes += size;
  }

  /**
   * Lets letters go: the client joined anew, and no number is used up.
   * @param {number} now
   */
  open(now) {
    this.#isNumbered = this.#isOpen = true;
    this.#pace = this.#letters.length > this.#sent ? new Pace(now) : null;
  }

  /** Lets none go: the connection is lost. What is kept goes again later. */
  close() {
    this.#isOpen = false;
    this.#sent = 0;
  }

  /**
   * Forgets what the server took, up to a number; and opens.
   * @param {number} id
   * @param {number} now
   * @throws {PeerError} it was never sent
   */
  ack(id, now) {
    if (!this.#isNumbered) {
      for (const letter of this.#letters) letter.id += id;
      this.#last += id;
      this.#furthest = id;
    }
    this.#check(id, "acknowledged");
    while (this.#letters.length > 0 && this.#letters[0].id <= id) this.#remove(0);
    if (!this.#isOpen) this.open(now);
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
    const place = this.#letters.findIndex((letter) => letter.id === id);
    return place === -1 ? null : this.#remove(place);
  }

  /**
   * The letters that are to go now, in order, each once a connection.
   * @param {number} now
   */
  take(now) {
    const first = this.#sent;
    for (const letter of this.#isOpen ? this.#letters.slice(first) : []) {
      if (this.#pace?.letsGo(letter.size, now) === false) break;
      this.#sent++;
      this.#furthest = Math.max(this.#furthest, letter.id);
    }
    if (this.#sent === this.size) this.#pace = null;
    return this.#letters.slice(first, this.#sent);
  }

  /**
   * In how many milliseconds to take again, null when nothing waits for that.
   * @param {number} now
   */
  wait(now) {
    if (!this.#isOpen || this.#sent === this.size) return null;
    return this.#pace?.wait(now) ?? 0;
  }

  /** All that was not acknowledged, which is forgotten: the room is over. */
  drain() {
    this.close();
    const left = this.#letters;
    this.#letters = [];
    this.#bytes = 0;
    this.#pace = null;
    return left;
  }

  /** @param {number} place */
  #remove(place) {
    const [letter] = this.#letters.splice(place, 1);
    if (place < this.#sent) this.#sent--;
    this.#bytes -= letter.size;
    return letter;
  }

  /**
   * @param {number} id
   * @param {string} what
   */
  #check(id, what) {
    if (id > this.#furthest) throw new PeerError(`message ${id} is ${what}, and was never sent`);
  }
}
