// Plays many bots with one client library for the tests: `node sdk.mjs 16|17|18|nexus`.
//
// sdk_frame.mjs says how it is asked. What may wait takes a `timeout` in seconds.
//
//   verb  name     arguments                                     answer
//   0     join     endpoint, method, name, options, root, auth,  what `facts` answers
//                  settings
//   1     consume  endpoint, reservation, settings               likewise
//   2     send     type, payload (absent: none is given)         null
//   3     bytes    type, payload                                 null
//   4     request  type, payload                                 the value
//   5     leave    consented                                     the code
//   6     drop     nothing: the socket ends without a word       null
//   7     state    nothing                                       the decoded state
//   8     wait     event, type, count, since                     the events that match
//   9     events   since                                         all events since then
//   10    tune     what to set in room.reconnection              null
//   11    ping     nothing                                       milliseconds
//   12    facts    nothing                                       ids, token, ..., see sdk.py
//   13    latency  endpoint                                      milliseconds
//   14    raw      payload: a frame as it is                     null
//   15    echo     payload                                       the same, there and back
//   16    complaints  nothing                                    what this process suffered
//   17    fail     nothing: throws where nobody catches          null
//   18    forget   nothing: ends the bot without a word          null
//   19    condition  nothing                                     quality, outbox, ...; nexus
//
// A failed answer is {"name", "message", "code", "reason"}; `Timeout` is a name. Values that
// JSON lacks are an object with one key: $undefined, $int (a bigint's digits), $float (nan,
// inf, -inf, -0), $date (milliseconds), $bytes (hex), $map, $set, $collection, and $object
// (pairs) for an object with a key that begins with a dollar.

import path from "node:path";
import { createRequire } from "node:module";

import { bots, complain } from "./sdk_bots.mjs";
import { serve } from "./sdk_frame.mjs";
import { ours } from "./sdk_ours.mjs";

// Newer Node.js has a WebSocket of its own, which the SDKs would prefer to that of `ws`; it
// cannot be cut off without a closing handshake.
delete globalThis.WebSocket;

// stdout belongs to the answers.
console.log = console.info = console.debug = complain.bind(null, "info");
console.warn = console.error = complain.bind(null, "warning");
process.on("uncaughtException", (error) => complain("uncaught", error));
process.on("unhandledRejection", (error) => complain("uncaught", error));

/** @type {(room: any) => void} */
const cut = (room) => room.connection.transport.ws.terminate();

/**
 * @param {string} version
 * @returns {import("./sdk_bots.mjs").Kit}
 */
function official(version) {
  const require = createRequire(import.meta.url);
  const folder = process.env.NEXUS_NODE_MODULES;
  const name = folder ? path.resolve(folder, `sdk${version}`) : `sdk${version}`;
  const home = path.dirname(require.resolve(`${name}/package.json`));
  // By its file, as Node.js would otherwise choose between two builds of it, each with a copy
  // of the schema that does not know the other's classes.
  const sdk = require(path.join(home, require(`${name}/package.json`).main));
  return {
    client: ({ endpoint }) => new sdk.Client(endpoint),
    schema: createRequire(path.join(home, "package.json"))("@colyseus/schema"),
    state: (room) => room.serializer?.getState?.(),
    cut,
  };
}

async function kitOf(version) {
  if (["16", "17", "18"].includes(version)) return official(version);
  if (version !== "nexus") throw new Error("usage: sdk.mjs 16|17|18|nexus");
  return ours(await import("../../clients/js/src/index.js"), cut);
}

serve(bots(await kitOf(process.argv[2])));
