import assert from "node:assert/strict";
import { test } from "node:test";

import { Replica } from "../src/index.js";
import * as game from "./support/game.js";
import { CAROL, GAME, LOG, PAID, PLAYERS, PLAYER_CLASS, SCORES, TAGS, TEAM, patch, record, replica } from "./support/game.js";
import { bin, column, payload } from "./support/writer.js";

const players = [GAME, PLAYERS, 0];
const team = [GAME, TEAM, 0];
const log = [GAME, LOG, 0];

/** What was told, with the names of entities in place of them. */
const brief = (/** @type {any[]} */ events) => events.map((event) => event.map((/** @type {any} */ part) => part?.name ?? part));

test("the first snapshot adds everything, and what holds before what is held", () => {
  const made = new Replica(game.OUTLINE);
  const events = record(made, "players", "players.*.scores", "players.*.scores.*", "players.*.x", "round", "log");
  made.applySnapshot(game.snapshot(-3, PLAYER_CLASS, SCORES, 1, "today", 5, -9, ...log, 0, "a"));
  assert.deepEqual(brief(events), [
    ["added", "Ann", "players.ann"], ["added", 5, "players.ann.scores.today"], ["added", "Bob", "players.bob"], ["added", "a", "log.0"],
  ]);
});

test("a value that is another one is told with the one before", () => {
  const made = replica();
  const events = record(made, "players.*.x", "round", "players.ann.hp");
  patch(made, PLAYER_CLASS, 3, bin(0, 1, 2), column(Float32Array.of(1.5, 9)), bin(1, 2), GAME, 32, 0, 5);
  assert.deepEqual(events, [["changed", 9, 2.5, "players.bob.x"], ["changed", 1, 100, "players.ann.hp"], ["changed", 5, 1, "round"]]);
});

test("what changes back within a payload is not told", () => {
  const made = replica();
  const events = record(made, "players", "players.*.x", "players.*.scores", "tags", "log", "team");
  patch(made, PLAYER_CLASS, 1, 1, 9, PLAYER_CLASS, 1, 1, 1.5, -4, ...players, "ann", -3, ...players, "ann", 1, -6, GAME, TAGS, 0, "t", -7, GAME, TAGS, 0, "t",
    -9, ...log, 0, "a", -10, ...log, 0, 1);
  assert.deepEqual(events, []);
});

test("the first value and the last are told, whatever lay between", () => {
  const made = replica();
  const events = record(made, "round");
  patch(made, GAME, 32, 0, 5, GAME, 32, 0, 6);
  assert.deepEqual(events, [["changed", 6, 1, "round"]]);
});

test("entries of a map of values", () => {
  const made = replica();
  const map = [PLAYER_CLASS, SCORES, 1];
  const events = record(made, "players.*.scores", "players.*.scores.*");
  patch(made, -3, ...map, ["a", "b"], column(Int32Array.of(1, 2)));
  patch(made, -3, ...map, ["a", "c"], column(Int32Array.of(3, 4)), -4, ...map, "b");
  assert.deepEqual(events, [
    ["added", 1, "players.ann.scores.a"], ["added", 2, "players.ann.scores.b"],
    ["removed", 2, "players.ann.scores.b"], ["added", 4, "players.ann.scores.c"], ["changed", 3, 1, "players.ann.scores.a"],
  ]);
});

test("an entity that goes takes what it holds along", () => {
  const made = replica(-3, PLAYER_CLASS, SCORES, 1, ["a", "b"], column(Int32Array.of(1, 2)));
  const events = record(made, "players", "players.*.scores");
  patch(made, -3, PLAYER_CLASS, SCORES, 1, ["a", "c"], column(Int32Array.of(7, 8)), -4, PLAYER_CLASS, SCORES, 1, "b", -4, ...players, "ann");
  assert.deepEqual(brief(events), [["removed", "Ann", "players.ann"], ["removed", 1, "players.ann.scores.a"], ["removed", 2, "players.ann.scores.b"]]);
});

test("changes of an entity that came are not told", () => {
  const made = replica();
  const events = record(made, "players", "players.*.x");
  patch(made, ...CAROL, -3, ...players, "carol", 3, PLAYER_CLASS, 1, 3, 9);
  assert.deepEqual(brief(events), [["added", "Carol", "players.carol"]]);
});

test("an entity that moves goes and comes", () => {
  const made = replica();
  const events = record(made, "players", "players.*.x", "team", "team.*.x");
  patch(made, -4, ...players, "ann", -9, ...team, 0, 1, PLAYER_CLASS, 1, 1, 9);
  assert.deepEqual(brief(events), [["removed", "Ann", "players.ann"], ["added", "Ann", "team.0"]]);
});

test("an entity field is changed, and its entities come and go", () => {
  const made = replica(...CAROL, GAME, 2, 0, 3);
  const events = record(made, "leader", "leader.x");
  patch(made, -4, ...players, "ann", GAME, 2, 0, 1);
  assert.deepEqual(brief(events), [["removed", "Carol", "leader"], ["added", "Ann", "leader"], ["changed", "Ann", "Carol", "leader"]]);
  events.length = 0;
  patch(made, PLAYER_CLASS, 1, 1, 9);
  patch(made, GAME, 2, 0, null);
  assert.deepEqual(brief(events), [["changed", 9, 1.5, "leader.x"], ["removed", "Ann", "leader"], ["changed", null, "Ann", "leader"]]);
});

test("positions of a list: before for what went, after for the rest", () => {
  const made = replica(...CAROL, -4, ...players, ["ann", "bob"], -9, ...team, 0, [1, 2]);
  const events = record(made, "team", "team.*.x");
  patch(made, -10, ...team, 0, 1, PLAYER_CLASS, 1, 2, 9, ...CAROL, -9, ...team, 0, 3);
  assert.deepEqual(brief(events), [["removed", "Ann", "team.0"], ["added", "Carol", "team.0"], ["changed", 9, 2.5, "team.1.x"]]);
  events.length = 0;
  patch(made, -13, ...team, 0, 1);
  assert.deepEqual(events, []);
});

test("values of a list are compared by position", () => {
  const made = replica(-9, ...log, 0, ["a", "b", "c"]);
  const events = record(made, "log", "log.*", "log.1");
  patch(made, -10, ...log, 1, 1);
  assert.deepEqual(events, [["removed", "c", "log.2"], ["changed", "c", "b", "log.1"], ["changed", "c", "b", "log.1"]]);
});

test("hiding fields removes what they held, and showing adds it", () => {
  const made = replica();
  const events = record(made, "players", "round");
  patch(made, -2, GAME, 33, 0);
  patch(made, GAME, 33, 0, 4, ...CAROL, -3, ...players, "carol", 3);
  assert.deepEqual(brief(events), [
    ["removed", "Ann", "players.ann"], ["removed", "Bob", "players.bob"], ["changed", undefined, 1, "round"],
    ["added", "Carol", "players.carol"], ["changed", 4, undefined, "round"],
  ]);
});

test("the path of a value of a set ends with the value", () => {
  const made = replica();
  /** @type {any[]} */
  const paths = [];
  made.onAdd("tags", (value, path) => paths.push([value, path]));
  patch(made, -6, GAME, TAGS, 0, ["t"]);
  assert.deepEqual(paths, [["t", ["tags", "t"]]]);
});

test("a pattern may be an array, where a key may have a dot in it", () => {
  const made = replica(...CAROL, -3, ...players, "a.b", 3);
  /** @type {any[]} */
  const seen = [];
  made.onChange(["players", "a.b", "x"], (value, _previous, path) => seen.push([value, path]));
  patch(made, PLAYER_CLASS, 1, bin(0, 1, 3), column(Float32Array.of(7, 8, 9)));
  assert.deepEqual(seen, [[9, ["players", "a.b", "x"]]]);
  assert.throws(() => made.onAdd("", () => {}), TypeError);
  assert.throws(() => made.onAdd("players", /** @type {any} */ (null)), TypeError);
});

test("who ended it is not called any more", () => {
  const made = replica();
  /** @type {string[]} */
  const seen = [];
  const ends = ["a", "b"].map((name) => made.onChange("round", () => seen.push(name)));
  ends[0]();
  ends[0]();
  patch(made, GAME, 32, 0, 2);
  ends[1]();
  patch(made, GAME, 32, 0, 3);
  assert.deepEqual(seen, ["b"]);
});

test("callbacks may end others, and begin others, and read the whole state", () => {
  const made = replica();
  /** @type {any[]} */
  const seen = [];
  const end = made.onChange("players.bob.x", () => seen.push("never"));
  made.onChange("players.ann.x", () => {
    end();
    seen.push(made.state.players.get("bob").x, made.version);
    made.onChange("players.bob.x", (value) => seen.push(value));
  });
  patch(made, PLAYER_CLASS, 1, bin(0, 1, 2), column(Float32Array.of(7, 8)));
  assert.deepEqual(seen, [8, 1]);
  patch(made, PLAYER_CLASS, 1, 2, 9);
  assert.deepEqual(seen, [8, 1, 9]);
});

test("who begins later is told as well", () => {
  const made = replica();
  const early = record(made, "round");
  patch(made, GAME, 32, 0, 2);
  const late = record(made, "players.*.x");
  patch(made, GAME, 32, 0, 3, PLAYER_CLASS, 1, 1, 9);
  assert.deepEqual([early, late], [[["changed", 2, 1, "round"], ["changed", 3, 2, "round"]], [["changed", 9, 1.5, "players.ann.x"]]]);
});

test("a callback may apply the next patch", () => {
  const made = replica();
  const events = record(made, "round");
  const end = made.onChange("round", () => {
    end();
    patch(made, GAME, 32, 0, 7);
  });
  patch(made, GAME, 32, 0, 2);
  assert.deepEqual(events, [["changed", 2, 1, "round"], ["changed", 7, 2, "round"]]);
  assert.equal(made.version, 2);
});

test("a callback that throws keeps no other from being called", () => {
  const made = replica();
  /** @type {string[]} */
  const seen = [];
  made.onChange("round", () => { throw new Error("first"); });
  made.onChange("round", () => { throw new Error("second"); });
  made.onChange("round", () => seen.push("third"));
  assert.throws(() => patch(made, GAME, 32, 0, 2), /first/);
  assert.deepEqual([seen, made.inStep, made.version], [["third"], true, 1]);
});

test("fields of classes below are found, and other classes passed over", () => {
  const made = replica();
  const events = record(made, "players.*.rage", "players.*.nothing", "nothing.at.all");
  patch(made, -1, game.BOSS, 31, 5, 1.5, 2, "Boss", true, -3, ...players, "boss", 5, ...PAID);
  patch(made, game.BOSS, 16, 5, false);
  assert.deepEqual(events, [["changed", false, true, "players.boss.rage"]]);
});

test("listeners of another outline find their fields", () => {
  const made = replica();
  const events = record(made, "round", "players");
  const fingerprint = bin(9, 9, 9, 9, 9, 9, 9, 9);
  made.setOutline(game.outline([["Game", -1, [["round", 0, 0, ["uint8"]]]]], fingerprint));
  made.applySnapshot(payload(3, fingerprint, -1, 0, 1, 0, 4, null));
  patch(made, 0, 1, 0, 5);
  assert.deepEqual(brief(events), [["removed", "Ann", "players.ann"], ["removed", "Bob", "players.bob"], ["changed", 5, 4, "round"]]);
});

test("a star stands for a field, too", () => {
  const made = replica(...CAROL, GAME, 2, 0, 3);
  const events = record(made, "*", "*.*", "players.*.*", "leader.scores");
  patch(made, GAME, 32, 0, 4, PLAYER_CLASS, 3, bin(0, 1, 1), 9, 8, -3, PLAYER_CLASS, SCORES, 3, "s", 1, PLAYER_CLASS, 1, 3, 7);
  assert.deepEqual(events, [
    ["added", 1, "leader.scores.s"], ["added", 1, "leader.scores.s"],
    ["changed", 4, 1, "round"], ["changed", 9, 1.5, "players.ann.x"], ["changed", 8, 100, "players.ann.hp"], ["changed", 7, 3.5, "leader.x"],
  ]);
});

test("who listens to an entity field hears nothing of what is inside", () => {
  const outline = game.outline([["Game", -1, [["leader", 0, 1, 1]]], ["Unit", -1, [["pet", 0, 1, 1]]]]);
  const made = new Replica(outline);
  made.applySnapshot(payload(0, game.FINGERPRINT, -1, 0, 1, 0, -1, 1, 1, 1, 0, 1, 0, 1, ...PAID));
  const events = record(made, "leader");
  patch(made, -1, 1, 1, 2, 1, 1, 1, 2, ...PAID);
  assert.notEqual(made.state.leader.pet, null);
  assert.deepEqual(events, []);
});

test("0 and -0 are one value, although both are kept", () => {
  const made = game.single([["a", 0, 0, ["float64"]]], 0);
  const events = record(made, "a");
  patch(made, 0, 1, 0, column(Float64Array.of(-0)));
  assert.deepEqual([events, Object.is(made.state.a, -0)], [[], true]);
});

test("positions are known as long as a list stays, and found again when it changed", () => {
  const made = replica(...CAROL, -4, ...players, ["ann", "bob"], -9, ...team, 0, [1, 2, 3]);
  const events = record(made, "team.*.x");
  const team3 = [PLAYER_CLASS, 1, 3];
  patch(made, ...team3, 1);
  patch(made, ...team3, 2);
  patch(made, -10, ...team, 0, 1, ...team3, 3);
  patch(made, -13, ...team, 1, 0, ...team3, 4);
  patch(made, -11, ...team, bin(0, 2, 2), ...team3, 5);
  assert.deepEqual(events.map((event) => event[3]), ["team.2.x", "team.2.x", "team.1.x", "team.0.x", "team.1.x"]);
});
