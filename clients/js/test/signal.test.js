// Listeners of the SDK's emitters: none is in the way of another.

import assert from "node:assert/strict";
import { test } from "node:test";

import { callApart } from "../src/signal.js";

test("a listener that takes itself off skips nobody", () => {
  const heard = [];
  const listeners = [];
  const emitter = { events: { note: listeners }, emit: null };
  callApart(emitter);
  const once = () => {
    heard.push("once");
    listeners.splice(listeners.indexOf(once), 1);
  };
  listeners.push(once, (value) => heard.push(value));

  emitter.emit("note", 7);
  emitter.emit("note", 8);
  emitter.emit("nothing");

  assert.deepEqual(heard, ["once", 7, 8]);
});
