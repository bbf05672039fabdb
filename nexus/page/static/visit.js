// One client of the playground: its room, and what is kept of all that happens.

import { listen } from "./calls.js";
import { told } from "./join.js";
import { Ring } from "./ring.js";
import { writeHex, writeValue } from "./value.js";

/** @typedef {"joined" | "away" | "left"} Status */
/** @typedef {{at: number, way: "in" | "out" | "note" | "error", type: string, text: string}} Entry */
/** @typedef {{at: number, from: number, to: number, bytes: number, calls: import("./calls.js").Call[], more: number}} Step */

/** So many entries are kept of each log. */
export const KEPT = 500;
/** So many callbacks are shown of one patch. */
const CALLS = 12;

/** What codes of a close mean, where nobody says more. @type {Record<number, string>} */
const CODES = {
  1001: "the other side went away",
  1005: "without a word",
  1006: "cut off",
  4000: "consented",
  4001: "the server stops",
  4002: "an error",
  4003: "it could not return",
  4010: "it may return",
  4011: "it came by another socket",
};

/**
 * Says why a connection ended.
 * @param {number} code
 * @param {string} [reason]
 */
function ended(code, reason) {
  const text = reason || CODES[code];
  return text ? `${code}: ${text}` : String(code);
}

/** What one client does and sees. */
export class Visit {
  /** @type {Status} */
  status = "joined";
  notice = "joined";
  /** @type {Ring<Entry>} */
  messages = new Ring(KEPT);
  /** @type {Ring<Step>} */
  steps = new Ring(KEPT);
  bytes = 0;
  /** Called when something is new. */
  changed = () => {};
  /** @type {import("./calls.js").Call[]} */
  #calls = [];
  #more = 0;
  #version = -1;

  /**
   * @param {any} room a room of `nexus-client`
   * @param {import("./server.js").KindCard | null} kind what is known of its kind
   * @param {number} number
   */
  constructor(room, kind, number) {
    this.room = room;
    this.kind = kind;
    this.number = number;
    this.roomId = room.roomId;
    this.sessionId = room.sessionId;
    this.name = room.name ?? kind?.name ?? "room";
    this.note(`joined ${this.name} ${this.roomId} as ${this.sessionId}`);
    if (kind?.state) {
      listen(room.replica, kind.state, (make) => {
        if (this.#calls.length < CALLS) this.#calls.push(make());
        else this.#more += 1;
      });
    }
    room.onStateChange(() => this.#step());
    room.onMessage("*", (/** @type {string | number} */ type, /** @type {any} */ payload) => this.log("in", String(type), writeValue(payload)));
    room.onError((/** @type {number} */ code, /** @type {string} */ message) => this.log("error", "error", `${message ?? ""} (${code})`));
    this.#follow();
  }

  /** Takes note of what becomes of the connection. */
  #follow() {
    const room = this.room;
    room.on("drop", (/** @type {any} */ { code, reason }) => {
      this.status = "away";
      this.note(`connection lost (${ended(code, reason)})`);
    });
    room.on("reconnecting", (/** @type {any} */ { attempt, delay, maxRetries }) => this.note(`coming back: attempt ${attempt} of ${maxRetries} in ${(delay / 1000).toFixed(1)} s`));
    room.on("reconnected", (/** @type {any} */ { attempts, how }) => {
      this.status = "joined";
      this.note(`back after ${attempts === 1 ? "1 attempt" : `${attempts} attempts`}${how === "none" ? "" : ` by ${how === "snapshot" ? "a snapshot" : "patches"}`}`);
    });
    room.on("reconnectionFailed", (/** @type {any} */ { code, reason }) => this.log("error", "reconnection", `failed (${ended(code, reason)})`));
    room.on("undelivered", (/** @type {any[]} */ lost) => {
      for (const { type, body, reason } of lost) this.log("error", String(type), `not delivered${reason ? `, ${reason}` : ""}: ${writeValue(body)}`);
    });
    room.on("leave", (/** @type {any} */ { code, reason }) => {
      this.status = "left";
      this.note(`left (${ended(code, reason)})`);
    });
    for (const event of ["connectionQuality", "latency"]) room.on(event, () => this.changed());
  }

  /** Takes note of a patch, or of a whole state. */
  #step() {
    const replica = this.room.replica;
    const { bytes } = replica.effort;
    this.bytes += bytes;
    this.steps.push({ at: Date.now(), from: this.#version, to: replica.version, bytes, calls: this.#calls, more: this.#more });
    this.#calls = [];
    this.#more = 0;
    this.#version = replica.version;
    this.changed();
  }

  /**
   * @param {Entry["way"]} way
   * @param {string} type
   * @param {string} text
   */
  log(way, type, text) {
    this.messages.push({ at: Date.now(), way, type, text });
    this.changed();
  }

  /**
   * Says what becomes of the client.
   * @param {string} text
   */
  note(text) {
    this.notice = text;
    this.log("note", "", text);
  }

  /**
   * Sends a message.
   * @param {string} type
   * @param {any} payload
   * @throws {Error} the outbox is full, or the payload is nothing that can be sent
   */
  send(type, payload) {
    this.room.send(type, payload);
    this.log("out", type, payload === undefined ? "" : writeValue(payload));
  }

  /**
   * Sends raw bytes.
   * @param {string} type
   * @param {Uint8Array} bytes
   */
  sendBytes(type, bytes) {
    this.room.sendBytes(type, bytes);
    this.log("out", type, `<${writeHex(bytes.subarray(0, 1000))}>`);
  }

  /**
   * Asks, and returns what is to be told of the answer.
   * @param {string} type
   * @param {any} payload
   * @returns {Promise<string>}
   */
  async request(type, payload) {
    const began = performance.now();
    this.log("out", `${type} ?`, payload === undefined ? "" : writeValue(payload));
    try {
      const answer = writeValue(await this.room.request(type, payload));
      this.log("in", `${type} =`, answer);
      return `answered in ${Math.round(performance.now() - began)} ms: ${answer}`;
    } catch (error) {
      this.log("error", `${type} =`, told(error));
      throw error;
    }
  }

  /** Cuts the connection, as a network would. */
  drop() {
    this.room.disconnect();
  }

  /** Leaves for good. */
  async leave() {
    await this.room.leave();
  }

  /** Ends whatever is left of it. */
  close() {
    this.changed = () => {};
    if (this.status !== "left") this.room.leave().catch(() => {});
  }
}
