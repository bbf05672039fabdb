import assert from "node:assert/strict";
import { test } from "node:test";

import { readIds } from "../src/ids.js";
import { PeerError } from "../src/index.js";
import { Reader } from "../src/reader.js";
import { bin, payload } from "./support/writer.js";

/** @param {any} item */
function read(item) {
  /** @type {number[]} */
  const ids = [];
  const count = readIds(new Reader(payload(item, ...Array(20).fill(null))), ids);
  return ids.slice(0, count);
}

test("an int is one id", () => {
  assert.deepEqual(read(7), [7]);
  assert.deepEqual(read(2n ** 53n - 1n), [2 ** 53 - 1]);
  assert.throws(() => read(-1), PeerError);
  assert.throws(() => read(2n ** 53n), PeerError);
});

test("a run is ids one after the other", () => {
  assert.deepEqual(read(bin(0, 5, 3)), [5, 6, 7]);
  assert.deepEqual(read(bin(0, 0xac, 2, 1)), [300]);
});

test("gaps lie between ids", () => {
  assert.deepEqual(read(bin(1, 5)), [5]);
  assert.deepEqual(read(bin(1, 5, 0, 3, 0x80, 1)), [5, 6, 10, 139]);
});

test("bits are ids from the first on", () => {
  assert.deepEqual(read(bin(2, 10, 0b10000101, 0b1)), [10, 12, 17, 18]);
});

test("an id may be as large as they get", () => {
  const large = [255, 255, 255, 255, 255, 255, 255, 15];
  assert.deepEqual(read(bin(0, ...large, 1)), [2 ** 53 - 1]);
  assert.throws(() => read(bin(0, ...large, 2)), PeerError);
  assert.throws(() => read(bin(1, ...large, 0)), PeerError);
  assert.throws(() => read(bin(2, ...large, 3)), PeerError);
  assert.throws(() => read(bin(1, 255, 255, 255, 255, 255, 255, 255, 16)), PeerError);
});

test("what is no ids is refused", () => {
  const wrong = [
    [], [0], [0, 1], [0, 1, 0], [0, 1, 2, 3], [1], [1, 0x80], [1, 1, 0x80], [2], [2, 1], [2, 1, 0], [2, 1, 2], [3, 1],
    [0, 128, 128, 128, 128, 128, 128, 128, 128, 1, 1],
  ];
  for (const bytes of wrong) assert.throws(() => read(bin(...bytes)), PeerError, String(bytes));
  assert.throws(() => read("1"), PeerError);
});

test("an endless run is refused before it is unrolled", () => {
  assert.throws(() => read(bin(0, 1, 255, 255, 255, 255, 255, 127)), /pays for/);
});
