// A room that was joined: the SDK's, with a replica, an outbox, and a way back.

import { ABNORMAL_CLOSURE } from "./codes.js";
import { makeCourse } from "./course.js";
import { PostRoom } from "./post.js";
import { complete } from "./settings.js";

/** @typedef {import("./quality.js").Rating} Rating */
/** @typedef {import("./settings.js").Settings} Settings */

/**
 * A room that was joined.
 * @template [State=any]
 * @extends {PostRoom<State>}
 */
export class Room extends PostRoom {
  #course;

  /**
   * @param {string} name
   * @param {Settings} [settings]
   */
  constructor(name, settings) {
    const whole = complete(settings);
    super(name, whole);
    this.#course = makeCourse(/** @type {any} */ (this), whole);
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
  request(type, body, options) {
    if (this.#course.isAway()) return Promise.reject(new Error(`no request ${type} while the connection is lost`));
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
