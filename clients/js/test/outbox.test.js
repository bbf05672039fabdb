import assert from "node:assert/strict";
import fs from "node:fs";
import { test } from "node:test";

import { PeerError } from "../src/errors.js";
import { OutboxFullError, makeOutbox } from "../src/outbox.js";

const vector = JSON.parse(fs.readFileSync(new URL("../../../tests/vectors/client/outbox.json", import.meta.url), "utf8"));
const LIMITS = { maxMessages: 1000, maxBytes: 2 ** 20 };

const plain = (/** @type {import("../src/outbox.js").Letter} */ { id, type, body }) => [id, type, body];

/** @type {Record<string, (outbox: import("../src/outbox.js").Outbox, ...values: any[]) => void>} */
const VERBS = {
  open: (outbox) => outbox.open(),
  close: (outbox) => outbox.close(),
  add: (outbox, type, body, bytes, times = 1) => {
    for (let i = 0; i < times; i++) outbox.add(type, body, bytes);
  },
  full: (outbox, type, body, bytes) => {
    const before = [outbox.size, outbox.bytes];
    assert.throws(() => outbox.add(type, body, bytes), OutboxFullError);
    assert.deepEqual([outbox.size, outbox.bytes], before);
  },
  ack: (outbox, id) => outbox.ack(id),
  refuse: (outbox, id, letter) => {
    const found = outbox.refuse(id);
    assert.deepEqual(found && plain(found), letter);
  },
  wrong: (outbox, verb, id) => {
    assert.throws(() => (verb === "ack" ? outbox.ack(id) : outbox.refuse(id)), PeerError);
  },
  take: (outbox, now, ids, wait) => {
    assert.deepEqual(outbox.take(now).map(({ id }) => id), ids);
    assert.equal(outbox.wait(now), wait);
  },
  drain: (outbox, letters) => assert.deepEqual(outbox.drain().map(plain), letters),
};

test("there are cases", () => assert.ok(vector.cases.length > 10));

for (const { note, limits, steps } of vector.cases) {
  test(`outbox: ${note}`, () => {
    const outbox = makeOutbox({ ...LIMITS, ...limits });
    for (const [verb, ...values] of steps) {
      // Which ones are kept shows in what is handed out later; here it is how many.
      if (verb === "kept") assert.deepEqual([outbox.size, outbox.bytes], [values[0].length, values[1]]);
      else VERBS[verb](outbox, ...values);
    }
  });
}

test("the error says how full it is", () => {
  const outbox = makeOutbox({ maxMessages: 1, maxBytes: 10 });
  outbox.add("a", null, 3);
  assert.throws(() => outbox.add("b", null, 3), { name: "OutboxFullError", message: "the outbox is full: 1 messages wait, of 3 bytes" });
});
