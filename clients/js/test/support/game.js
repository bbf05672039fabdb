// A State for the tests, and payloads of it.

import { Replica } from "../../src/core.js";
import { bin, column, payload } from "./writer.js";

export const FINGERPRINT = bin(1, 2, 3, 4, 5, 6, 7, 8);

const PLAYER = [["x", 0, 0, ["float32"]], ["hp", 0, 1, ["uint8"]], ["name", 0, 0, ["str"]], ["scores", 1, 0, ["int32"]]];

/** The numbers of the classes. */
export const GAME = 0;
export const PLAYER_CLASS = 1;
export const BOSS = 2;

/** The indexes of the fields of the root. */
export const PLAYERS = 0;
export const LEADER = 1;
export const TEAM = 2;
export const LOG = 3;
export const TAGS = 4;
export const ROUND = 5;
/** The index of a player's map. */
export const SCORES = 3;

/** A table of classes: a Game with Players, some of which are Bosses. */
export const OUTLINE = outline([
  ["Game", -1, [
    ["players", 1, 0, PLAYER_CLASS], ["leader", 0, 1, PLAYER_CLASS], ["team", 2, 0, PLAYER_CLASS],
    ["log", 2, 0, ["str"]], ["tags", 3, 0, ["str"]], ["round", 0, 0, ["uint16"]],
  ]],
  ["Player", -1, PLAYER],
  ["Boss", PLAYER_CLASS, [...PLAYER, ["rage", 0, 0, ["bool"]]]],
]);

/**
 * An outline of these classes, whose root is the first.
 * @param {any[]} classes
 */
export function outline(classes, fingerprint = FINGERPRINT) {
  return payload([1, fingerprint, 0, classes]);
}

/** Nils enough to pay for some entities. */
export const PAID = Array(40).fill(null);

/**
 * A snapshot: ann (1) and bob (2) are players, round 1; more operations may follow.
 * @param {any[]} more
 */
export function snapshot(...more) {
  return payload(
    0, FINGERPRINT,
    -1, GAME, 63, 0, 1,
    -1, PLAYER_CLASS, 15, bin(0, 1, 2), column(Float32Array.of(1.5, 2.5)), bin(100, 90), ["Ann", "Bob"],
    -3, GAME, PLAYERS, 0, ["ann", "bob"], bin(0, 1, 2),
    ...more, ...PAID,
  );
}

/** A replica of that snapshot. */
export function replica(/** @type {any[]} */ ...more) {
  const made = new Replica(OUTLINE);
  made.applySnapshot(snapshot(...more));
  return made;
}

/**
 * Applies operations as the patch that comes next.
 * @param {Replica} made
 * @param {any[]} items
 */
export function patch(made, ...items) {
  made.applyPatch(payload(made.version % 64, ...items));
}

/** Creates player 3 and says where. */
export const CAROL = [-1, PLAYER_CLASS, 15, 3, 3.5, 80, "Carol"];

/**
 * A replica of a root with fields of these types, and no others.
 * @param {any[]} fields `[name, shape, optional, held]`
 * @param {any[]} columns what the fields hold at first
 */
export function single(fields, ...columns) {
  const made = new Replica(outline([["Root", -1, fields]]));
  const mask = fields.reduce((sum, _, i) => sum + 2 ** i, 0);
  made.applySnapshot(payload(0, FINGERPRINT, -1, 0, mask, 0, ...columns, ...PAID));
  return made;
}

/**
 * Takes down what a replica tells about patterns.
 * @param {Replica} made
 * @param {string[]} patterns
 */
export function record(made, ...patterns) {
  /** @type {any[]} */
  const events = [];
  for (const pattern of patterns) {
    made.onAdd(pattern, (value, path) => events.push(["added", value, path.join(".")]));
    made.onChange(pattern, (value, previous, path) => events.push(["changed", value, previous, path.join(".")]));
    made.onRemove(pattern, (value, path) => events.push(["removed", value, path.join(".")]));
  }
  return events;
}
