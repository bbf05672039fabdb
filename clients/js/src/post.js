// A room of the SDK whose messages and commands are not lost with a connection.

import { makeDelivery } from "./delivery.js";
import { MirrorRoom } from "./mirror.js";
import { writeOurs } from "./ours.js";
import { missing, parts } from "./parts.js";

/** How long a command waits by default, as a request does. */
const TIMEOUT = 10_000;

/**
 * What a room sends.
 * @template [State=any]
 * @extends {MirrorRoom<State>}
 */
export class PostRoom extends MirrorRoom {
  /**
   * @param {string} name
   * @param {import("./delivery.js").DeliverySettings} settings
   */
  constructor(name, settings) {
    super(name);
    const say = (/** @type {Uint8Array} */ frame) => this.#say(frame);
    /** @protected */
    this.delivery = makeDelivery(this.packr, settings, say);
    /** @protected */
    this.verdicts = parts.makeVerdicts?.(this.packr, settings, say);
  }

  /** What was sent and is not acknowledged: `size` messages of `bytes`. */
  get outbox() {
    return this.delivery.outbox;
  }

  /**
   * Sends a message. It arrives once, also when the connection is lost meanwhile, or it is
   * reported by `undelivered`. With a callback it is a request.
   * @override
   * @param {string | number} type
   * @param {any} [body]
   * @param {(response: any, error?: Error) => void} [callback]
   * @throws {OutboxFullError} too much waits; this was not taken in
   */
  send(type, body, callback) {
    if (callback !== undefined) super.send(type, body, callback);
    else this.delivery.post(body === undefined ? [type] : [type, body]);
  }

  /**
   * Sends bytes as they are, and otherwise as `send` does.
   * @override
   * @param {string | number} type
   * @param {Uint8Array} bytes
   * @throws {OutboxFullError} too much waits; this was not taken in
   */
  sendBytes(type, bytes) {
    if (!(bytes instanceof Uint8Array)) throw new TypeError("bytes are a Uint8Array");
    this.delivery.post([type, bytes, true]);
  }

  /**
   * Sends a command, and waits for what becomes of it, also over a loss of the connection:
   * the room applies it once, or not at all.
   * @param {string | number} type
   * @param {any} [body]
   * @param {{timeout?: number}} [options] milliseconds; 0 waits for as long as it takes
   * @returns {Promise<any>} what the room returned
   */
  command(type, body, { timeout = TIMEOUT } = {}) {
    if (!this.verdicts) return Promise.reject(missing("no commands", "commands"));
    return this.verdicts.ask(body === undefined ? [type] : [type, body], timeout);
  }

  /**
   * Sends a message of ours.
   * @protected
   * @param {string} type
   * @param {any} body
   */
  sayOurs(type, body) {
    this.#say(writeOurs(type, body, this.packr));
  }

  /**
   * Sends a frame if there is a socket that takes it.
   * @param {Uint8Array} frame
   */
  #say(frame) {
    const { isOpen } = this.connection;
    if (isOpen) this.connection.send(frame);
    return isOpen;
  }
}
