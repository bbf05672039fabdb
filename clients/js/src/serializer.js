// What the SDK calls for the bytes of a state, over a replica.

import { PeerError } from "./errors.js";
import { report } from "./emitter.js";

/** @typedef {import("./replica.js").Replica} Replica */
/** @typedef {{offset: number}} Cursor where in a frame the bytes begin */

/** A serializer, as the SDK wants it, for the format `nexus`. */
export class NexusSerializer {
  #replica;
  #name;
  #stated;
  #applied;

  /**
   * @param {Replica} replica
   * @param {() => string} name the serializer that the server named
   * @param {() => void} stated is called when a whole state was applied
   * @param {(size: number) => void} applied is called when anything was
   */
  constructor(replica, name, stated, applied) {
    this.#replica = replica;
    this.#name = name;
    this.#stated = stated;
    this.#applied = applied;
  }

  /**
   * @param {Uint8Array} frame
   * @param {Cursor} cursor
   */
  handshake(frame, cursor) {
    const name = this.#name();
    if (name !== "nexus") throw new PeerError(`this seat was reserved for the serializer ${name}, not for nexus`);
    this.#replica.setOutline(frame.subarray(cursor.offset));
  }

  /**
   * @param {Uint8Array} frame
   * @param {Cursor} cursor
   */
  setState(frame, cursor) {
    this.#apply(() => this.#replica.applySnapshot(frame.subarray(cursor.offset)));
    this.#applied(frame.length);
    this.#stated();
  }

  /**
   * @param {Uint8Array} frame
   * @param {Cursor} cursor
   */
  patch(frame, cursor) {
    this.#apply(() => this.#replica.applyPatch(frame.subarray(cursor.offset)));
    this.#applied(frame.length);
  }

  getState() {
    return this.#replica.state;
  }

  teardown() {
    // The state may be read after the room was left.
  }

  /** @param {() => void} act */
  #apply(act) {
    try {
      act();
    } catch (error) {
      // In step, it was a callback that threw, and all others were called.
      if (!this.#replica.inStep) throw error;
      report(error);
    }
  }
}
