import assert from "node:assert/strict";
import fs from "node:fs";
import { test } from "node:test";

import { makeCommands } from "../src/commands.js";

const vector = JSON.parse(fs.readFileSync(new URL("../../../tests/vectors/client/commands.json", import.meta.url), "utf8"));

/** Some commands, and what was taken in: what is kept shows in what is drained in the end. */
class Play {
  commands = makeCommands();
  /** @type {import("../src/commands.js").Command[]} */
  added = [];

  /** @type {Record<string, (...values: any[]) => void>} */
  verbs = {
    open: () => this.commands.open(),
    close: () => this.commands.close(),
    add: (body, size, times) => {
      for (let i = 0; i < (times ?? 1); i++) {
        const command = this.commands.add(times === undefined ? body : body + i, size);
        assert.ok(command !== null);
        this.added.push(command);
      }
    },
    full: (body, size) => {
      const before = [this.commands.size, this.commands.bytes];
      assert.equal(this.commands.add(body, size), null);
      assert.deepEqual([this.commands.size, this.commands.bytes], before);
    },
    count: (id) => this.commands.count(id),
    take: (now, wanted, wait) => {
      assert.deepEqual(this.commands.take(now).map(({ id, body }) => [id, body]), wanted);
      assert.equal(this.commands.wait(now), wait);
    },
    many: (now, first, last, wait) => {
      const wanted = Array.from({ length: last - first + 1 }, (_, i) => first + i);
      assert.deepEqual(this.commands.take(now).map(({ id }) => id), wanted);
      assert.equal(this.commands.wait(now), wait);
    },
    answer: (id, body) => assert.equal(this.commands.answer(id)?.body ?? null, body),
    forget: (body) => void this.commands.remove(this.added.find((command) => command.body === body)),
    kept: (bodies, bytes) => assert.deepEqual([this.commands.size, this.commands.bytes], [bodies.length, bytes]),
    drain: (bodies) => assert.deepEqual(this.commands.drain().map(({ body }) => body), bodies),
  };
}

test("there are cases, and each verb is explained", () => {
  const used = new Set(vector.cases.flatMap((/** @type {any} */ { steps }) => steps.map((/** @type {any} */ [verb]) => verb)));
  assert.ok(vector.cases.length > 10);
  assert.deepEqual([...used].sort(), Object.keys(vector.steps).sort());
});

for (const { note, steps } of vector.cases) {
  test(`commands: ${note}`, () => {
    const { verbs } = new Play();
    for (const [verb, ...values] of steps) verbs[verb](...values);
  });
}
