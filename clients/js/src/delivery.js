// How messages get out of the outbox, and what becomes of them.

import { Outbox } from "./outbox.js";
import { OURS, bodyOf, encodeLetter, writeLetter } from "./ours.js";

/** @typedef {import("./outbox.js").Letter} Letter */
/** @typedef {import("./ours.js").Packer} Packer */
/** @typedef {{id: number, type: string | number, body: any, reason?: string}} Undelivered */

/** Sends what may go, as soon as it may. */
export class Delivery {
  #packer;
  #now;
  #send;
  /** @type {ReturnType<typeof setTimeout> | undefined} until more may go */
  #timer;
  #isOver = false;

  /**
   * @param {Packer} packer
   * @param {{outbox: {maxMessages: number, maxBytes: number}, now: () => number}} settings
   * @param {(frame: Uint8Array) => boolean} send tells whether there is a socket to send on
   */
  constructor(packer, { outbox, now }, send) {
    this.outbox = new Outbox(outbox);
    this.#packer = packer;
    this.#now = now;
    this.#send = send;
  }

  /**
   * Takes a message in.
   * @param {Parameters<typeof encodeLetter>[0]} parts
   */
  post(parts) {
    if (this.#isOver) throw new Error("the room was left: nothing can be sent");
    const [type] = parts;
    if (typeof type !== "string" && !Number.isSafeInteger(type)) throw new TypeError("a type is text or a whole number");
    if (String(type).startsWith(OURS)) throw new TypeError(`types that begin with ${OURS} are not for authors`);
    const encoded = encodeLetter(parts, this.#packer);
    this.outbox.add(type, encoded, encoded.length);
    this.#go();
  }

  /** A connection is there, of a client that is new in the room. */
  open() {
    this.outbox.open(this.#now());
    this.#go();
  }

  /** The connection is lost. */
  close() {
    this.outbox.close();
    clearTimeout(this.#timer);
  }

  /**
   * The server took all up to this one.
   * @param {number} id
   */
  acknowledged(id) {
    this.outbox.ack(id, this.#now());
    this.#go();
  }

  /**
   * The server dropped this one.
   * @param {number} id
   * @param {string} reason
   * @returns {Undelivered[]} what there is to be reported
   */
  refused(id, reason) {
    const letter = this.outbox.refuse(id);
    return letter === null ? [] : [{ ...this.#read(letter), reason }];
  }

  /**
   * The room is over.
   * @returns {Undelivered[]} what there is to be reported
   */
  end() {
    this.#isOver = true;
    clearTimeout(this.#timer);
    return this.outbox.drain().map((letter) => this.#read(letter));
  }

  #go() {
    const now = this.#now();
    clearTimeout(this.#timer);
    for (const { id, body } of this.outbox.take(now)) {
      // What is handed out and does not go is sent again when the client is back.
      if (!this.#send(writeLetter(id, body, this.#packer))) return;
    }
    const wait = this.outbox.wait(now);
    if (wait !== null) this.#timer = setTimeout(() => this.#go(), Math.ceil(wait));
  }

  /**
   * @param {Letter} letter
   * @returns {Undelivered}
   */
  #read({ id, type, body }) {
    return { id, type, body: bodyOf(body, this.#packer) };
  }
}
