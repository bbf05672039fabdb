// A table at which a room of the client sits, with the test as its server.

import { mock } from "node:test";

import { unpack } from "msgpackr";

import { FakeSocket } from "./fake_socket.js";
import { OUTLINE, snapshot } from "./game.js";
import { payload } from "./writer.js";

const EVENTS = /** @type {const} */ ([
  "drop", "reconnecting", "reconnected", "reconnectionFailed", "connectionQuality", "latency", "undelivered", "saved", "leave",
]);
const RESERVATION = { name: "arena", roomId: "r1", sessionId: "s1", processId: "p1", publicAddress: "localhost:1" };

/** @param {string} text */
const str = (text) => [text.length, ...Buffer.from(text)];

/**
 * The frame of a message of ours.
 * @param {string} type
 * @param {...any} items
 */
export function ours(type, ...items) {
  return [0x0d, ...payload(`__nexus.${type}`, ...items)];
}

/** That the server will bring a state up to date: a map, as it writes it. */
export function resumed(/** @type {number} */ version, /** @type {string} */ how) {
  return [...ours("resumed"), 0x82, ...payload("version", version, "how", how)];
}

/** One room, its sockets and its time. */
export class Table {
  /** @type {any} */
  room;
  /** @type {[string, any][]} what was told, but for the quality of the connection */
  events = [];
  /** @type {[string, any][]} the rest */
  measures = [];
  time = 1_700_000_000_000;
  random = 1;

  /** @param {any} [settings] */
  constructor(settings) {
    mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
    this.settings = { now: () => this.time, random: () => this.random, ...settings };
    FakeSocket.made.length = 0;
  }

  /** The newest socket. */
  get socket() {
    return FakeSocket.made[FakeSocket.made.length - 1];
  }

  /**
   * Lets the newest socket join.
   * @param {{serializer?: string, token?: string, outline?: Uint8Array}} [how]
   */
  join({ serializer = "nexus", token = "t1", outline = OUTLINE } = {}) {
    const skips = this.socket.url.searchParams.has("skipHandshake");
    const handshake = serializer === "none" || skips ? [] : outline;
    const { length } = handshake;
    const size = length < 128 ? [length] : [0xcd, length & 255, length >> 8];
    this.socket.say(0x0a, ...str(token), ...str(serializer), ...size, ...handshake);
  }

  /**
   * Sits down.
   * @param {{serializer?: string, token?: string, outline?: Uint8Array, returns?: boolean, state?: number[], entry?: "core" | "index"}} [how]
   */
  async sit({ returns = false, state = [0x0e, ...snapshot()], entry = "index", ...how } = {}) {
    const { Client } = await import(`../../src/${entry}.js`);
    const reservation = { ...RESERVATION, ...(returns && { reconnectionToken: "t0" }) };
    const joining = new Client("ws://localhost:1", this.settings).consumeSeatReservation(reservation);
    this.socket.open();
    this.join(how);
    this.room = await joining;
    for (const name of EVENTS) {
      const notes = name === "latency" || name === "connectionQuality" ? this.measures : this.events;
      this.room.on(name, (/** @type {any} */ event) => notes.push([name, event]));
    }
    if (how.serializer !== "none") this.socket.say(...state);
    return this;
  }

  /**
   * Lets the wait before an attempt pass, and the attempt succeed up to the join.
   * @param {{serializer?: string, token?: string, outline?: Uint8Array}} [how]
   */
  comeBack(how) {
    const count = FakeSocket.made.length;
    for (let i = 0; FakeSocket.made.length === count && i < 10_000; i++) this.advance(10);
    this.socket.open();
    this.join({ token: "t2", ...how });
  }

  /** @param {number} milliseconds */
  advance(milliseconds) {
    for (let left = milliseconds; left > 0; left -= 10) {
      this.time += Math.min(10, left);
      mock.timers.tick(Math.min(10, left));
    }
  }

  /** What a socket was sent of our messages, but for pings: `[type, body]`. */
  said(socket = this.socket) {
    return this.spoken(socket).filter(([type]) => type !== "ping");
  }

  /** What a socket was sent: `[type, body]` of our messages, and opcodes. */
  spoken(socket = this.socket) {
    return socket.sent.map((frame) => {
      if (frame[0] !== 0x0d) return [frame[0]];
      const end = 2 + (frame[1] & 31);
      const type = Buffer.from(frame.subarray(2, end)).toString().replace("__nexus.", "");
      return end < frame.length ? [type, unpack(frame.subarray(end))] : [type];
    });
  }

  /** The names of what was told. */
  get names() {
    return this.events.map(([name]) => name);
  }

  end() {
    mock.timers.reset();
  }
}
