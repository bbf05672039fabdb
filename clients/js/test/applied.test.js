import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { makeApplied } from "../src/applied.js";

/**
 * Runs a test with timers of its own; they begin at 1000 ms.
 * @param {string} name
 * @param {(applied: ReturnType<typeof makeApplied>, told: number[], pass: (ms: number) => void) => void} play
 */
function timed(name, play) {
  test(name, () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      /** @type {number[]} */
      const told = [];
      let now = 1000;
      const applied = makeApplied(() => now, (version) => told.push(version));
      play(applied, told, (ms) => {
        now += ms;
        mock.timers.tick(ms);
      });
    } finally {
      mock.timers.reset();
    }
  });
}

timed("the first version is told at once, and only once", (applied, told, pass) => {
  applied.note(3, 100);
  assert.deepEqual(told, [3]);

  pass(5000);
  assert.deepEqual(told, [3]);
});

timed("within a fifth of a second only the newest is told", (applied, told, pass) => {
  applied.note(1, 10);
  for (const version of [2, 3, 4]) applied.note(version, 10);

  pass(199);
  assert.deepEqual(told, [1]);
  pass(1);
  assert.deepEqual(told, [1, 4]);
});

timed("when much came it is told at once", (applied, told, pass) => {
  applied.note(1, 10);
  applied.note(2, 16000);
  assert.deepEqual(told, [1]);
  applied.note(3, 384);
  assert.deepEqual(told, [1, 3]);

  pass(1000);
  assert.deepEqual(told, [1, 3]);
});

timed("what came by a socket that is gone is not told", (applied, told, pass) => {
  applied.note(1, 10);
  applied.note(2, 10);

  applied.stop();

  pass(1000);
  assert.deepEqual(told, [1]);
});

timed("a version of 0 says nothing", (applied, told) => {
  applied.note(0, 10);
  assert.deepEqual(told, []);
});

test("nobody waits longer than the interval when the clock is set back", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    /** @type {number[]} */
    const told = [];
    let now = 100_000;
    const applied = makeApplied(() => now, (version) => told.push(version));
    applied.note(1, 10);
    now = 0;
    applied.note(2, 10);

    mock.timers.tick(200);
    assert.deepEqual(told, [1, 2]);
  } finally {
    mock.timers.reset();
  }
});
