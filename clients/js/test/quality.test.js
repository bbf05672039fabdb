import assert from "node:assert/strict";
import fs from "node:fs";
import { test } from "node:test";

import { makeQuality } from "../src/quality.js";

const vector = JSON.parse(fs.readFileSync(new URL("../../../tests/vectors/client/quality.json", import.meta.url), "utf8"));

test("there are cases", () => assert.ok(vector.cases.length > 20));

for (const { note, steps } of vector.cases) {
  test(`quality: ${note}`, () => {
    const quality = makeQuality();
    steps.forEach((/** @type {any[]} */ [verb, ...values], /** @type {number} */ i) => {
      const at = `step ${i}`;
      if (verb === "sent") quality.sent(values[0], values[1]);
      else if (verb === "answered") assert.equal(quality.answered(values[0], values[1]), values[2], at);
      else if (verb === "lost") quality.lost();
      else if (verb === "returned") quality.returned();
      else if (verb === "quality") {
        const [now, level, latency, loss] = values;
        assert.deepEqual(quality.at(now), { level, latency, loss }, at);
      } else assert.fail(`no step is called ${verb}`);
    });
  });
}
