// The commands of a seat that were not answered yet.

import { makeBacklog } from "./backlog.js";

/**
 * @typedef {object} Command
 * @property {number} id counts up from 1 for each seat; 0 until it is handed out
 * @property {any} body what its owner keeps of it
 * @property {number} size for how many bytes it counts
 */

/** So many may wait for their verdicts, of so many bytes. */
const MOST = 256;
const MOST_BYTES = 2 ** 20;

/** What waited goes no faster than this: half of what an outbox takes, which goes as well. */
const COMMANDS_A_SECOND = 25;
const BYTES_A_SECOND = 65_536;

/**
 * Commands in order, until they are answered. One has its number when it is handed out for
 * the first time, and keeps it.
 */
export function makeCommands() {
  /** @type {ReturnType<typeof makeBacklog<Command>>} */
  const backlog = makeBacklog(MOST, MOST_BYTES, COMMANDS_A_SECOND, BYTES_A_SECOND);
  const { items, holds, remove, take } = backlog;
  /** The newest number. */
  let last = 0;

  return Object.assign(backlog, {
    /**
     * Takes one in.
     * @param {any} body
     * @param {number} size
     * @returns {Command | null} null where there is no room for it
     */
    add(body, size) {
      const command = { id: 0, body, size };
      return holds(command) ? command : null;
    },

    /**
     * The server took commands of this seat up to this one, be they ours or of the client
     * with whose token this one came.
     * @param {number} id
     */
    count(id) {
      last = Math.max(last, id);
    },

    /** @param {number} now */
    take(now) {
      const taken = take(now);
      for (const command of taken) command.id ||= ++last;
      return taken;
    },

    /**
     * Forgets what was answered, and returns it; null where nobody waits for it any more.
     * @param {number} id
     */
    answer(id) {
      // What has no number yet cannot be meant.
      return remove(items.find((command) => command.id === id && id > 0));
    },
  });
}
