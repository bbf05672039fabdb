// What the SDK calls for the bytes of a state, over a replica.

import { refuse } from "./errors.js";
import { report } from "./emitter.js";

/** @typedef {import("./replica.js").Replica} Replica */
/** @typedef {{offset: number}} Cursor where in a frame the bytes begin */

/**
 * A serializer, as the SDK wants it, for the format `nexus`.
 * @param {Replica} replica
 * @param {() => string} name the serializer that the server named
 * @param {() => void} stated is called when a whole state was applied
 * @param {(size: number) => void} applied is called when anything was
 */
export function makeSerializer(replica, name, stated, applied) {
  /**
   * @param {"applySnapshot" | "applyPatch"} act
   * @param {Uint8Array} frame
   * @param {Cursor} cursor
   */
  function apply(act, frame, { offset }) {
    try {
      replica[act](frame.subarray(offset));
    } catch (error) {
      // In step, it was a callback that threw, and all others were called.
      if (!replica.inStep) throw error;
      report(error);
    }
    applied(frame.length);
  }

  return {
    /**
     * @param {Uint8Array} frame
     * @param {Cursor} cursor
     */
    handshake(frame, { offset }) {
      if (name() !== "nexus") refuse(`this seat was reserved for the serializer ${name()}, not for nexus`);
      replica.setOutline(frame.subarray(offset));
    },

    /**
     * @param {Uint8Array} frame
     * @param {Cursor} cursor
     */
    setState(frame, cursor) {
      apply("applySnapshot", frame, cursor);
      stated();
    },

    /**
     * @param {Uint8Array} frame
     * @param {Cursor} cursor
     */
    patch(frame, cursor) {
      apply("applyPatch", frame, cursor);
    },

    getState: () => replica.state,

    teardown() {
      // The state may be read after the room was left.
    },
  };
}
