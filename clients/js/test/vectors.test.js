import assert from "node:assert/strict";
import fs from "node:fs";
import { test } from "node:test";

import { Replica } from "../src/index.js";
import { render } from "./support/render.js";

const FOLDER = new URL("../../../tests/vectors/nexus/", import.meta.url);
const files = fs.existsSync(FOLDER) ? fs.readdirSync(FOLDER).filter((name) => name.endsWith(".json")) : null;

/** @param {string} hex */
const parse = (hex) => new Uint8Array(Buffer.from(hex, "hex"));

/**
 * A set has no order that could be compared.
 * @param {any} value
 * @returns {any}
 */
function settle(value) {
  if (Array.isArray(value)) return value.map(settle);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, item]) => [name, settle(item)]);
  if (Array.isArray(value.$set)) entries[0][1].sort((/** @type {any} */ a, /** @type {any} */ b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  return Object.fromEntries(entries);
}

/** @param {Replica} replica */
const shown = (replica) => settle(JSON.parse(render(replica.state)));

/**
 * @param {Replica} replica
 * @param {any} step
 */
function apply(replica, step) {
  if (step.outline !== undefined) replica.setOutline(parse(step.outline));
  if (step.snapshot !== undefined) replica.applySnapshot(parse(step.snapshot));
  if (step.patch !== undefined) replica.applyPatch(parse(step.patch));
}

test("there are golden bytes", { skip: files === null && "no folder" }, () => {
  assert.notEqual(files?.length, 0);
});

for (const name of files ?? []) {
  const vector = JSON.parse(fs.readFileSync(new URL(name, FOLDER), "utf8"));

  test(`${name}: ${vector.description}`, () => {
    const replica = new Replica(parse(vector.outline));
    for (const step of vector.steps) {
      apply(replica, step);
      if (step.state !== undefined) assert.deepEqual(shown(replica), settle(step.state), step.note);
    }
  });

  if (vector.merged !== undefined) {
    test(`${name}: its patches merged into one`, () => {
      const replica = new Replica(parse(vector.outline));
      apply(replica, vector.steps[0]);
      replica.applyPatch(parse(vector.merged));
      assert.deepEqual(shown(replica), settle(vector.steps.at(-1).state));
    });
  }
}
