// Hosts the official state decoder of one major for the tests: `node schema_decoder.mjs 5`.
//
// stdin carries batches of requests and stdout one batch of answers for each, in order.
// All integers are little endian.
//
//   batch    uint32 size, then requests up to that size
//   request  uint8 verb, uint32 session, uint32 size, bytes
//   answer   uint8 failed, uint32 size, JSON
//
// verb 0 handshake, 1 decode, 2 resync, 3 dump, 4 refs, 5 drop, 6 watch, 7 listen,
// 8 events. Reading and writing block on purpose: one request is never overtaken, and it
// is the fastest way.

import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { inspect } from "node:util";

const major = process.argv[2];
if (!["3", "4", "5"].includes(major)) {
  throw new Error("usage: schema_decoder.mjs 3|4|5");
}
const require = createRequire(import.meta.url);
const folder = process.env.NEXUS_NODE_MODULES;
const name = `schema${major}`;
const schema = require(folder ? path.resolve(folder, name) : name);

/** @type {Map<number, any>} */
const decoders = new Map();

/** What callbacks of a session heard. @type {Map<number, any[]>} */
const heard = new Map();

// The decoder reports a broken stream on the console and carries on, so whatever it
// prints while it works makes the request fail. Only the words are kept: what it prints
// beside them is a whole state.
let printed = [];
const record = (...parts) => {
  const words = parts.map((part) =>
    part instanceof Error ? part.message
      : typeof part === "object" ? inspect(part, { depth: 0, breakLength: Infinity }).slice(0, 200)
      : String(part),
  );
  printed.push(words.join(" "));
};
console.log = console.info = console.debug = console.warn = console.error = record;

function decoderOf(session) {
  const decoder = decoders.get(session);
  if (decoder === undefined) throw new Error(`unknown session ${session}`);
  return decoder;
}

// JSON.stringify would lose NaN, -0, bigint and a field that is called "__proto__".
function render(value) {
  switch (typeof value) {
    case "undefined": return '{"$undefined":true}';
    case "string": return JSON.stringify(value);
    case "boolean": return String(value);
    case "bigint": return `{"$int":"${value}"}`;
    case "number":
      if (Number.isNaN(value)) return '{"$float":"nan"}';
      if (!Number.isFinite(value)) return `{"$float":"${value > 0 ? "inf" : "-inf"}"}`;
      if (Object.is(value, -0)) return '{"$float":"-0"}';
      // Digits past 2^53 are rounded; the exponent makes a reader take it for the double.
      return Number.isInteger(value) && !Number.isSafeInteger(value)
        ? value.toExponential()
        : String(value);
    case "object": return value === null ? "null" : renderObject(value);
    default: return `{"$unexpected":${JSON.stringify(typeof value)}}`;
  }
}

function renderObject(value) {
  if (value instanceof schema.ArraySchema) {
    return `[${Array.from({ length: value.length }, (_, i) => render(value[i])).join()}]`;
  }
  if (value instanceof schema.MapSchema) {
    const pairs = [];
    value.forEach((item, key) => pairs.push(`[${render(key)},${render(item)}]`));
    return `{"$map":[${pairs.join()}]}`;
  }
  if (value instanceof schema.SetSchema || value instanceof schema.CollectionSchema) {
    const items = [];
    value.forEach((item) => items.push(render(item)));
    const kind = value instanceof schema.SetSchema ? "$set" : "$collection";
    return `{"${kind}":[${items.join()}]}`;
  }
  const fields = [];
  const metadata = value.constructor[Symbol.metadata] ?? {};
  for (let index = 0; metadata[index] !== undefined; index++) {
    const name = metadata[index].name;
    // Not value[name]: a name such as "constructor" is found on the prototype too.
    const item = Object.hasOwn(value, name) ? value[name] : undefined;
    if (item !== undefined) fields.push(`${JSON.stringify(name)}:${render(item)}`);
  }
  return `{${fields.join()}}`;
}

const verbs = [
  function handshake(session, bytes) {
    decoders.set(session, schema.Reflection.decode(bytes, { offset: 0 }));
    return "null";
  },
  function decode(session, bytes) {
    decoderOf(session).decode(bytes, { offset: 0 });
    return "null";
  },
  // What ROOM_STATE does in the SDK. Only 0.18 reconciles, and not on the first state.
  function resync(session, bytes) {
    const decoder = decoderOf(session);
    if (decoder.root.refs.size > 1 && typeof decoder.decodeResync === "function") {
      decoder.decodeResync(bytes, { offset: 0 });
    } else {
      decoder.decode(bytes, { offset: 0 });
    }
    return "null";
  },
  function dump(session) {
    return render(decoderOf(session).state);
  },
  function refs(session) {
    return String(decoderOf(session).root.refs.size);
  },
  function drop(session) {
    heard.delete(session);
    return String(decoders.delete(session));
  },
  // A game that registers callbacks makes the decoder collect its changes: other paths.
  function watch(session) {
    decoderOf(session).triggerChanges = () => {};
    return "null";
  },
  // What a game does with the callbacks of its SDK; the payload names maps of the root.
  function listen(session, bytes) {
    const decoder = decoderOf(session);
    const events = [];
    heard.set(session, events);
    const of = schema.getDecoderStateCallbacks(decoder);
    for (const map of JSON.parse(Buffer.from(bytes).toString("utf8"))) {
      of(decoder.state)[map].onAdd((item, key) => {
        events.push([map, "add", key]);
        of(item).onChange(() => events.push([map, "change", key]));
      });
      of(decoder.state)[map].onRemove((item, key) => events.push([map, "remove", key]));
    }
    return "null";
  },
  function events(session) {
    return JSON.stringify(heard.get(session).splice(0));
  },
];

function answer(verb, session, bytes) {
  printed = [];
  let text = "null";
  let failed = false;
  try {
    text = verbs[verb](session, bytes);
  } catch (error) {
    printed.push(`${error?.name}: ${error?.message}`);
  }
  if (printed.length > 0) {
    failed = true;
    text = JSON.stringify(printed.join("; "));
  }
  const body = Buffer.from(text, "utf8");
  const head = Buffer.alloc(5);
  head.writeUInt8(failed ? 1 : 0, 0);
  head.writeUInt32LE(body.length, 1);
  return [head, body];
}

function answerAll(batch) {
  const parts = [Buffer.alloc(4)];
  let offset = 0;
  while (offset < batch.length) {
    const verb = batch.readUInt8(offset);
    const session = batch.readUInt32LE(offset + 1);
    const size = batch.readUInt32LE(offset + 5);
    offset += 9;
    // A copy in a plain Uint8Array of its own, which is what the SDK's socket hands over.
    parts.push(...answer(verb, session, new Uint8Array(batch.subarray(offset, offset + size))));
    offset += size;
  }
  const answers = Buffer.concat(parts);
  answers.writeUInt32LE(answers.length - 4, 0);
  return answers;
}

/** Fills the buffer from stdin; false when stdin has ended. */
function read(buffer) {
  let filled = 0;
  while (filled < buffer.length) {
    const count = fs.readSync(0, buffer, filled, buffer.length - filled, null);
    if (count === 0) return false;
    filled += count;
  }
  return true;
}

function write(buffer) {
  let written = 0;
  while (written < buffer.length) {
    written += fs.writeSync(1, buffer, written, buffer.length - written);
  }
}

const size = Buffer.alloc(4);
while (read(size)) {
  const batch = Buffer.alloc(size.readUInt32LE(0));
  if (!read(batch)) break;
  write(answerAll(batch));
}
