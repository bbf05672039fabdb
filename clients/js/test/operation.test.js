import assert from "node:assert/strict";
import { test } from "node:test";

import { OutlineError, PeerError, Replica } from "../src/index.js";
import * as game from "./support/game.js";
import { BOSS, CAROL, FINGERPRINT, GAME, LOG, PAID, PLAYERS, PLAYER_CLASS, SCORES, TAGS, TEAM, patch, replica } from "./support/game.js";
import { bin, column, payload } from "./support/writer.js";

const players = [GAME, PLAYERS, 0];
const team = [GAME, TEAM, 0];
const log = [GAME, LOG, 0];
const tags = [GAME, TAGS, 0];

test("a snapshot is a whole state", () => {
  const { state, version, size } = replica();
  assert.deepEqual(Object.keys(state), ["players", "leader", "team", "log", "tags", "round"]);
  assert.deepEqual([...state.players.keys()], ["ann", "bob"]);
  assert.deepEqual({ ...state.players.get("bob") }, { x: 2.5, hp: 90, name: "Bob", scores: new Map() });
  assert.deepEqual([state.leader, state.team, state.log, state.tags, state.round], [null, [], [], new Set(), 1]);
  assert.deepEqual([version, size], [0, 3]);
});

test("an update changes the fields of its mask", () => {
  const made = replica();
  patch(made, PLAYER_CLASS, 3, bin(0, 1, 2), column(Float32Array.of(7, 8)), [null, 50], GAME, 32, 0, 2);
  assert.deepEqual([...made.state.players.values()].map(({ x, hp }) => [x, hp]), [[7, null], [8, 50]]);
  assert.equal(made.state.round, 2);
  assert.equal(made.version, 1);
});

test("entities come, stand somewhere, and are forgotten with what is below them", () => {
  const made = replica();
  patch(made, ...CAROL, -3, ...players, "carol", 3, -3, PLAYER_CLASS, SCORES, 3, "today", 12, null, null, null);
  const carol = made.state.players.get("carol");
  assert.deepEqual({ ...carol }, { x: 3.5, hp: 80, name: "Carol", scores: new Map([["today", 12]]) });
  patch(made, -4, ...players, ["carol", "ann"]);
  assert.deepEqual([...made.state.players.keys()], ["bob"]);
  assert.equal(made.size, 2);
  assert.throws(() => patch(made, PLAYER_CLASS, 1, 3, 1.5), PeerError);
});

test("fields that are not in the mask are absent", () => {
  const made = replica();
  patch(made, -1, PLAYER_CLASS, 1, 3, 3.5, -3, ...players, "carol", 3, ...PAID);
  const carol = made.state.players.get("carol");
  assert.deepEqual([carol.x, carol.hp, carol.scores], [3.5, undefined, undefined]);
  assert.equal(JSON.stringify(carol), '{"x":3.5}');
  patch(made, PLAYER_CLASS, 10, 3, 9);
  assert.deepEqual([carol.hp, carol.scores], [9, new Map()]);
});

test("hide makes fields absent and takes away what stands there", () => {
  const made = replica();
  const ann = made.state.players.get("ann");
  patch(made, -2, PLAYER_CLASS, 9, bin(0, 1, 2));
  assert.deepEqual([ann.x, ann.scores, ann.hp], [undefined, undefined, 100]);
  patch(made, -2, GAME, 1, 0);
  assert.equal(made.state.players, undefined);
  assert.equal(made.size, 1);
  assert.throws(() => patch(made, -5, ...players), PeerError);
});

test("an update with the bit of a container has it be there, and empty", () => {
  const made = replica();
  const { players: map } = made.state;
  patch(made, GAME, 1, 0);
  assert.equal(made.state.players, map);
  assert.equal(map.size, 0);
  assert.equal(made.size, 1);
});

test("a map keeps its order", () => {
  const made = replica();
  patch(made, ...CAROL, -3, ...players, ["ann", "zoe"], [3, 1], null, null);
  assert.deepEqual([...made.state.players].map(([key, { name }]) => [key, name]), [["ann", "Carol"], ["bob", "Bob"], ["zoe", "Ann"]]);
  patch(made, -4, ...players, ["ann", "nobody"], -3, ...players, "ann", 3);
  assert.deepEqual([...made.state.players.keys()], ["bob", "zoe", "ann"]);
  assert.equal(made.size, 4);
});

test("two entities change places in one set", () => {
  const made = replica();
  patch(made, -3, ...players, ["ann", "bob"], [2, 1]);
  assert.deepEqual([...made.state.players.values()].map(({ name }) => name), ["Bob", "Ann"]);
});

test("a key that is named twice has its last value", () => {
  const made = replica();
  patch(made, -3, PLAYER_CLASS, SCORES, 1, ["a", "a"], column(Int32Array.of(1, 2)));
  assert.deepEqual(made.state.players.get("ann").scores, new Map([["a", 2]]));
  patch(made, ...CAROL, -4, ...players, "ann", -3, ...players, ["a", "a"], [3, 1], ...PAID);
  assert.equal(made.state.players.get("a").name, "Ann");
  assert.equal(made.size, 3);
});

test("clear empties any container", () => {
  const made = replica(-9, ...log, 0, "a", -6, ...tags, "t");
  patch(made, -5, ...players, -5, ...log, -5, ...tags);
  assert.deepEqual([made.state.players.size, made.state.log, made.state.tags.size, made.size], [0, [], 0, 1]);
});

test("a set has each value once", () => {
  const made = replica();
  patch(made, -6, ...tags, ["a", "b"], -6, ...tags, "a", -7, ...tags, ["b", "c"]);
  assert.deepEqual(made.state.tags, new Set(["a"]));
});

test("sets of moments and bytes go by what they say", () => {
  const made = game.single([["d", 3, 0, ["datetime"]], ["b", 3, 0, ["bytes"]]]);
  patch(made, -6, 0, 0, 0, column(BigInt64Array.of(1n, 2n)), -6, 0, 0, 0, 1, -6, 0, 1, 0, bin(1), -6, 0, 1, 0, [bin(1), bin(2)]);
  assert.deepEqual([...made.state.d], [new Date(1), new Date(2)]);
  assert.deepEqual([...made.state.b], [bin(1), bin(2)]);
  patch(made, -7, 0, 0, 0, 2, -7, 0, 1, 0, bin(1));
  assert.deepEqual([[...made.state.d], [...made.state.b]], [[new Date(1)], [bin(2)]]);
});

test("a list of values", () => {
  const made = replica();
  const { log: list } = made.state;
  const steps = [
    [[-9, ...log, 0, ["a", "b"]], "ab"], [[-9, ...log, 1, "c"], "acb"], [[-9, ...log, 3, ["d"]], "acbd"], [[-8, ...log, 0, "x"], "xcbd"],
    [[-8, ...log, bin(1, 1, 1), ["y", "z"]], "xybz"], [[-13, ...log, 0, 3], "ybzx"], [[-13, ...log, 3, 0], "xybz"], [[-10, ...log, 1, 2], "xz"],
    [[-11, ...log, ["p", "q"]], "pq"], [[-5, ...log], ""],
  ];
  for (const [items, text] of steps) {
    patch(made, .../** @type {any[]} */ (items));
    assert.equal(list.join(""), text);
  }
});

test("a list of entities", () => {
  const made = replica(...CAROL, -9, ...team, 0, 3);
  const names = () => made.state.team.map((/** @type {any} */ { name }) => name).join();
  patch(made, -4, ...players, ["ann", "bob"], -9, ...team, 0, bin(0, 1, 2));
  assert.equal(names(), "Ann,Bob,Carol");
  patch(made, -8, ...team, bin(0, 0, 2), [2, 1]);
  assert.equal(names(), "Bob,Ann,Carol");
  patch(made, -11, ...team, [3, 1]);
  assert.equal(names(), "Carol,Ann");
  assert.equal(made.size, 3);
  patch(made, -10, ...team, 0, 1);
  assert.equal(made.size, 2);
});

test("many values are inserted at once", () => {
  const made = game.single([["v", 2, 0, ["uint8"]]]);
  made.applyPatch(Uint8Array.from([0, 0xf7, 0, 0, 0, 0, 0xc6, 0, 3, 13, 64, ...new Uint8Array(200000)]));
  assert.equal(made.state.v.length, 200000);
});

test("a field for an entity holds one, or one of a class below", () => {
  const made = replica();
  patch(made, -1, BOSS, 31, 5, 1.5, 2, "Boss", true, GAME, 2, 0, 5, ...PAID);
  assert.deepEqual({ ...made.state.leader }, { x: 1.5, hp: 2, name: "Boss", scores: new Map(), rage: true });
  patch(made, GAME, 2, 0, null);
  assert.equal(made.state.leader, null);
  assert.equal(made.size, 3);
});

test("entities move when they are taken away first", () => {
  const made = replica();
  const ann = made.state.players.get("ann");
  patch(made, -4, ...players, "ann", GAME, 2, 0, 1);
  assert.equal(made.state.leader, ann);
  patch(made, GAME, 2, 0, null, -9, ...team, 0, 1);
  assert.equal(made.state.team[0], ann);
  assert.equal(made.size, 3);
});

test("an id that is given again stands for the newer entity", () => {
  const made = replica();
  patch(made, -1, PLAYER_CLASS, 15, 1, 9.5, 9, "Ann II", -3, ...players, "ann", 1);
  assert.equal(made.state.players.get("ann").name, "Ann II");
  assert.equal(made.size, 3);
  assert.throws(() => patch(made, -1, PLAYER_CLASS, 15, 2, 9.5, 9, "Bob II", -3, ...players, "other", 2), PeerError);
});

test("what a payload creates and puts nowhere is forgotten", () => {
  const made = replica();
  patch(made, ...CAROL, ...PAID);
  assert.equal(made.size, 3);
});

test("who owns entities is passed over", () => {
  const made = replica();
  patch(made, -12, bin(0, 1, 2), ["s1", null], -12, 0, null, -12, 1, "s2");
  assert.equal(made.version, 1);
  assert.throws(() => patch(made, -12, 9, "s1"), PeerError);
});

test("a patch fits the version that it leads from", () => {
  const made = replica();
  for (let i = 0; i < 130; i++) made.applyPatch(payload(i % 64));
  assert.equal(made.version, 130);
  made.applyPatch(payload(64 + 2, 1000));
  assert.equal(made.version, 1130);
  assert.equal(made.inStep, true);
  assert.throws(() => made.applyPatch(payload(3)), PeerError);
  assert.equal(made.inStep, false);
});

test("another outline needs another snapshot", () => {
  const made = replica();
  made.setOutline(game.OUTLINE);
  assert.equal(made.inStep, true);
  const other = game.outline([["Other", -1, [["round", 0, 0, ["uint8"]]]]], bin(8, 7, 6, 5, 4, 3, 2, 1));
  made.setOutline(other);
  assert.throws(() => patch(made), PeerError);
  assert.throws(() => made.applySnapshot(game.snapshot()), OutlineError);
  assert.equal(made.state.round, 1);
  made.applySnapshot(payload(5, bin(8, 7, 6, 5, 4, 3, 2, 1), -1, 0, 1, 0, 7, null));
  assert.deepEqual({ ...made.state }, { round: 7 });
  assert.throws(() => new Replica().applySnapshot(payload(0, FINGERPRINT)), OutlineError);
});

test("names of prototypes are names like any other", () => {
  const names = ["constructor", "toString", "hasOwnProperty", "valueOf"];
  const keys = ["__proto__", ...names];
  const held = [...names.map((name) => [name, 0, 1, ["str"]]), ["m", 1, 0, ["str"]]];
  const made = game.single(held, ...names.map(() => "a"));
  patch(made, -3, 0, names.length, 0, keys, keys, 0, 1, 0, "b");
  assert.equal(Object.getPrototypeOf(made.state), Object.prototype);
  assert.deepEqual(Object.keys(made.state), [...names, "m"]);
  assert.equal(made.state.m.get("__proto__"), "__proto__");
  assert.match(JSON.stringify(made), /^\{"constructor":"b","toString":"a".*"m":\{"__proto__":"__proto__"/);
  /** @type {any[]} */
  const seen = [];
  made.onChange("m.__proto__", (value) => seen.push(value));
  made.onChange("m.constructor", (value) => seen.push(value));
  made.onChange("toString", (value) => seen.push(value));
  patch(made, -3, 0, names.length, 0, keys.slice(0, 2), ["c", "d"], -2, 0, 2, 0);
  assert.deepEqual(seen, ["c", "d", undefined]);
  assert.equal(made.state.toString, undefined);
  assert.deepEqual(Object.keys({}), []);
});

test("the last of 63 fields is updated", () => {
  const fields = Array.from({ length: 63 }, (_, i) => [`f${i}`, 0, 0, ["uint8"]]);
  const made = new Replica(game.outline([["Root", -1, fields]]));
  made.applySnapshot(payload(0, FINGERPRINT, -1, 0, 2n ** 63n - 1n, 0, ...Array(63).fill(1)));
  patch(made, 0, 2n ** 62n + 2n ** 32n + 2n ** 31n + 1n, 0, 5, 6, 7, 8);
  assert.deepEqual([made.state.f0, made.state.f31, made.state.f32, made.state.f62, made.state.f1], [5, 6, 7, 8, 1]);
});

test("a state becomes JSON", () => {
  const made = game.single([["d", 0, 0, ["datetime"]], ["i", 0, 0, ["int64"]], ["b", 0, 0, ["bytes"]], ["s", 3, 0, ["str"]]], 0, 5, bin(1));
  assert.equal(JSON.stringify(made), '{"d":"1970-01-01T00:00:00.000Z","i":"5","b":[1],"s":[]}');
  assert.equal(JSON.stringify(new Replica()), "null");
});


test("values of a single entity in every form that a column has", () => {
  const made = replica();
  const ann = made.state.players.get("ann");
  patch(made, PLAYER_CLASS, 7, 1, column(Float32Array.of(4.5)), null, ["Anna"]);
  assert.deepEqual([ann.x, ann.hp, ann.name], [4.5, null, "Anna"]);
  patch(made, PLAYER_CLASS, 3, 1, 7, [null]);
  assert.deepEqual([ann.x, ann.hp], [7, null]);
  for (const items of [[1, 0.1], [1, null], [2, 256], [2, [5]], [4, 5], [16, 1], [0], [-1]]) {
    const other = replica();
    assert.throws(() => patch(other, PLAYER_CLASS, items[0], 1, ...items.slice(1)), PeerError);
  }
});

test("a single entity of a class with more than 32 fields", () => {
  const fields = Array.from({ length: 40 }, (_, i) => [`f${i}`, 0, 0, ["uint8"]]);
  const made = new Replica(game.outline([["Wide", -1, fields]]));
  made.applySnapshot(payload(0, game.FINGERPRINT, -1, 0, 0, 0, ...PAID));
  patch(made, 0, 2 ** 39 + 2 ** 32 + 2 ** 31 + 1, 0, 1, 2, 3, 4);
  assert.deepEqual([made.state.f0, made.state.f31, made.state.f32, made.state.f39], [1, 2, 3, 4]);
});

test("a mask that was refused is refused again, and one that was read is read again", () => {
  const made = replica();
  for (const round of [3, 4]) {
    // No snapshot has a Boss, so that nothing else is read of that class.
    assert.throws(() => patch(made, -1, BOSS, 16 + 32, 9, true, ...PAID), /no field 5/);
    made.applySnapshot(game.snapshot());
    patch(made, GAME, 32, 0, round, PLAYER_CLASS, 2, 1, round, GAME, 32, 0, round + 1, PLAYER_CLASS, 2, 2, round);
    assert.deepEqual([made.state.round, ...Array.from(made.state.players.values(), ({ hp }) => hp)], [round + 1, round, round]);
  }
});

test("a subtree that moves stays within the depth", () => {
  const made = new Replica(game.outline([["Node", -1, [["next", 0, 1, 0], ["side", 0, 1, 0]]]]));
  const chain = (/** @type {number} */ from, /** @type {number} */ to) => Array.from({ length: to - from }, (_, i) => [0, 1, from + i, from + i + 1]).flat();
  made.applySnapshot(payload(0, game.FINGERPRINT, -1, 0, 3, bin(0, 0, 61), ...chain(0, 30), ...chain(31, 60), 0, 2, 0, 31, ...Array(500).fill(null)));
  patch(made, 0, 2, 0, null, 0, 1, 30, 31);
  assert.equal(made.size, 61);
  patch(made, 0, 1, 30, null, 0, 2, 0, 31, -1, 0, 3, bin(0, 70, 4), ...chain(70, 73), 0, 1, 60, 70, ...Array(40).fill(null));
  assert.throws(() => patch(made, 0, 2, 0, null, 0, 1, 30, 31), /deep/);
});
