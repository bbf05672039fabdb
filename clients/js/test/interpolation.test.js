import assert from "node:assert/strict";
import fs from "node:fs";
import { test } from "node:test";
import v8 from "node:v8";
import vm from "node:vm";

import { Interpolation } from "../src/interpolation.js";

const vector = JSON.parse(fs.readFileSync(new URL("../../../tests/vectors/client/interpolation.json", import.meta.url), "utf8"));

/**
 * A room whose state is given, and that has as many listeners as there are.
 * @param {any} [state]
 */
function room(state) {
  /** @type {Set<() => void>} */
  const listeners = new Set();
  const onStateChange = Object.assign((/** @type {() => void} */ callback) => listeners.add(callback), {
    remove: (/** @type {() => void} */ callback) => listeners.delete(callback),
  });
  return { state, onStateChange, listeners, patched: () => listeners.forEach((callback) => callback()) };
}

test("there are cases", () => assert.ok(vector.cases.length > 20));

for (const { note, options, steps } of vector.cases) {
  test(`interpolation: ${note}`, () => {
    const { wrap, ...rest } = options;
    let time = 0;
    /** @type {Record<string, any>} */
    const ann = { x: 0 };
    const made = room();
    const drawn = new Interpolation(made, { ...rest, now: () => time }).track("players.*", ["x"], { wrap });
    steps.forEach((/** @type {any[]} */ [verb, now, value], /** @type {number} */ i) => {
      time = now;
      if (verb === "patch") {
        ann.x = value;
        made.state = { players: new Map([["ann", ann]]) };
        made.patched();
      } else if (verb === "drawn") assert.equal(drawn.get(ann, "x"), value, `step ${i}`);
      else assert.fail(`no step is called ${verb}`);
    });
  });
}

/**
 * Moves everything that a pattern leads to from 0 to 10, and tells what is drawn between.
 * @param {any} state
 * @param {any[]} all entities in it
 * @param {any} pattern
 */
function half(state, all, pattern) {
  let time = 1000;
  const made = room(state);
  const drawn = new Interpolation(made, { now: () => time }).track(pattern, ["x"]);
  for (const entity of all) entity.x = 10;
  time = 1050;
  made.patched();
  return all.map((entity) => drawn.get(entity, "x", 1125));
}

test("a pattern leads through entities, maps, lists and sets", () => {
  const unit = () => ({ x: 0 });
  for (const hold of [(/** @type {any} */ item) => new Map([["a", item]]), (/** @type {any} */ item) => [item], (/** @type {any} */ item) => new Set([item])]) {
    const ann = unit();
    assert.deepEqual(half({ players: hold(ann) }, [ann], "players.*"), [5]);
  }
  const [one, two, pet] = [unit(), unit(), unit()];
  const state = { leader: one, teams: new Map([[7, { members: [two], pet }]]), tags: new Map([["a", 1]]), day: new Date(0) };
  const all = [one, two, pet];
  assert.deepEqual(half(structuredClone(state), all, "leader"), [10, 10, 10], "other objects are not tracked");
  for (const entity of all) entity.x = 0;
  assert.deepEqual(half(state, all, "leader"), [5, 10, 10]);
  for (const entity of all) entity.x = 0;
  assert.deepEqual(half(state, all, ["teams", 7, "members", 0]), [10, 5, 10]);
  for (const entity of all) entity.x = 0;
  assert.deepEqual(half(state, all, "teams.*.pet"), [10, 10, 5]);
  for (const entity of all) entity.x = 0;
  assert.deepEqual(half(state, all, "*"), [5, 10, 10]);
  for (const entity of all) entity.x = 0;
  assert.deepEqual(half(state, all, "tags.*.x.y"), [10, 10, 10]);
  for (const entity of all) entity.x = 0;
  assert.deepEqual(half(undefined, all, "leader"), [10, 10, 10]);
});

test("each pattern has its own angle and jump", () => {
  let time = 0;
  const [ann, ball] = [{ x: 0, turn: 350 }, { x: 0 }];
  const made = room({ players: [ann], ball });
  const drawn = new Interpolation(made, { now: () => time, snap: 5 });
  drawn.track("players.*", ["x"]).track("players.*", ["turn"], { wrap: 360, snap: 90 }).track("ball", ["x"], { snap: 100 });
  Object.assign(ann, { x: 10, turn: 10 });
  ball.x = 10;
  time = 50;
  made.patched();
  assert.deepEqual([drawn.get(ann, "x", 125), drawn.get(ann, "turn", 125), drawn.get(ball, "x", 125)], [0, 0, 5]);
});

test("moving on never makes what is drawn jump, however patches come", () => {
  let time = 0;
  const ann = { x: 0 };
  const made = room({ ann });
  const drawn = new Interpolation(made, { now: () => time }).track("ann", ["x"]);
  let shown = 0;
  for (const rest of [50, 100, 60, 150, 50, 180, 101, 50, 199, 250, 1000, 99, 20, 30]) {
    for (const end = time + rest; time < end; time++) {
      const now = drawn.get(ann, "x");
      assert.ok(now - shown >= 0 && now - shown < 0.15, `${shown} to ${now} at ${time}`);
      shown = now;
    }
    ann.x += 1;
    made.patched();
  }
});

test("what was not tracked is refused, and an entity that no pattern leads to is as it is", () => {
  const ann = { x: 3, y: 4 };
  const drawn = new Interpolation(room({ players: [ann] })).track("players.*", ["x"]);
  assert.throws(() => drawn.get(ann, "y"), RangeError);
  assert.equal(drawn.get({ x: 9 }, "x"), 9);
});

test("closed, it listens no more and fields are what they are", () => {
  let time = 0;
  const ann = { x: 0 };
  const made = room({ ann });
  const drawn = new Interpolation(made, { now: () => time }).track("ann", ["x"]);
  ann.x = 10;
  time = 50;
  made.patched();
  assert.equal(drawn.get(ann, "x", 125), 5);
  drawn.close();
  assert.deepEqual([made.listeners.size, drawn.get(ann, "x", 125)], [0, 10]);
});

test("an entity that went is not held in memory", async () => {
  v8.setFlagsFromString("--expose-gc");
  const collect = vm.runInNewContext("gc");
  const made = room({ players: new Map([["ann", { x: 1 }]]) });
  const drawn = new Interpolation(made).track("players.*", ["x"]);
  const weak = new WeakRef(made.state.players.get("ann"));
  made.state.players.delete("ann");
  made.patched();
  await new Promise((resolve) => setTimeout(resolve));
  collect();
  assert.equal(weak.deref(), undefined);
  assert.equal(drawn.get({ x: 2 }, "x"), 2);
});

test("options that make no sense are refused", () => {
  const made = room({});
  for (const options of [{ delay: -1 }, { delay: NaN }, { snap: -1 }, { hold: -1 }]) {
    assert.throws(() => new Interpolation(made, options), RangeError);
  }
  const drawn = new Interpolation(made);
  for (const options of [{ wrap: 0 }, { wrap: -360 }, { wrap: NaN }, { snap: NaN }]) {
    assert.throws(() => drawn.track("a", ["x"], options), RangeError);
  }
  assert.throws(() => drawn.track("", ["x"]), TypeError);
  assert.throws(() => drawn.track([], ["x"]), TypeError);
  assert.throws(() => drawn.track("a", []), TypeError);
  assert.throws(() => drawn.track("a", /** @type {any} */ ("x")), TypeError);
});
