import assert from "node:assert/strict";
import { test } from "node:test";

import { Status } from "../src/status.js";
import { StatusWidget, defineWidget } from "../src/widget.js";

const ATTEMPT = { attempt: 3, maxRetries: 15, delay: 2000 };

/**
 * @param {any} level
 * @param {number | null} latency
 */
const rating = (level, latency, loss = 0) => ({ level, latency, loss });

/**
 * What is seen, what is read aloud, and what is said to who asks.
 * @param {Status} status
 */
function texts(status, now = 0) {
  const { level, value, word, spoken, title } = status.at(now);
  return [level, value, word, spoken, title];
}

const CONNECTING = ["unknown", "connecting", "", "connecting", "no answer came yet"];
const LOST = ["the connection was lost", "the connection was lost"];

test("without a room, and before the first answer, it connects", () => {
  assert.deepEqual(texts(new Status()), CONNECTING);
  assert.deepEqual(texts(new Status(null)), CONNECTING);
  assert.deepEqual(texts(new Status(rating("unknown", null, 1))), CONNECTING);
});

test("the latency is shown with a word, and the loss to who asks", () => {
  const status = new Status(rating("excellent", 41.6));
  assert.deepEqual(texts(status), ["excellent", "42 ms", "excellent", "connection excellent", "latency 42 ms, 0 % of pings lost"]);
  status.rated(rating("poor", 950, 0.256));
  assert.deepEqual(texts(status), ["poor", "950 ms", "poor", "connection poor", "latency 950 ms, 26 % of pings lost"]);
  assert.equal(status.at(0).next, null);
});

test("what is read aloud changes with the level alone", () => {
  const status = new Status(rating("good", 120));
  const { spoken } = status.at(0);
  status.rated(rating("good", 180, 0.1));
  assert.equal(status.at(2000).spoken, spoken);
  status.rated(rating("fair", 220));
  assert.notEqual(status.at(4000).spoken, spoken);
});

test("a lost connection is offline, whatever was measured last", () => {
  const status = new Status(rating("good", 120));
  status.dropped();
  assert.deepEqual(texts(status), ["offline", "offline", "", ...LOST]);
  status.rated(rating("offline", 120));
  assert.deepEqual(texts(status), ["offline", "offline", "", ...LOST]);
  assert.deepEqual(texts(new Status(rating("offline", 120))), ["offline", "offline", "", ...LOST]);
});

test("the seconds to the next attempt are counted down, and read aloud once", () => {
  const status = new Status(rating("good", 120));
  status.dropped();
  status.waits(ATTEMPT, 10_000);
  /** @type {any[]} */
  const seen = [];
  for (/** @type {number | null} */ let now = 10_000; now !== null; ) {
    const { value, spoken, next } = status.at(now);
    seen.push([now, value]);
    assert.equal(spoken, LOST[0]);
    now = next;
  }
  assert.deepEqual(seen, [[10_000, "retry 3/15 in 2 s"], [11_000, "retry 3/15 in 1 s"], [12_000, "retry 3/15"]]);
});

test("a wait of less than a second is one second", () => {
  const status = new Status();
  status.waits({ ...ATTEMPT, delay: 130.5 }, 0);
  const { value, next } = status.at(0);
  assert.deepEqual([value, next], ["retry 3/15 in 1 s", 130.5]);
});

test("back again, it shows the latency again", () => {
  const status = new Status(rating("good", 120));
  status.dropped();
  status.waits(ATTEMPT, 0);
  status.returned(rating("good", 120));
  assert.deepEqual(texts(status).slice(0, 3), ["good", "120 ms", "good"]);
  status.returned(rating("offline", 120));
  assert.deepEqual(texts(status), CONNECTING);
});

test("the next loss begins without a countdown", () => {
  const status = new Status(rating("good", 120));
  status.waits(ATTEMPT, 0);
  status.returned(rating("good", 120));
  status.dropped();
  assert.equal(status.at(0).value, "offline");
});

test("a room that was left stays left, and one that could not be restored says so", () => {
  const [left, failed] = [new Status(rating("good", 120)), new Status(rating("good", 120))];
  left.left();
  failed.dropped();
  failed.failed();
  failed.left();
  left.rated(rating("excellent", 10));
  assert.deepEqual(texts(left), ["offline", "left", "", "the room was left", "the room was left"]);
  const told = "the connection could not be restored";
  assert.deepEqual(texts(failed), ["offline", "offline", "", told, told]);
});

test("without a page the widget is a class, and cannot be defined", () => {
  assert.equal(typeof StatusWidget, "function");
  assert.throws(() => defineWidget(), /needs a page/);
});
