// Commands, and who waits for what became of them.

import { makeCarrier } from "./carrier.js";
import { makeCommands } from "./commands.js";
import { checkType, encodeLetter, writeLetter } from "./ours.js";

/** @typedef {import("./ours.js").Packer} Packer */

/**
 * @typedef {object} Waiting
 * @property {Uint8Array} encoded
 * @property {(value: any) => void} resolve
 * @property {(error: Error) => void} reject
 * @property {ReturnType<typeof setTimeout>} [timer] until nobody waits any more
 */

const DONE = 0;
const REFUSED = 1;

/**
 * An error such as a request fails with.
 * @param {string} name
 * @param {string} message
 * @param {{reason?: any, code?: number}} [more]
 */
const failure = (name, message, more) => Object.assign(new Error(message), { name }, more);

/**
 * Sends commands until each is answered, over as many connections as that takes.
 * @param {Packer} packer
 * @param {{now: () => number}} settings
 * @param {(frame: Uint8Array) => boolean} send tells whether there is a socket to send on
 */
export function makeVerdicts(packer, { now }, send) {
  const commands = makeCommands();
  const { go, stop, open, close } = makeCarrier(commands, now, ({ id, body }) => send(writeLetter("command", id, body.encoded, packer)));
  let isOver = false;

  return {
    open,
    close,

    /**
     * The server took commands of this seat up to one with this number.
     * @type {(id: number) => void}
     */
    count: commands.count,

    /**
     * Sends one, and waits for what becomes of it.
     * @param {[string | number] | [string | number, any]} parts
     * @param {number} timeout in milliseconds; 0 waits for as long as it takes
     * @returns {Promise<any>}
     */
    ask(parts, timeout) {
      return new Promise((resolve, reject) => {
        if (isOver) throw failure("closed", "the room was left");
        checkType(parts[0]);
        const encoded = encodeLetter(parts, packer);
        /** @type {Waiting} */
        const waiting = { encoded, resolve, reject };
        const command = commands.add(waiting, encoded.length);
        if (command === null) throw failure("full", "too many commands wait for an answer");
        if (timeout > 0) {
          waiting.timer = setTimeout(() => {
            commands.remove(command);
            reject(failure("timeout", `command ${parts[0]} was not answered in ${timeout} ms`));
          }, timeout);
        }
        go();
      });
    },

    /**
     * The server told what became of one.
     * @param {[number, number, any?]} verdict
     */
    answered([id, status, value]) {
      /** @type {Waiting | undefined} */
      const waiting = commands.answer(id)?.body;
      if (waiting === undefined) return;
      clearTimeout(waiting.timer);
      if (status === DONE) waiting.resolve(value);
      else if (status === REFUSED) waiting.reject(failure("rejected", "command rejected", { reason: value }));
      else waiting.reject(failure(value?.name ?? "Error", value?.message ?? "command failed", value?.code === undefined ? {} : { code: value.code }));
    },

    /** The room is over. */
    end() {
      isOver = true;
      stop();
      for (const { body } of commands.drain()) {
        clearTimeout(body.timer);
        body.reject(failure("closed", "the room was left before the answer"));
      }
    },
  };
}
