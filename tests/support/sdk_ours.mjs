// Our own client as the bots use it, in Node.js and in browsers.

/** What `room.on` knows. */
const EVENTS = [
  "drop",
  "reconnecting",
  "reconnected",
  "reconnectionFailed",
  "connectionQuality",
  "latency",
  "undelivered",
  "leave",
];

/**
 * @param {any} nexus the module
 * @param {(room: any) => void} cut
 * @returns {import("./sdk_bots.mjs").Kit}
 */
export function ours(nexus, cut) {
  return {
    client: ({ endpoint, settings }) => new nexus.Client(endpoint, settings),
    state: (room) => room.state,
    events: EVENTS,
    cut,
  };
}
