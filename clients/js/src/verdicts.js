// Commands, and who waits for what became of them.

import { Carrier } from "./carrier.js";
import { Commands } from "./commands.js";
import { checkType, encodeLetter, writeLetter } from "./ours.js";

/** @typedef {import("./ours.js").Packer} Packer */

/**
 * @typedef {object} Waiting
 * @property {Uint8Array} encoded
 * @property {(value: any) => void} resolve
 * @property {(error: Error) => void} reject
 * @property {ReturnType<typeof setTimeout>} [timer] until nobody waits any more
 */

const DONE = 0;
const REFUSED = 1;

/**
 * An error such as a request fails with.
 * @param {string} name
 * @param {string} message
 * @param {{reason?: any, code?: number}} [more]
 */
const failure = (name, message, more) => Object.assign(new Error(message), { name }, more);

/** Sends commands until each is answered, over as many connections as that takes. */
export class Verdicts {
  #commands = new Commands();
  #carrier;
  #packer;
  #now;
  #isOver = false;

  /**
   * @param {Packer} packer
   * @param {{now: () => number}} settings
   * @param {(frame: Uint8Array) => boolean} send tells whether there is a socket to send on
   */
  constructor(packer, { now }, send) {
    this.#packer = packer;
    this.#now = now;
    this.#carrier = new Carrier(this.#commands, now, ({ id, body }) => send(writeLetter("command", id, body.encoded, packer)));
  }

  /**
   * Sends one, and waits for what becomes of it.
   * @param {[string | number] | [string | number, any]} parts
   * @param {number} timeout in milliseconds; 0 waits for as long as it takes
   * @returns {Promise<any>}
   */
  ask(parts, timeout) {
    return new Promise((resolve, reject) => {
      if (this.#isOver) throw failure("closed", "the room was left");
      checkType(parts[0]);
      const encoded = encodeLetter(parts, this.#packer);
      /** @type {Waiting} */
      const waiting = { encoded, resolve, reject };
      const command = this.#commands.add(waiting, encoded.length);
      if (command === null) throw failure("full", "too many commands wait for an answer");
      if (timeout > 0) {
        waiting.timer = setTimeout(() => {
          this.#commands.forget(command);
          reject(failure("timeout", `command ${parts[0]} was not answered in ${timeout} ms`));
        }, timeout);
      }
      this.#carrier.go();
    });
  }

  /** Commands may go: a connection is there, and it is known where their numbers go on. */
  open() {
    this.#commands.open(this.#now());
    this.#carrier.go();
  }

  /** The connection is lost. */
  close() {
    this.#commands.close();
    this.#carrier.stop();
  }

  /**
   * The server took commands of this seat up to this one.
   * @param {number} id
   */
  count(id) {
    this.#commands.count(id);
  }

  /**
   * The server told what became of one.
   * @param {[number, number, any?]} verdict
   */
  answered([id, status, value]) {
    /** @type {Waiting | undefined} */
    const waiting = this.#commands.answer(id)?.body;
    if (waiting === undefined) return;
    clearTimeout(waiting.timer);
    if (status === DONE) waiting.resolve(value);
    else if (status === REFUSED) waiting.reject(failure("rejected", "command rejected", { reason: value }));
    else waiting.reject(failure(value?.name ?? "Error", value?.message ?? "command failed", value?.code === undefined ? {} : { code: value.code }));
  }

  /** The room is over. */
  end() {
    this.#isOver = true;
    this.#carrier.stop();
    for (const { body } of this.#commands.drain()) {
      clearTimeout(body.timer);
      body.reject(failure("closed", "the room was left before the answer"));
    }
  }
}
