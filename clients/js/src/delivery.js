// How messages get out of the outbox, and what becomes of them.

import { Carrier } from "./carrier.js";
import { Outbox } from "./outbox.js";
import { bodyOf, checkType, encodeLetter, writeLetter } from "./ours.js";

/** @typedef {import("./outbox.js").Letter} Letter */
/** @typedef {import("./ours.js").Packer} Packer */
/** @typedef {{id: number, type: string | number, body: any, reason?: string}} Undelivered */

/** Sends what may go, as soon as it may. */
export class Delivery {
  #packer;
  #now;
  #carrier;
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
    this.#carrier = new Carrier(this.outbox, now, ({ id, body }) => send(writeLetter("out", id, body, packer)));
  }

  /**
   * Takes a message in.
   * @param {Parameters<typeof encodeLetter>[0]} parts
   */
  post(parts) {
    if (this.#isOver) throw new Error("the room was left: nothing can be sent");
    const [type] = parts;
    checkType(type);
    const encoded = encodeLetter(parts, this.#packer);
    this.outbox.add(type, encoded, encoded.length);
    this.#carrier.go();
  }

  /** A connection is there, of a client that is new in the room. */
  open() {
    this.outbox.open(this.#now());
    this.#carrier.go();
  }

  /** The connection is lost. */
  close() {
    this.outbox.close();
    this.#carrier.stop();
  }

  /**
   * The server took all up to this one.
   * @param {number} id
   */
  acknowledged(id) {
    this.outbox.ack(id, this.#now());
    this.#carrier.go();
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
    this.#carrier.stop();
    return this.outbox.drain().map((letter) => this.#read(letter));
  }

  /**
   * @param {Letter} letter
   * @returns {Undelivered}
   */
  #read({ id, type, body }) {
    return { id, type, body: bodyOf(body, this.#packer) };
  }
}
