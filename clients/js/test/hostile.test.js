import assert from "node:assert/strict";
import { test } from "node:test";

import { PeerError, Replica } from "../src/index.js";
import * as game from "./support/game.js";
import { BOSS, CAROL, FINGERPRINT, GAME, LOG, OUTLINE, PAID, PLAYERS, PLAYER_CLASS, SCORES, TAGS, TEAM, patch, replica } from "./support/game.js";
import { fuzz } from "./support/fuzz.js";
import { bin, column, payload } from "./support/writer.js";

const players = [GAME, PLAYERS, 0];
const team = [GAME, TEAM, 0];
const log = [GAME, LOG, 0];
const tags = [GAME, TAGS, 0];

/** @type {Record<string, any[]>} */
const REFUSED = {
  "a class that is not there": [9, 1, 1, 1],
  "an operation that is not there": [-20, 0],
  "an operation that is no int": ["update"],
  "a mask without fields": [PLAYER_CLASS, 0, 1],
  "a bit without a field": [PLAYER_CLASS, 16, 1, 1],
  "an entity that is not there": [PLAYER_CLASS, 1, 9, 1.5],
  "an entity of another class": [PLAYER_CLASS, 1, 0, 1.5],
  "an entity of a class below": [...CAROL, -3, ...players, "c", 3, BOSS, 16, 3, true],
  "a column of too few bytes": [PLAYER_CLASS, 1, bin(0, 1, 2), bin(1, 2, 3, 4)],
  "a column of too many bytes": [PLAYER_CLASS, 2, bin(0, 1, 2), bin(1, 2, 3)],
  "an array for a type with a width": [PLAYER_CLASS, 1, bin(0, 1, 2), [1.5, 2.5]],
  "one value for two": [PLAYER_CLASS, 1, bin(0, 1, 2), 1.5],
  "nil where it may not be": [PLAYER_CLASS, 1, 1, null],
  "too few values in an array": [PLAYER_CLASS, 4, bin(0, 1, 2), ["a"]],
  "a value that the field does not hold": [PLAYER_CLASS, 4, 1, 5],
  "a missing item": [PLAYER_CLASS, 1, 1],
  "an endless run of ids": [-2, PLAYER_CLASS, 1, bin(0, 1, 255, 255, 255, 255, 255, 127)],
  "more entities than the payload pays for": [-1, PLAYER_CLASS, 8, bin(0, 10, 100)],
  "a second root": [-1, GAME, 63, 0, 1, ...PAID],
  "a container of another class": [-5, PLAYER_CLASS, SCORES, 0],
  "a container that is none": [-5, GAME, 5, 0],
  "a container of a field that is not there": [-5, GAME, 9, 0],
  "a map where a list is due": [-9, ...players, 0, 1],
  "a list where a map is due": [-3, ...log, "a", "b"],
  "a set where a list is due": [-11, ...tags, "a"],
  "an array without keys": [-4, ...players, []],
  "a key that is no str": [-4, ...players, 1],
  "a column without values": [-6, ...tags, []],
  "ids without ids": [-9, ...team, 0, bin()],
  "a position beyond the end": [-9, ...log, 1, "a"],
  "a position below zero": [-9, ...log, -1, "a"],
  "replacing what is not there": [-8, ...log, 0, "a"],
  "erasing what is not there": [-10, ...log, 0, 1],
  "erasing nothing": [-10, ...log, 0, 0],
  "moving what is not there": [-13, ...log, 0, 0],
  "an entity at two places": [-9, ...team, 0, 1],
  "an entity twice in one column": [...CAROL, -9, ...team, 0, [3, 3], ...PAID],
  "the root below itself": [-9, ...team, 0, 0],
  "an entity that is not there in a map": [-3, ...players, "zoe", 9],
  "nil in a container of entities": [-3, ...players, "zoe", null],
  "a nested array": [-9, ...log, 0, [["a"]]],
  "an owner that is no str": [-12, 1, 5],
};

for (const [what, items] of Object.entries(REFUSED)) {
  test(`${what} is refused, and a snapshot mends it`, () => {
    const made = replica();
    assert.throws(() => patch(made, ...items), PeerError);
    assert.throws(() => made.applyPatch(payload(0)), PeerError);
    made.applySnapshot(game.snapshot());
    assert.deepEqual([made.size, made.state.players.get("ann").name, made.inStep], [3, "Ann", true]);
  });
}

test("a check that is none is refused", () => {
  for (const items of [[128], [-1], ["0"], [], [64], [64, 0], [64, -1], [64, 2n ** 53n - 1n], [1]]) {
    const made = replica();
    if (items.length === 2 && items[1] === 2n ** 53n - 1n) made.applyPatch(payload(0, GAME, 32, 0, 5));
    assert.throws(() => made.applyPatch(payload(...items)), PeerError, String(items));
  }
});

/** Classes in which an entity holds another of its own class. */
const NESTED = game.outline([["Root", -1, [["top", 0, 1, 1]]], ["Link", -1, [["next", 0, 1, 1], ["all", 1, 0, 1]]]]);

/** @param {any[]} more */
function nested(...more) {
  const made = new Replica(NESTED);
  made.applySnapshot(payload(0, FINGERPRINT, -1, 0, 1, 0, ...more, ...Array(600).fill(null)));
  return made;
}

test("an entity below itself is refused", () => {
  for (const items of [[1, 1, 1, 1], [1, 1, 1, 2, 1, 1, 2, 1], [-3, 1, 1, 1, "a", 2, -3, 1, 1, 2, "b", 1]]) {
    const made = nested(-1, 1, 3, bin(0, 1, 2));
    assert.throws(() => patch(made, -1, 1, 3, bin(0, 1, 2), ...items, ...PAID), /below itself/);
  }
});

test("entities stand no deeper than 64", () => {
  const chain = (/** @type {number} */ depth) => [
    -1, 1, 3, bin(0, 1, depth), 0, 1, 0, 1, ...Array.from({ length: depth - 1 }, (_, i) => [1, 1, i + 1, i + 2]).flat(),
  ];
  assert.equal(nested(...chain(63)).size, 64);
  assert.throws(() => nested(...chain(64)), /deep/);
  // Nor while a payload is applied that is refused.
  const made = nested();
  assert.throws(() => patch(made, ...chain(100), ...Array(600).fill(null)), /deep/);
  let depth = 0;
  for (let { state: link } = made; link; link = link.top ?? link.next) depth++;
  assert.equal(depth, 64);
});

test("the weight of all entities of a payload counts", () => {
  const made = replica();
  const creates = Array.from({ length: 10 }, (_, i) => [-1, PLAYER_CLASS, 8, 10 + i]).flat();
  const bytes = payload(0, ...creates).length;
  assert.ok(bytes < 60);
  assert.throws(() => patch(made, ...creates), /pays for/);
  made.applySnapshot(game.snapshot());
  patch(made, ...creates, ...Array(60 - bytes).fill(null));
  assert.equal(made.size, 3);
});

test("a payload names no more ids in bins than it has bytes", () => {
  const made = replica();
  const many = [-1, PLAYER_CLASS, 8, bin(0, 10, 50), -9, ...team, 0, bin(0, 10, 50), ...Array(400).fill(null)];
  patch(made, ...many);
  assert.equal(made.size, 53);
  assert.throws(() => patch(made, -2, PLAYER_CLASS, 1, bin(0, 10, 50)), /pays for/);
  assert.ok(made.effort.values <= made.effort.bytes);
  made.applySnapshot(game.snapshot());
  patch(made, ...many);
  patch(made, -2, PLAYER_CLASS, 1, bin(0, 10, 50), ...Array(41).fill(null));
  assert.equal(made.state.team[49].x, undefined);
});

test("nonsense is refused or applied, and nothing else happens", () => {
  const samples = [
    payload(0, PLAYER_CLASS, 3, bin(0, 1, 2), column(Float32Array.of(7, 8)), [null, 50], GAME, 32, 0, 2),
    payload(0, ...CAROL, -3, ...players, "carol", 3, -3, PLAYER_CLASS, SCORES, 3, "today", 12, null, null, null),
    payload(0, -4, ...players, "ann", -9, ...team, 0, bin(1, 1), -9, ...log, 0, ["a", "b"], -6, ...tags, ["t", "u"]),
    payload(0, -9, ...log, 0, ["a", "b", "c"], -8, ...log, bin(0, 0, 2), ["x", "y"], -13, ...log, 0, 2, -10, ...log, 0, 1, -11, ...log, ["q"]),
    payload(0, -2, PLAYER_CLASS, 9, bin(0, 1, 2), -2, GAME, 1, 0, GAME, 1, 0, -5, ...players),
    payload(64, 9, -1, BOSS, 31, 5, 1.5, 2, "Boss", true, GAME, 2, 0, 5, null, null),
    OUTLINE,
  ];
  const made = fuzz(OUTLINE, game.snapshot(), samples, 7, 20000);
  assert.ok(made.accepted > 200 && made.refused > 1000 && made.calls > 200, JSON.stringify(made));
});
