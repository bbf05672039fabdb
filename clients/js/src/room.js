// A room that was joined: the SDK's, with a replica, an outbox, and a way back.

import { Absence } from "./absence.js";
import { Applied } from "./applied.js";
import {
  ABNORMAL_CLOSURE, CONSENTED, GOING_AWAY, JOIN_ROOM, LEAVE_ROOM, MAY_TRY_RECONNECT, NO_STATUS_RECEIVED, WITH_ERROR,
} from "./codes.js";
import { PeerError } from "./errors.js";
import { Liveness } from "./liveness.js";
import { isOurs, readOurs } from "./ours.js";
import { PostRoom } from "./post.js";
import { NexusSerializer } from "./serializer.js";
import { complete } from "./settings.js";
import { around, callApart, inheritNothing } from "./signal.js";
import { Socket } from "./socket.js";

/** @typedef {import("./mirror.js").Closing} Closing */
/** @typedef {import("./quality.js").Rating} Rating */
/** @typedef {import("./settings.js").Settings} Settings */
/** @typedef {import("./signal.js").Invoke} Invoke */

/** So often within so many milliseconds a room is mended that does not speak the protocol. */
const MENDS = 3;
const MENDING = 60_000;
/**
 * A return that lasts no longer, in milliseconds, is as good as none to the next wait: a server
 * that lets its clients in and drops them is not to be stormed.
 */
const BRIEF = 5_000;
/** @type {Set<number>} codes of sockets that closed without anybody's will */
const LOSSES = new Set([GOING_AWAY, NO_STATUS_RECEIVED, ABNORMAL_CLOSURE, MAY_TRY_RECONNECT]);
const OPCODES = 31;

/**
 * A room that was joined.
 * @template [State=any]
 * @extends {PostRoom<State>}
 */
export class Room extends PostRoom {
  #settings;
  #liveness;
  #applied;
  /** @type {Socket | null} */
  #socket = null;
  #isEntered = false;
  /** Whether another room object had this seat before. */
  #isTakenOver = false;
  /** @type {Absence | null} while the connection is lost */
  #absence = null;
  /** @type {Closing} how the last socket closed */
  #lost = { code: ABNORMAL_CLOSURE, reason: "" };
  /** @type {boolean | null} whether it is being left with consent, null if it is not */
  #leaving = null;
  /** @type {((code: number) => void)[]} */
  #leavers = [];
  /** When it last came back, and how often in a row that did not last. */
  #backAt = -Infinity;
  #brief = 0;
  /** @type {number[]} when it was mended */
  #mends = [];

  /**
   * @param {string} name
   * @param {Settings} [settings]
   */
  constructor(name, settings = {}) {
    const whole = complete(settings);
    super(name, whole);
    this.#settings = whole;
    Object.assign(this.reconnection, this.#settings.reconnection);
    const stated = () => this.#absence?.stated();
    this.#applied = new Applied(this.#settings.now, (version) => this.sayOurs("applied", version));
    const applied = (/** @type {number} */ size) => this.#applied.note(this.replica.version, size);
    const serializer = new NexusSerializer(this.replica, () => this.serializerId, stated, applied);
    this.serializer = /** @type {any} */ (serializer);
    this.#liveness = new Liveness(this.#settings, {
      ping: (number) => this.sayOurs("ping", number),
      silent: () => this.#socket?.giveUp(ABNORMAL_CLOSURE, "the server is silent"),
      answered: (event) => this.events.emit("latency", event),
      changed: (event) => this.events.emit("connectionQuality", event),
    });
    this.#attach();
  }

  /** Puts our ways between the SDK and its own. */
  #attach() {
    const { onJoin, onStateChange, onReconnect, onError, onDrop, onLeave } = this;
    for (const signal of [onJoin, onStateChange]) around(signal);
    around(onReconnect, (invoke) => {
      // Until all is well again the attempts count on.
      this.reconnection.isReconnecting = true;
      invoke();
    });
    around(onError, (invoke, code, text) => {
      if (this.#absence !== null) this.#absence.error = text ?? "";
      invoke(code, text);
    });
    around(onDrop, (invoke, code, reason = "") => this.#drop(code, reason, invoke));
    around(onLeave, (invoke, code, reason = "") => this.#end(code, reason, invoke));
    callApart(this.onMessageHandlers);
    inheritNothing(this.onMessageHandlers);
    const sdk = /** @type {any} */ (this);
    if (sdk.retryReconnection === undefined) throw new Error("this version of @colyseus/sdk comes back in another way");
    sdk.retryReconnection = () => this.#retry();
  }

  // What authors call.

  /**
   * How good the connection is.
   * @returns {Rating}
   */
  get quality() {
    return this.#liveness.rating;
  }

  /** What the server's clock shows, in milliseconds since 1970. */
  serverTime() {
    return this.#liveness.serverTime();
  }

  /**
   * @override
   * @param {string | number} type
   * @param {any} [body]
   */
  sendUnreliable(type, body) {
    if (!this.#isAway) super.sendUnreliable(type, body);
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
    if (this.#isAway) return Promise.reject(new Error(`no request ${type} while the connection is lost`));
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
    return new Promise((resolve) => {
      if (this.over !== null) return resolve(this.over.code);
      this.#leavers.push(resolve);
      this.#leaving = consented;
      if (this.#isAway || this.#socket === null) this.onLeave.invoke(CONSENTED, "");
      else if (consented) this.connection.send(Uint8Array.of(LEAVE_ROOM));
      else this.#socket.giveUp(NO_STATUS_RECEIVED, "");
    });
  }

  /** Cuts the connection as a lost network would, to see what happens then. */
  disconnect() {
    this.#socket?.giveUp(ABNORMAL_CLOSURE, "disconnect() was called");
  }

  // What the SDK calls.

  /**
   * @override
   * @param {string} endpoint
   * @param {any} [options]
   * @param {any} [headers]
   */
  connect(endpoint, options, headers) {
    this.#isTakenOver = endpoint.includes("reconnectionToken=");
    super.connect(endpoint, options, headers);
    const { events } = this.connection;
    const { onerror } = events;
    events.onerror = (event) => {
      // Of a socket that was open or tries to return, its end follows and says enough.
      if (!this.#isEntered) onerror?.({ code: ABNORMAL_CLOSURE, reason: event?.message ?? "no connection" });
    };
    this.#socket = new Socket(this.connection, (event, tell, wasOpen) => {
      this.#lost = { code: event.code, reason: event.reason ?? "" };
      this.delivery.close();
      this.verdicts?.close();
      // What the SDK does at a loss undoes what it did when the socket opened.
      if (wasOpen || !this.#isEntered) tell(event);
      else this.#retry();
    });
  }

  /**
   * @override
   * @protected
   * @param {MessageEvent} event
   */
  onMessageCallback(event) {
    this.#liveness.heard();
    try {
      if (typeof event.data === "string") throw new PeerError("a frame of text");
      const frame = new Uint8Array(event.data);
      const isJoin = (frame[0] & OPCODES) === JOIN_ROOM;
      if (isOurs(frame)) {
        this.#hear(readOurs(frame, this.packr));
      } else {
        if (isJoin && this.#absence !== null) {
          this.#absence.joined();
          // Before the SDK acknowledges: after that the server sends the state.
          if (this.replica.inStep) this.sayOurs("resume", { version: this.replica.version });
        }
        super.onMessageCallback(event);
        if (isJoin) this.#enter();
      }
      this.#settle();
    } catch (error) {
      this.#mend(error instanceof Error ? error.message : String(error));
    }
  }

  // What happens.

  /** The server let us in, for the first time or again. */
  #enter() {
    // Whoever was told of it by the SDK may have left.
    if (this.over !== null) return;
    if (this.#absence === null && !this.#isEntered && !this.#isTakenOver) {
      this.delivery.open();
      this.verdicts?.open();
    }
    this.#isEntered = true;
    this.#liveness.begin();
  }

  /** @param {import("./ours.js").Message} message */
  #hear({ type, body }) {
    if (type === "pong") this.#liveness.answered(body[0], body[1]);
    else if (type === "resumed") this.#absence?.resumed(body);
    else if (type === "ack") {
      this.#absence?.acknowledged();
      this.delivery.acknowledged(body);
      this.verdicts?.open();
    } else if (type === "verdict") this.verdicts?.answered(body);
    else if (type === "commanded") this.verdicts?.count(body);
    else if (type === "saved") this.stored(body[0], body[1]);
    else if (type === "refused") {
      this.undelivered(this.delivery.refused(body[0], body[1]));
    }
  }

  /** Tells that the room is whole again as soon as it is. */
  #settle() {
    const how = this.#absence?.wholeBy(this.replica, this.serializerId !== "none") ?? null;
    if (how === null) return;
    this.#absence?.stop();
    this.#absence = null;
    this.#backAt = this.#settings.now();
    this.reconnection.isReconnecting = false;
    this.events.emit("reconnected", { attempts: this.reconnection.retryCount, how });
  }

  /**
   * The connection is lost: the SDK says so after each attempt, we do once.
   * @param {number} code
   * @param {string} reason
   * @param {Invoke} invoke
   */
  #drop(code, reason, invoke) {
    if (this.#absence !== null || this.#leaving !== null) return;
    this.#brief = this.#settings.now() - this.#backAt < BRIEF ? this.#brief + 1 : 0;
    this.#absence = new Absence(this.reconnection, this.#settings, {
      waiting: (attempt) => this.events.emit("reconnecting", attempt),
      open: () => this.#reopen(),
      giveUp: () => this.#socket?.giveUp(ABNORMAL_CLOSURE, "no answer"),
      fail: (why, text) => this.onLeave.invoke(why, text),
    }, this.#brief);
    this.events.emit("drop", { code, reason });
    this.#applied.stop();
    this.#liveness.lose();
    invoke(code, reason);
  }

  /** Goes on after a socket closed. */
  #retry() {
    this.#applied.stop();
    this.#liveness.lose();
    if (this.#leaving !== null) this.onLeave.invoke(this.#lost.code, this.#lost.reason);
    else this.#absence?.retry(this.#lost);
  }

  #reopen() {
    try {
      // Without a state there is nothing that a handshake could tell.
      const isKnown = this.replica.inStep || this.serializerId === "none";
      this.#socket?.open(this.reconnectionToken.split(":")[1], isKnown);
    } catch (error) {
      this.#socket?.giveUp(ABNORMAL_CLOSURE, String(error));
    }
  }

  /**
   * The server said what it cannot say, or what does not fit our state: whoever returns is
   * sent all anew. Somebody who never speaks the protocol is left.
   * @param {string} what
   */
  #mend(what) {
    this.onError.invoke(WITH_ERROR, what);
    if (!this.#isEntered) return this.#socket?.discard();
    const now = this.#settings.now();
    this.#mends = [...this.#mends.filter((at) => now - at < MENDING), now];
    this.#socket?.giveUp(this.#mends.length > MENDS ? WITH_ERROR : MAY_TRY_RECONNECT, what);
  }

  /**
   * It is over, for whatever reason.
   * @param {number} code
   * @param {string} reason
   * @param {Invoke} invoke
   */
  #end(code, reason, invoke) {
    if (this.over !== null) return;
    const closing = {
      code: this.#leaving === true && LOSSES.has(code) ? CONSENTED : code,
      reason: reason || this.#absence?.error || "",
    };
    const isFailure = this.#absence !== null && this.#leaving === null;
    this.ended(closing);
    this.#absence?.stop();
    this.#absence = null;
    // So that the SDK is told as well, which forgets it then.
    this.#socket?.giveUp(CONSENTED, "");
    this.reconnection.isReconnecting = false;
    this.#applied.stop();
    this.#liveness.lose();
    this.undelivered(this.delivery.end());
    this.verdicts?.end();
    // Whoever is still writing a game listens to nothing yet.
    if (code === WITH_ERROR) console.warn(`nexus-client: let go, ${code}: ${closing.reason}`);
    if (isFailure) this.events.emit("reconnectionFailed", closing);
    this.events.emit("leave", closing);
    invoke(closing.code, closing.reason);
    for (const resolve of this.#leavers) resolve(closing.code);
  }

  get #isAway() {
    return this.#absence?.isJoined === false;
  }
}
