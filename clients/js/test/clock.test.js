import assert from "node:assert/strict";
import fs from "node:fs";
import { test } from "node:test";

import { makeClock } from "../src/clock.js";

const vector = JSON.parse(fs.readFileSync(new URL("../../../tests/vectors/client/clock.json", import.meta.url), "utf8"));

test("there are cases", () => assert.ok(vector.cases.length > 10));

for (const { note, steps } of vector.cases) {
  test(`clock: ${note}`, () => {
    const clock = makeClock();
    steps.forEach((/** @type {any[]} */ [verb, ...values], /** @type {number} */ i) => {
      if (verb === "sample") clock.sample(values[0], values[1], values[2]);
      else if (verb === "now") assert.equal(clock.now(values[0]), values[1], `step ${i}`);
      else assert.fail(`no step is called ${verb}`);
    });
  });
}
