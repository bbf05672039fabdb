// A room that was joined: the SDK's, with a replica, an outbox, and a way back.

import { ABNORMAL_CLOSURE } from "./codes.js";
import { makeCourse } from "./course.js";
import { makeDelivery } from "./delivery.js";
import { MirrorRoom } from "./mirror.js";
import { missing, parts } from "./parts.js";
import { complete } from "./settings.js";

/** @typedef {import("./quality.js").Rating} Rating */
/** @typedef {import("./settings.js").Settings} Settings */

/** How long a command waits by default, as a request does. */
const TIMEOUT = 10_000;

/**
 * A room that was joined.
 * @template [State=any]
 * @extends {MirrorRoom<State>}
 */
export class Room extends MirrorRoom {
  #course;
  #delivery;
  #verdicts;

  /**
   * @param {string} name
   * @param {Settings} [settings]
   */
  constructor(name, settings) {
    const whole = complete(settings);
    super(name);
    /** @param {Uint8Array} frame */
    const send = (frame) => {
      const { isOpen } = this.connection;
      if (isOpen) this.connection.send(frame);
      return isOpen;
    };
    this.#delivery = makeDelivery(this.packr, whole, send);
    this.#verdicts = parts.makeVerdicts?.(this.packr, whole, send);
    this.#course = makeCourse(/** @type {any} */ (this), whole, this.#delivery, this.#verdicts, send);
  }

  // What authors call.

  /**
   * How good the connection is.
   * @returns {Rating}
   */
  get quality() {
    return this.#course.rate();
  }

  /** What the server's clock shows, in milliseconds since 1970. */
  serverTime() {
    return this.#course.serverTime();
  }

  /** What was sent and is not acknowledged: `size` messages of `bytes`. */
  get outbox() {
    return this.#delivery.outbox;
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
    else this.#delivery.post(body === undefined ? [type] : [type, body]);
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
    this.#delivery.post([type, bytes, true]);
  }

  /**
   * Sends a command, and waits for what becomes of it, also over a loss of the connection:
   * the room applies it once, or not at all.
   * @param {string | number} type
   * @param {any} [body]
   * @param {{timeout?: number}} [options] milliseconds; 0 waits for as long as it takes
   * @returns {Promise<any>} what the room returned
   */
  async command(type, body, { timeout = TIMEOUT } = {}) {
    if (!this.#verdicts) throw missing("no commands", "commands");
    return this.#verdicts.ask(body === undefined ? [type] : [type, body], timeout);
  }

  /**
   * @override
   * @param {string | number} type
   * @param {any} [body]
   */
  sendUnreliable(type, body) {
    if (!this.#course.isAway()) super.sendUnreliable(type, body);
  }

  /**
   * Asks, and waits for the answer. It fails at once while the connection is lost, and
   * when that happens before the answer is here.
   * @override
   * @param {string | number} type
   * @param {any} [body]
   * @param {{timeout?: number, mode?: "reliable" | "unreliable"}} [options]
   * @returns {Promise<any>}
   */
  async request(type, body, options) {
    if (this.#course.isAway()) throw new Error(`no request ${type} while the connection is lost`);
    return super.request(type, body, options);
  }

  /**
   * Leaves for good; while the connection is lost, by not returning.
   * @override
   * @param {boolean} [consented] whether the server is told; without that it may keep the
   *   seat for whoever has the `reconnectionToken`
   * @returns {Promise<number>} the code of the end
   */
  leave(consented = true) {
    return this.#course.leave(consented);
  }

  /** Cuts the connection as a lost network would, to see what happens then. */
  disconnect() {
    this.#course.giveUp(ABNORMAL_CLOSURE, "disconnect() was called");
  }

  // What the SDK calls.

  /**
   * @override
   * @param {string} endpoint
   * @param {any} [options]
   * @param {any} [headers]
   */
  connect(endpoint, options, headers) {
    super.connect(endpoint, options, headers);
    this.#course.connects(endpoint.includes("reconnectionToken="));
  }

  /**
   * @override
   * @protected
   * @param {MessageEvent} event
   */
  onMessageCallback(event) {
    this.#course.heard(event, () => super.onMessageCallback(event));
  }
}
