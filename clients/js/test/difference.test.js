import assert from "node:assert/strict";
import { test } from "node:test";

import { PeerError } from "../src/index.js";
import * as game from "./support/game.js";
import { CAROL, FINGERPRINT, GAME, LEADER, LOG, PAID, PLAYERS, PLAYER_CLASS, TAGS, TEAM, patch, record, replica } from "./support/game.js";
import { bin, column, payload } from "./support/writer.js";

const players = [GAME, PLAYERS, 0];
const ALL = ["players", "players.*.x", "players.*.scores", "players.*.scores.*", "leader", "leader.x", "team", "log", "log.*", "tags", "round"];

/** A snapshot in which only bob is left, who has another place, and carol came. */
const LATER = payload(
  9, FINGERPRINT,
  -1, GAME, 63, 0, 2,
  -1, PLAYER_CLASS, 15, bin(0, 2, 2), column(Float32Array.of(7, 3.5)), bin(90, 80), ["Bob", "Carol"],
  -3, ...players, "carol", 3, -9, GAME, TEAM, 0, 0, 2, -9, GAME, LOG, 0, 0, "hi", -6, GAME, TAGS, 0, "new",
  ...PAID,
);

test("what stayed is the same object, containers too", () => {
  const made = replica(-6, GAME, TAGS, 0, ["old"]);
  const { state } = made;
  const { players: map, team, log, tags } = state;
  const bob = map.get("bob");
  made.applySnapshot(LATER);
  assert.equal(made.state, state);
  assert.deepEqual([state.players === map, state.team === team, state.log === log, state.tags === tags], [true, true, true, true]);
  assert.equal(team[0], bob);
  assert.deepEqual([bob.x, [...map.keys()], log, [...tags], state.round, made.size, made.version], [7, ["carol"], ["hi"], ["new"], 2, 3, 9]);
});

test("patches go on from a snapshot that was a difference", () => {
  const made = replica();
  made.applySnapshot(LATER);
  patch(made, PLAYER_CLASS, 1, 2, 1, -10, GAME, TEAM, 0, 0, 1, -3, ...players, "bob", 2);
  assert.equal(made.state.players.get("bob").x, 1);
  assert.equal(made.size, 3);
  patch(made, -4, ...players, "bob");
  assert.equal(made.size, 2);
});

test("a set of bytes knows its values after a snapshot, too", () => {
  const made = game.single([["b", 3, 0, ["bytes"]]]);
  patch(made, -6, 0, 0, 0, bin(1));
  const events = record(made, "b");
  made.applySnapshot(payload(0, FINGERPRINT, -1, 0, 1, 0, -6, 0, 0, 0, [bin(1), bin(2)], ...PAID));
  patch(made, -7, 0, 0, 0, bin(2), -6, 0, 0, 0, bin(1));
  assert.deepEqual([...made.state.b], [bin(1)]);
  assert.deepEqual(events.map(([event, value]) => [event, value]), [["added", bin(2)], ["removed", bin(2)]]);
});

test("callbacks tell what differs", () => {
  const made = replica();
  const events = record(made, "players", "players.*.x", "team", "log", "tags", "round");
  const { players: map } = made.state;
  const [ann, bob] = map.values();
  made.applySnapshot(LATER);
  assert.deepEqual(events, [
    ["removed", ann, "players.ann"],
    ["removed", bob, "players.bob"],
    ["added", map.get("carol"), "players.carol"],
    ["added", bob, "team.0"],
    ["added", "hi", "log.0"],
    ["added", "new", "tags.new"],
    ["changed", 2, 1, "round"],
  ]);
});

test("the same snapshot again calls nobody", () => {
  const more = [-9, GAME, LOG, 0, 0, ["a", "b"], -6, GAME, TAGS, 0, "t", ...CAROL, GAME, 2, 0, 3];
  const made = replica(...more);
  const events = record(made, ...ALL);
  made.applySnapshot(game.snapshot(...more));
  assert.deepEqual(events, []);
});

test("an entity of another class is another one", () => {
  const made = replica();
  const events = record(made, "players");
  const ann = made.state.players.get("ann");
  made.applySnapshot(payload(0, FINGERPRINT, -1, GAME, 63, 0, 1, -1, game.BOSS, 31, 1, 1.5, 100, "Ann", true, -3, ...players, "ann", 1, ...PAID));
  assert.deepEqual(events.map(([event, , path]) => [event, path]), [["removed", "players.ann"], ["removed", "players.bob"], ["added", "players.ann"]]);
  assert.notEqual(made.state.players.get("ann"), ann);
});

test("containers come and go with a snapshot", () => {
  const made = replica();
  const events = record(made, "players", "log");
  const map = made.state.players;
  made.applySnapshot(payload(1, FINGERPRINT, -1, GAME, 62, 0, 1, ...PAID));
  assert.equal(made.state.players, undefined);
  made.applySnapshot(game.snapshot());
  assert.notEqual(made.state.players, map);
  assert.deepEqual(events.map(([event, , path]) => [event, path]), [
    ["removed", "players.ann"], ["removed", "players.bob"], ["added", "players.ann"], ["added", "players.bob"],
  ]);
});

test("a map takes the order of the snapshot", () => {
  const made = replica();
  made.applySnapshot(payload(
    1, FINGERPRINT, -1, GAME, 63, 0, 1,
    -1, PLAYER_CLASS, 15, bin(0, 1, 2), column(Float32Array.of(1.5, 2.5)), bin(100, 90), ["Ann", "Bob"], -3, ...players, ["bob", "ann"], [2, 1], ...PAID,
  ));
  assert.deepEqual([...made.state.players.keys()], ["bob", "ann"]);
});

test("after a refused patch a snapshot tells all that changed", () => {
  const made = replica();
  const events = record(made, "players", "players.*.x", "round", "leader");
  const ann = made.state.players.get("ann");
  assert.throws(() => patch(made, PLAYER_CLASS, 1, 1, 9, -4, ...players, "bob", GAME, 32, 0, 7, ...CAROL, -3, ...players, "carol", 3, GAME, 99), PeerError);
  assert.deepEqual(events, []);
  assert.throws(() => patch(made), PeerError);
  made.applySnapshot(game.snapshot(PLAYER_CLASS, 1, 1, 9));
  assert.equal(made.state.players.get("ann"), ann);
  assert.deepEqual(events, [["changed", 9, 1.5, "players.ann.x"]]);
  assert.deepEqual([made.state.round, made.size, [...made.state.players.keys()]], [1, 3, ["ann", "bob"]]);
});

test("a snapshot that is refused leaves the state alone", () => {
  const made = replica();
  const { state } = made;
  for (const items of [
    [1, FINGERPRINT, ...PAID],
    [1, FINGERPRINT, -1, PLAYER_CLASS, 15, 0, 1, 1, "x", ...PAID],
    [1, FINGERPRINT, -1, GAME, 63, 0, 1, -1, GAME, 63, 0, 1, ...PAID],
    [1, FINGERPRINT, -1, GAME, 63, 0, "1", ...PAID],
  ]) {
    assert.throws(() => made.applySnapshot(payload(...items)), PeerError);
    assert.equal(made.inStep, false);
  }
  assert.deepEqual([made.state === state, made.size, made.version], [true, 3, 0]);
});

test("an entity that a refused patch left half made is mended", () => {
  const made = replica();
  assert.throws(() => patch(made, -1, PLAYER_CLASS, 15, 3, 3.5, "?", ...PAID), PeerError);
  made.applySnapshot(game.snapshot(...CAROL, GAME, 1 << LEADER, 0, 3));
  assert.deepEqual({ ...made.state.leader }, { x: 3.5, hp: 80, name: "Carol", scores: new Map() });
});

test("so is one that was to have a container of floats", () => {
  const made = game.single([["s", 0, 0, ["str"]], ["m", 1, 0, ["float32"]], ["e", 2, 0, 0]], "root");
  const events = record(made, "e", "e.*.m");
  assert.throws(() => patch(made, -1, 0, 7, 1, 5, ...PAID), PeerError);
  made.applySnapshot(payload(0, FINGERPRINT, -1, 0, 7, bin(0, 0, 2), ["root", "one"], -3, 0, 1, 1, "k", 0.5, -9, 0, 2, 0, 0, 1, ...PAID));
  assert.deepEqual({ ...made.state.e[0] }, { s: "one", m: new Map([["k", 0.5]]), e: [] });
  assert.deepEqual(events.map(([event, , path]) => [event, path]), [["added", "e.0"], ["added", "e.0.m.k"]]);
});

test("nobody is told of an id that a refused patch gave away for a while", () => {
  const made = replica();
  const events = record(made, "players", "players.*.x");
  const ann = made.state.players.get("ann");
  const twice = [-1, PLAYER_CLASS, 15, 1, 9, 9, "?"];
  assert.throws(() => patch(made, ...twice, ...twice, -4, ...players, "ann", ...PAID, GAME, 99), PeerError);
  made.applySnapshot(game.snapshot());
  assert.deepEqual([events, made.state.players.get("ann") === ann], [[], true]);
});

test("a patch that is refused at its very end has forgotten nobody", () => {
  const made = replica();
  const events = record(made, "players");
  const bob = made.state.players.get("bob");
  assert.throws(() => patch(made, -4, ...players, "bob", -1, PLAYER_CLASS, 15, 1, 9, 9, "?", ...PAID), PeerError);
  made.applySnapshot(game.snapshot());
  assert.deepEqual([events, made.state.players.get("bob") === bob], [[], true]);
});
