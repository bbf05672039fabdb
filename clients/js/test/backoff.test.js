import assert from "node:assert/strict";
import fs from "node:fs";
import { test } from "node:test";

import { delayOf } from "../src/backoff.js";

const vector = JSON.parse(fs.readFileSync(new URL("../../../tests/vectors/client/backoff.json", import.meta.url), "utf8"));

test("the wait before an attempt is that of the vectors", () => {
  assert.ok(vector.cases.length > 10);
  for (const [attempt, delay, maxDelay, random, wanted] of vector.cases) {
    const note = JSON.stringify([attempt, delay, maxDelay, random]);
    assert.equal(delayOf(attempt, { delay, maxDelay }, random), wanted, note);
  }
});
