// How messages get out of the outbox, and what becomes of them.

import { makeCarrier } from "./carrier.js";
import { makeOutbox } from "./outbox.js";
import { bodyOf, checkType, encodeLetter, writeLetter } from "./ours.js";

/** @typedef {import("./outbox.js").Letter} Letter */
/** @typedef {import("./ours.js").Packer} Packer */
/** @typedef {{id: number, type: string | number, body: any, reason?: string}} Undelivered */
/** @typedef {{outbox: {maxMessages: number, maxBytes: number}, now: () => number}} DeliverySettings */

/**
 * Sends what may go, as soon as it may.
 * @param {Packer} packer
 * @param {DeliverySettings} settings
 * @param {(frame: Uint8Array) => boolean} send tells whether there is a socket to send on
 */
export function makeDelivery(packer, { outbox: limits, now }, send) {
  const outbox = makeOutbox(limits);
  const { go, stop, open, close } = makeCarrier(outbox, now, ({ id, body }) => send(writeLetter("out", id, body, packer)));
  let isOver = false;

  /**
   * @param {Letter} letter
   * @returns {Undelivered}
   */
  const read = ({ id, type, body }) => ({ id, type, body: bodyOf(body, packer) });

  return {
    outbox,
    open,
    close,

    /**
     * Takes a message in.
     * @param {Parameters<typeof encodeLetter>[0]} parts
     */
    post(parts) {
      if (isOver) throw new Error("the room was left: nothing can be sent");
      const [type] = parts;
      checkType(type);
      const encoded = encodeLetter(parts, packer);
      outbox.add(type, encoded, encoded.length);
      go();
    },

    /**
     * The server took all up to this one.
     * @param {number} id
     */
    acknowledged(id) {
      outbox.ack(id);
      go();
    },

    /**
     * The server dropped this one.
     * @param {number} id
     * @param {string} reason
     * @returns {Undelivered[]} what there is to be reported
     */
    refused(id, reason) {
      const letter = outbox.refuse(id);
      return letter ? [{ ...read(letter), reason }] : [];
    },

    /**
     * The room is over.
     * @returns {Undelivered[]} what there is to be reported
     */
    end() {
      isOver = true;
      stop();
      return outbox.drain().map(read);
    },
  };
}
