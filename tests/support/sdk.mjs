// Plays many bots with one official SDK for the tests: `node sdk.mjs 16|17|18`.
//
// The frames are those of schema_decoder.mjs; all integers are little endian.
//
//   batch    uint32 size, then requests up to that size
//   request  uint8 verb, uint32 bot, uint32 size, JSON of the arguments
//   answer   uint8 failed, uint32 size, JSON
//
// The requests of a batch are begun in order and then go on side by side; the answers come
// together when the last of them is done. What may wait takes a `timeout` in seconds.
//
//   verb  name     arguments                                     answer
//   0     join     endpoint, method, name, options, root, auth   what `facts` answers
//   1     consume  endpoint, reservation                         likewise
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
//   12    facts    nothing                                       ids, token, ..., see below
//   13    latency  endpoint                                      milliseconds
//   14    raw      payload: a frame as it is                     null
//   15    echo     payload                                       the same, there and back
//   16    complaints  nothing                                    what this process suffered
//   17    fail     nothing: throws where nobody catches          null
//   18    forget   nothing: ends the bot without a word       null
//
// A failed answer is {"name", "message", "code", "reason"}; `Timeout` is a name. Values that
// JSON lacks are an object with one key: $undefined, $int (a bigint's digits), $float (nan,
// inf, -inf, -0), $date (milliseconds), $bytes (hex), $map, $set, $collection, and $object
// (pairs) for an object with a key that begins with a dollar.

import path from "node:path";
import { createRequire } from "node:module";

import { codec } from "./sdk_value.mjs";

const version = process.argv[2];
if (!["16", "17", "18"].includes(version)) throw new Error("usage: sdk.mjs 16|17|18");

// Newer Node.js has a WebSocket of its own, which the SDKs would prefer to that of `ws`; it
// cannot be cut off without a closing handshake.
delete globalThis.WebSocket;

/** What the SDK and the process said that belongs to no answer; the newest are kept. */
const complaints = [];
function complain(kind, ...parts) {
  const words = parts.map((part) => (part instanceof Error ? part.stack : String(part)));
  complaints.push({ kind, text: words.join(" ").slice(0, 2000) });
  if (complaints.length > 1000) complaints.shift();
}
// stdout belongs to the answers.
console.log = console.info = console.debug = complain.bind(null, "info");
console.warn = console.error = complain.bind(null, "warning");
process.on("uncaughtException", (error) => complain("uncaught", error));
process.on("unhandledRejection", (error) => complain("uncaught", error));

const require = createRequire(import.meta.url);
const folder = process.env.NEXUS_NODE_MODULES;
const name = folder ? path.resolve(folder, `sdk${version}`) : `sdk${version}`;
const home = path.dirname(require.resolve(`${name}/package.json`));
// By its file, as Node.js would otherwise choose between two builds of it, each with a copy of
// the schema that does not know the other's classes.
const sdk = require(path.join(home, require(`${name}/package.json`).main));
const schema = createRequire(path.join(home, "package.json"))("@colyseus/schema");
const { render, parse } = codec(schema);

/** @type {Map<number, {room: any, events: any[], watchers: Set<Function>}>} */
const bots = new Map();

function botOf(id) {
  const found = bots.get(id);
  if (found === undefined) throw new Error(`unknown bot ${id}`);
  return found;
}

const roomOf = (id) => botOf(id).room;

function timeoutError(what, seconds, seen) {
  const error = new Error(`${what} took longer than ${seconds} s`);
  error.name = "Timeout";
  error.reason = seen;
  return error;
}

/** Settles as the promise does, or fails after so many seconds. */
function within(seconds, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(timeoutError(what, seconds)), seconds * 1000);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function note(bot, event) {
  bot.events.push(event);
  for (const watcher of [...bot.watchers]) watcher(event);
}

/** Write down everything that a room tells its game, in order. */
function record(bot) {
  const { room } = bot;
  // Rendered at once: what a message holds may be another thing later.
  room.onMessage("*", (type, value) => {
    note(bot, { event: "message", type, value: render(value) });
  });
  room.onStateChange(() => note(bot, { event: "state" }));
  room.onError((code, message) => note(bot, { event: "error", code, message }));
  room.onLeave((code, reason) => note(bot, { event: "leave", code, reason }));
  room.onDrop?.((code, reason) => note(bot, { event: "drop", code, reason }));
  room.onReconnect?.(() => note(bot, { event: "reconnect" }));
}

function facts(room) {
  const fields = {};
  const metadata = stateOf(room)?.constructor?.[Symbol.metadata] ?? {};
  for (let index = 0; metadata[index] !== undefined; index++) {
    const { name, type } = metadata[index];
    fields[name] = typeof type === "string" ? type : null;
  }
  return {
    session: room.sessionId,
    room: room.roomId,
    name: room.name,
    token: room.reconnectionToken,
    serializer: room.serializerId,
    open: room.connection.isOpen,
    fields,
  };
}

/** The state that a room shows, undefined where it has none. */
function stateOf(room) {
  return room.serializer?.getState?.();
}

/** Make the class of a root that has fields of these primitive types. */
function rootClass(fields) {
  class Root extends schema.Schema {}
  schema.defineTypes(Root, fields);
  return Root;
}

async function enter(id, seconds, joining) {
  const promise = joining.then((room) => {
    const bot = { room, events: [], watchers: new Set() };
    record(bot);
    return bot;
  });
  let bot;
  try {
    bot = await within(seconds, "join", promise);
  } catch (error) {
    // One that arrives late is not wanted any more.
    promise.then(({ room }) => room.connection.transport.ws.terminate(), () => {});
    throw error;
  }
  bots.set(id, bot);
  return facts(bot.room);
}

function clientOf({ endpoint, auth }) {
  const client = new sdk.Client(endpoint);
  if (auth !== undefined) client.auth.token = auth;
  return client;
}

const matches = ({ event, type }) => (seen) =>
  seen.event === event && (type === undefined || seen.type === type);

function wait(id, { event, type, count = 1, since = 0, timeout }) {
  const bot = botOf(id);
  const fits = matches({ event, type });
  const found = bot.events.slice(since).filter(fits);
  if (found.length >= count) return found;
  return new Promise((resolve, reject) => {
    const what = `${found.length} of ${count} ${event}s ${type ?? ""}, more`;
    const timer = setTimeout(() => {
      bot.watchers.delete(watcher);
      reject(timeoutError(what, timeout, bot.events.slice(-30)));
    }, timeout * 1000);
    function watcher(seen) {
      if (fits(seen)) found.push(seen);
      if (found.length < count) return;
      bot.watchers.delete(watcher);
      clearTimeout(timer);
      resolve(found);
    }
    bot.watchers.add(watcher);
  });
}

function terminate({ room }) {
  room.connection.transport.ws.terminate();
}

const verbs = [
  function join(id, { endpoint, method, name, options, root, auth, timeout }) {
    const client = clientOf({ endpoint, auth });
    const schema = root === undefined ? [] : [rootClass(root)];
    const rest = method === "reconnect" ? schema : [parse(options), ...schema];
    return enter(id, timeout, client[method](name, ...rest));
  },
  function consume(id, { endpoint, reservation, timeout }) {
    const seat = parse(reservation);
    return enter(id, timeout, clientOf({ endpoint }).consumeSeatReservation(seat));
  },
  function send(id, args) {
    const rest = "payload" in args ? [parse(args.payload)] : [];
    roomOf(id).send(args.type, ...rest);
    return null;
  },
  function bytes(id, { type, payload }) {
    roomOf(id).sendBytes(type, parse(payload));
    return null;
  },
  async function request(id, { type, payload, timeout }) {
    const room = roomOf(id);
    if (room.request === undefined) throw new Error("this SDK has no requests");
    // The SDK's own time limit ends later, so that ours is what is told.
    const asked = room.request(type, parse(payload), { timeout: timeout * 2000 });
    return { value: render(await within(timeout, `request ${type}`, asked)) };
  },
  function leave(id, { consented, timeout }) {
    return within(timeout, "leave", roomOf(id).leave(consented));
  },
  function drop(id) {
    terminate(botOf(id));
    return null;
  },
  function state(id) {
    return { value: render(stateOf(roomOf(id))) };
  },
  wait,
  function events(id, { since }) {
    return botOf(id).events.slice(since);
  },
  function tune(id, settings) {
    const { reconnection } = roomOf(id);
    if (reconnection === undefined) throw new Error("this SDK does not come back by itself");
    Object.assign(reconnection, settings);
    return null;
  },
  function ping(id, { timeout }) {
    const room = roomOf(id);
    if (room.ping === undefined) throw new Error("this SDK has no ping");
    return within(timeout, "ping", new Promise((resolve) => room.ping(resolve)));
  },
  (id) => facts(roomOf(id)),
  function latency(_id, { endpoint, timeout }) {
    const client = clientOf({ endpoint });
    if (client.getLatency === undefined) throw new Error("this SDK measures no latency");
    return client.getLatency({ timeout: timeout * 1000 });
  },
  function raw(id, { payload }) {
    roomOf(id).connection.send(parse(payload));
    return null;
  },
  (_id, { payload }) => ({ value: render(parse(payload)) }),
  () => complaints.splice(0),
  function fail() {
    setImmediate(() => {
      throw new Error("failed on request");
    });
    return null;
  },
  function forget(id) {
    const bot = bots.get(id);
    bots.delete(id);
    if (bot === undefined) return null;
    if (bot.room.reconnection) bot.room.reconnection.enabled = false;
    terminate(bot);
    return null;
  },
];

async function answer(verb, id, body) {
  let failed = 0;
  let text;
  try {
    text = JSON.stringify((await verbs[verb](id, JSON.parse(body))) ?? null);
  } catch (error) {
    failed = 1;
    const { name, message, code, reason } = error ?? {};
    text = JSON.stringify({
      name: String(name),
      message: String(message),
      code: code ?? null,
      reason: reason === undefined ? null : render(reason),
    });
  }
  const bytes = Buffer.from(text, "utf8");
  const head = Buffer.alloc(5);
  head.writeUInt8(failed, 0);
  head.writeUInt32LE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

async function answerAll(batch) {
  const parts = [];
  let offset = 0;
  while (offset < batch.length) {
    const size = batch.readUInt32LE(offset + 5);
    const body = batch.toString("utf8", offset + 9, offset + 9 + size);
    parts.push(answer(batch.readUInt8(offset), batch.readUInt32LE(offset + 1), body));
    offset += 9 + size;
  }
  const body = Buffer.concat(await Promise.all(parts));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(body.length, 0);
  process.stdout.write(Buffer.concat([size, body]));
}

let pending = Buffer.alloc(0);
process.stdin.on("data", (chunk) => {
  pending = Buffer.concat([pending, chunk]);
  while (pending.length >= 4 && pending.length >= 4 + pending.readUInt32LE(0)) {
    const end = 4 + pending.readUInt32LE(0);
    answerAll(pending.subarray(4, end));
    pending = pending.subarray(end);
  }
});
process.stdin.on("end", () => process.exit(0));
