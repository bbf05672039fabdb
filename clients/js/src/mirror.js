// A room of the SDK that shows its state by a replica.

import { Room as ColyseusRoom } from "@colyseus/sdk";

import { makeEmitter } from "./emitter.js";
import { Replica } from "./replica.js";
import { inheritNothing } from "./signal.js";

/** @typedef {import("./listeners.js").Pattern} Pattern */
/** @typedef {{code: number, reason: string}} Closing */

/**
 * @typedef {object} Events what each event is told with
 * @property {Closing} drop the connection is lost
 * @property {import("./course.js").Attempt} reconnecting the wait before an attempt begins
 * @property {{attempts: number, how: import("./course.js").How}} reconnected the room is whole again
 * @property {Closing} reconnectionFailed there is no way back
 * @property {import("./liveness.js").Change} connectionQuality the level is another one
 * @property {{latency: number | null, loss: number}} latency a ping was answered
 * @property {import("./delivery.js").Undelivered[]} undelivered the room will not get these messages
 * @property {{saved: number, applied: number}} saved up to which version the state is stored, and was sent out
 * @property {Closing} leave the room was left, for whatever reason
 */

/**
 * What a room shows, and who is told of it.
 * @template [State=any]
 * @extends {ColyseusRoom<any, State>}
 */
export class MirrorRoom extends ColyseusRoom {
  /** The copy of the state that `state` shows. */
  replica = new Replica();
  /** Up to which version the state is stored for good; -1 before that was told, and where nothing is stored. */
  savedVersion = -1;
  /**
   * @protected
   * @type {import("./emitter.js").Emitter<Events>}
   */
  events = makeEmitter();
  /**
   * How it ended, null while it lasts.
   * @protected
   * @type {Closing | null}
   */
  over = null;
  /** @type {Set<() => void>} what ends the callbacks of the replica */
  #ends = new Set();

  /**
   * The state, as plain objects that belong to the replica; undefined where there is none.
   * @override
   * @returns {State}
   */
  get state() {
    return this.replica.state;
  }

  /** The version of the state that `state` shows; -1 before it came, and where there is none. */
  get appliedVersion() {
    return this.replica.version;
  }

  /**
   * Waits for the state: it comes right after the join. Where it is here already, or where
   * a room has none, there is nothing to wait for.
   * @returns {Promise<this>}
   * @throws {Error} the room was left before
   */
  ready() {
    if (this.state || this.serializerId === "none") return Promise.resolve(this);
    return new Promise((resolve, reject) => {
      /** @param {Closing} closing */
      const fail = ({ code }) => reject(new Error(`the room was left, ${code}, before its state came`));
      if (this.over) return fail(this.over);
      const off = this.on("leave", fail);
      this.onStateChange.once(() => {
        off();
        resolve(this);
      });
    });
  }

  /**
   * Calls back whenever something happens to the room.
   * @template {keyof Events} Name
   * @param {Name} name
   * @param {(event: Events[Name]) => void} callback
   * @returns {() => void} ends it
   */
  on(name, callback) {
    return this.events.on(name, callback);
  }

  /**
   * Calls back for each entry that comes: of a container, or the entity of a field.
   * @param {Pattern} pattern names a container, or a field for an entity
   * @param {(value: any, path: any[]) => void} callback
   * @returns {() => void} ends it
   */
  onAdd(pattern, callback) {
    return this.#keep(this.replica.onAdd(pattern, callback));
  }

  /**
   * Calls back when a value is another one.
   * @param {Pattern} pattern names a field, or an entry of a container of values
   * @param {(value: any, previous: any, path: any[]) => void} callback
   * @returns {() => void} ends it
   */
  onChange(pattern, callback) {
    return this.#keep(this.replica.onChange(pattern, callback));
  }

  /**
   * Calls back for each entry that goes: of a container, or the entity of a field.
   * @param {Pattern} pattern names a container, or a field for an entity
   * @param {(value: any, path: any[]) => void} callback
   * @returns {() => void} ends it
   */
  onRemove(pattern, callback) {
    return this.#keep(this.replica.onRemove(pattern, callback));
  }

  /** @override */
  removeAllListeners() {
    super.removeAllListeners();
    inheritNothing(this.onMessageHandlers);
    this.events.clear();
    for (const end of this.#ends) end();
  }

  /** @param {() => void} off */
  #keep(off) {
    const end = () => {
      this.#ends.delete(end);
      off();
    };
    this.#ends.add(end);
    return end;
  }
}
