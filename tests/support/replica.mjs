// Hosts JavaScript replicas for the tests: `node replica.mjs`.
//
// The frames are those of schema_decoder.mjs; all integers are little endian.
//
//   batch    uint32 size, then requests up to that size
//   request  uint8 verb, uint32 session, uint32 size, bytes
//   answer   uint8 failed, uint32 size, JSON
//
//   verb  name      bytes                          answer
//   0     outline   an outline                     null; a new session, or one's next outline
//   1     snapshot  a snapshot                     null
//   2     patch     a patch                        null
//   3     dump                                     the state, or null before the first
//   4     count                                    how many entities are in the table
//   5     drop                                     whether the session was there
//   6     listen    JSON [[event, pattern], ...]   null
//   7     events                                   what was called since the last time
//   8     fuzz      JSON, see below                {"accepted": n, "refused": n, ...}
//   9     version                                  the version, -1 before the first
//
// An event is [event, [value, path]], or ["changed", [value, previous, path]]. To fuzz takes
// {"outline", "snapshot", "samples": [...], "seed", "count"}, bytes as hex; no session.
//
// A failed answer is a str that begins with the name of the error: "PeerError: ...".
// Reading and writing block on purpose: one request is never overtaken.

import fs from "node:fs";

import { Replica } from "../../clients/js/src/index.js";
import { fuzz } from "../../clients/js/test/support/fuzz.js";
import { render } from "../../clients/js/test/support/render.js";

/** @type {Map<number, {replica: Replica, events: any[]}>} */
const sessions = new Map();

function sessionOf(session) {
  const found = sessions.get(session);
  if (found === undefined) throw new Error(`unknown session ${session}`);
  return found;
}

const METHODS = { added: "onAdd", changed: "onChange", removed: "onRemove" };

const verbs = [
  function outline(session, bytes) {
    const known = sessions.get(session);
    if (known !== undefined) known.replica.setOutline(bytes);
    else sessions.set(session, { replica: new Replica(bytes), events: [] });
    return "null";
  },
  function snapshot(session, bytes) {
    sessionOf(session).replica.applySnapshot(bytes);
    return "null";
  },
  function patch(session, bytes) {
    sessionOf(session).replica.applyPatch(bytes);
    return "null";
  },
  function dump(session) {
    return render(sessionOf(session).replica.state ?? null);
  },
  function count(session) {
    return String(sessionOf(session).replica.size);
  },
  function drop(session) {
    return String(sessions.delete(session));
  },
  function listen(session, bytes) {
    const { replica, events } = sessionOf(session);
    for (const [event, pattern] of JSON.parse(Buffer.from(bytes).toString())) {
      // Rendered at once: what an entity holds may be another thing later.
      replica[METHODS[event]](pattern, (...values) => {
        // JSON has no undefined: an absent field is told as null, as in Python.
        const said = values.map((value) => (value === undefined ? null : value));
        events.push(`[${JSON.stringify(event)},${render(said)}]`);
      });
    }
    return "null";
  },
  function events(session) {
    return `[${sessionOf(session).events.splice(0).join()}]`;
  },
  function fuzzing(_session, bytes) {
    const { outline, snapshot, samples, seed, count } = JSON.parse(Buffer.from(bytes).toString());
    const parse = (hex) => new Uint8Array(Buffer.from(hex, "hex"));
    return JSON.stringify(fuzz(parse(outline), parse(snapshot), samples.map(parse), seed, count));
  },
  function version(session) {
    return String(sessionOf(session).replica.version);
  },
];

function answer(verb, session, bytes) {
  let text;
  let failed = 0;
  try {
    text = verbs[verb](session, bytes);
  } catch (error) {
    failed = 1;
    text = JSON.stringify(`${error?.name}: ${error?.message}`);
  }
  const body = Buffer.from(text, "utf8");
  const head = Buffer.alloc(5);
  head.writeUInt8(failed, 0);
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
    // A copy in a plain Uint8Array of its own, which is what a socket hands over.
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
