import assert from "node:assert/strict";
import { test } from "node:test";

import { makeEmitter } from "../src/emitter.js";

test("listeners are called in order until they are ended", () => {
  const emitter = makeEmitter();
  /** @type {any[]} */
  const heard = [];
  const listener = (/** @type {any} */ event) => heard.push(event);
  const off = emitter.on("a", listener);
  emitter.on("a", listener);
  emitter.on("b", listener);
  emitter.emit("a", 1);
  off();
  off();
  emitter.emit("a", 2);
  assert.deepEqual(heard, [1, 1, 2]);
});

test("a listener that comes while others are called waits for the next time", () => {
  const emitter = makeEmitter();
  let calls = 0;
  emitter.on("a", () => emitter.on("a", () => calls++));
  emitter.emit("a", null);
  assert.equal(calls, 0);
  emitter.emit("a", null);
  assert.equal(calls, 1);
});

test("who wants to be called has a function", () => {
  assert.throws(() => makeEmitter().on("a", /** @type {any} */ (null)), TypeError);
});
