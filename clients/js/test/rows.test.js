import assert from "node:assert/strict";
import { test } from "node:test";

import { PeerError, Replica } from "../src/index.js";
import { Row } from "../src/row.js";
import { Rows, Store } from "../src/rows.js";
import { FINGERPRINT, PAID, outline, patch, record } from "./support/game.js";
import { bin, column, payload } from "./support/writer.js";

const NPC = [
  ["x", 0, 0, ["float32"]], ["alive", 0, 0, ["bool"]], ["mood", 0, 0, ["enum", "glad", "sad"]],
  ["born", 0, 0, ["datetime"]], ["gold", 0, 0, ["int64"]], ["food", 0, 0, ["quantized", 0, 1, 8, 0]],
];
const ALL = 63;
const OUTLINE = outline([["World", -1, [["npcs", 4, 0, 1], ["round", 0, 0, ["uint8"]]]], ["Npc", -1, NPC]]);
const npcs = [0, 0, 0];
const BORN = Date.UTC(2026, 10, 21);

/** Columns of all fields, of rows with an x each. */
function columns(/** @type {number[]} */ ...xs) {
  const { length } = xs;
  return [
    column(Float32Array.from(xs)), bin(...xs.map((_, i) => i % 2)), bin(...xs.map((_, i) => i % 2)),
    column(BigInt64Array.from({ length }, (_, i) => BigInt(BORN + i))), column(BigInt64Array.from(xs, (x) => BigInt(Math.round(x * 10)))),
    bin(...xs.map(() => 255)),
  ];
}

/** A snapshot: 10 and 11 in cell 1, 12 in cell 2. */
function snapshot(...more) {
  return payload(0, FINGERPRINT, -1, 0, 3, 0, 1, -14, ...npcs, 1, ALL, bin(0, 10, 2), ...columns(1.5, 2.5), -14, ...npcs, 2, 1, 12, 3.5, ...more, ...PAID);
}

/** A replica of that snapshot. */
function world() {
  const made = new Replica(OUTLINE);
  made.applySnapshot(snapshot());
  return made;
}

test("a row is an object with the fields that it shows", () => {
  const { state } = world();
  const row = state.npcs.get(11);
  assert.deepEqual(
    [row.x, row.alive, row.mood, row.born, row.gold, row.food],
    [2.5, true, "sad", new Date(BORN + 1), 25n, 1],
  );
  assert.deepEqual([state.npcs.get(12).x, state.npcs.get(12).mood, state.npcs.get(13)], [3.5, undefined, undefined]);
  assert.equal(state.npcs.get(11), row);
});

test("a table is seen as columns", () => {
  const made = world();
  const { npcs: rows } = made.state;
  assert.deepEqual([rows.size, [...rows.ids], [...rows.column("x")]], [3, [10, 11, 12], [1.5, 2.5, 3.5]]);
  assert.ok(rows.column("x") instanceof Float32Array && rows.column("gold") instanceof BigInt64Array && rows.ids instanceof Float64Array);
  assert.deepEqual([rows.names("mood"), [...rows.column("mood")].slice(0, 2), rows.names("x")], [["glad", "sad"], [0, 1], null]);
  assert.deepEqual([...rows.column("born")].slice(0, 2), [BORN, BORN + 1]);
  assert.deepEqual([rows.slot(12), rows.slot(9), rows.cell(12), rows.cell(9), rows.has(12), rows.has(9)], [2, -1, 2, undefined, true, false]);
  assert.throws(() => rows.column("y"), RangeError);
  patch(made, -15, ...npcs, 1, 12, 9.5);
  assert.equal(rows.column("x")[rows.slot(12)], 9.5);
});

test("a table can be gone through", () => {
  const { npcs: rows } = world().state;
  const pairs = [...rows];
  assert.deepEqual(pairs.map(([id, row]) => [id, row.x]), [[10, 1.5], [11, 2.5], [12, 3.5]]);
  assert.deepEqual([[...rows.keys()], [...rows.values()].map((row) => row.x)], [[10, 11, 12], [1.5, 2.5, 3.5]]);
});

test("the last row takes the slot of one that goes", () => {
  const made = world();
  const { npcs: rows } = made.state;
  const [last, gone] = [rows.get(12), rows.get(10)];
  patch(made, -16, ...npcs, 1, bin(0, 9, 4));
  assert.deepEqual([[...rows.ids], rows.slot(12), [...rows.column("x")]], [[12], 0, [3.5]]);
  assert.deepEqual([last.x, last.mood, gone.x, gone.mood], [3.5, undefined, 1.5, "glad"]);
  assert.equal(rows.get(10), undefined);
});

test("cells are dropped, and kept in part", () => {
  const made = world();
  patch(made, -14, ...npcs, 2, 0, 11, ...PAID);
  patch(made, -18, ...npcs, 2, bin(0, 11, 1));
  assert.deepEqual([...made.state.npcs.keys()], [10, 11]);
  patch(made, -17, ...npcs, bin(0, 1, 3));
  assert.equal(made.state.npcs.size, 0);
  made.applySnapshot(snapshot());
  patch(made, -18, ...npcs, 1, null);
  assert.deepEqual([...made.state.npcs.keys()], [12]);
});

test("a row moves, and lacks what it was never told", () => {
  const made = world();
  const { npcs: rows } = made.state;
  patch(made, -14, ...npcs, 7, 2, bin(0, 11, 3), bin(0, 1, 1), ...PAID);
  assert.deepEqual([rows.cell(11), rows.get(11).x, rows.get(11).alive], [7, 2.5, false]);
  assert.deepEqual([rows.get(13).alive, rows.get(13).x, rows.get(12).alive], [true, undefined, true]);
});

test("a veil hides a field of all rows until it is written again", () => {
  const made = world();
  const { npcs: rows } = made.state;
  patch(made, -19, ...npcs, 1);
  assert.deepEqual([rows.get(10).x, rows.column("x")], [undefined, undefined]);
  patch(made, -15, ...npcs, 1, 12, 4.5);
  assert.deepEqual([rows.get(10).x, rows.get(12).x, rows.column("x")[2]], [undefined, 4.5, 4.5]);
});

test("room grows with the rows", () => {
  const made = world();
  const { npcs: rows } = made.state;
  const ids = Uint8Array.of(0, 100, 0xe8, 7);
  patch(made, -14, ...npcs, 3, 1, ids, column(Float32Array.from({ length: 1000 }, (_, i) => i)), ...Array(6000).fill(null));
  assert.deepEqual([rows.size, rows.get(1099).x, rows.get(10).x, rows.get(1099).mood], [1003, 999, 1.5, undefined]);
  patch(made, -17, ...npcs, 3);
  assert.deepEqual([rows.size, [...rows.column("x")]], [3, [1.5, 2.5, 3.5]]);
});

test("listeners hear of rows and their values, and of the difference only", () => {
  const made = world();
  const { npcs: rows } = made.state;
  const events = record(made, "npcs", "npcs.*.x", "npcs.11.alive");
  const row = rows.get(10);
  patch(made, -15, ...npcs, 1, 11, 9.5, -16, ...npcs, 1, 10, -14, ...npcs, 1, 1, 13, 5.5, -14, ...npcs, 2, 2, 13, true, ...PAID);
  assert.deepEqual(events, [
    ["removed", row, "npcs.10"], ["added", rows.get(13), "npcs.13"], ["changed", 9.5, 2.5, "npcs.11.x"],
  ]);
  assert.equal(row.x, 1.5);
  events.length = 0;
  const eleven = rows.get(11);
  patch(made, -17, ...npcs, 1, -14, ...npcs, 4, 2, 11, false, ...PAID);
  assert.deepEqual(events, [["changed", undefined, 9.5, "npcs.11.x"], ["changed", false, true, "npcs.11.alive"]]);
  assert.deepEqual([rows.get(11) === eleven, eleven.alive, eleven.x], [true, false, undefined]);
  events.length = 0;
  patch(made, -14, ...npcs, 8, 0, 90, -16, ...npcs, 8, 90, ...PAID);
  assert.deepEqual(events, []);
});

test("a table that is emptied, hidden and shown again tells of its rows", () => {
  const made = world();
  const events = record(made, "npcs");
  const names = () => events.splice(0).map(([event, , path]) => `${event} ${path.at ? path : ""}`);
  patch(made, -5, ...npcs);
  assert.deepEqual(names(), ["removed npcs.10", "removed npcs.11", "removed npcs.12"]);
  patch(made, -14, ...npcs, 1, 1, 10, 1.5, ...PAID);
  assert.deepEqual(names(), ["added npcs.10"]);
  patch(made, -2, 0, 1, 0);
  assert.deepEqual([names(), made.state.npcs], [["removed npcs.10"], undefined]);
  patch(made, 0, 1, 0, -14, ...npcs, 1, 1, 10, 1.5, ...PAID);
  assert.deepEqual([names(), made.state.npcs.get(10).x], [["added npcs.10"], 1.5]);
});

test("a snapshot keeps the table and the objects of rows that stay", () => {
  const made = world();
  const { npcs: rows } = made.state;
  const [ten, twelve] = [rows.get(10), rows.get(12)];
  patch(made, -15, ...npcs, 1, 10, 8.5, -14, ...npcs, 5, 1, 20, 1.5, ...PAID);
  const events = record(made, "npcs", "npcs.*.x");
  const gone = rows.get(20);
  made.applySnapshot(snapshot());
  assert.deepEqual(events, [["removed", gone, "npcs.20"], ["changed", 1.5, 8.5, "npcs.10.x"]]);
  assert.ok(made.state.npcs === rows && rows.get(10) === ten && rows.get(12) === twelve && ten.x === 1.5);
});

test("an object outlives a refused payload", () => {
  const made = world();
  const { npcs: rows } = made.state;
  const ten = rows.get(10);
  const events = record(made, "npcs", "npcs.*.x");
  assert.throws(() => patch(made, -16, ...npcs, 1, 10, -15, ...npcs, 1, 99, 1.5), PeerError);
  made.applySnapshot(snapshot());
  assert.deepEqual([rows.get(10) === ten, ten.x, events], [true, 1.5, []]);
});

test("where nobody listens no row gets an object", () => {
  const made = world();
  made.onChange("round", () => assert.fail());
  patch(made, -15, ...npcs, 1, bin(0, 10, 3), column(Float32Array.of(1, 2, 3)), -16, ...npcs, 1, 10);
  assert.equal(Rows.store(made.state.npcs).objects.size, 0);
});

test("a table is told as JSON by ids", () => {
  const made = world();
  patch(made, -16, ...npcs, 1, bin(0, 10, 2));
  assert.deepEqual(made.toJSON(), { npcs: { 12: { x: 3.5 } }, round: 1 });
});

test("a row shows the names that a class has, whatever they are", () => {
  const kind = new Replica(outline([["R", -1, [["t", 4, 0, 1]]], ["N", -1, [["constructor", 0, 0, ["int8"]], ["toString", 0, 0, ["int8"]]]]]));
  kind.applySnapshot(payload(0, FINGERPRINT, -1, 0, 1, 0, -14, 0, 0, 0, 0, 3, 5, 1, 2, ...PAID));
  const row = kind.state.t.get(5);
  assert.deepEqual([row.constructor, row.toString, Row.values(row)], [1, 2, { constructor: 1, toString: 2 }]);
  assert.equal(typeof Store, "function");
});

/** @type {Record<string, any[]>} */
const REFUSED = {
  "a cell below zero": [-14, ...npcs, -1, 0, 20, ...PAID],
  "a bit without a field": [-14, ...npcs, 0, 64, 20, 1, ...PAID],
  "rows that nothing pays for": [-14, ...npcs, 0, 0, bin(0, 20, 9)],
  "a column of too few values": [-14, ...npcs, 0, 1, bin(0, 20, 2), bin(0, 0, 0, 0), ...PAID],
  "an array where a bin is due": [-14, ...npcs, 0, 4, bin(0, 20, 2), [1, 1], ...PAID],
  "nil in a row": [-15, ...npcs, 1, 10, null],
  "a value that the field does not hold": [-15, ...npcs, 4, 10, 2],
  "a value in a bin that the field does not hold": [-15, ...npcs, 4, bin(0, 10, 2), bin(0, 2)],
  "a row that is not there": [-15, ...npcs, 1, 13, 1.5],
  "a write without fields": [-15, ...npcs, 0, 10],
  "a veil without fields": [-19, ...npcs, 0],
  "nil where ids are due": [-16, ...npcs, 1, null],
  "keeping what is no id": [-18, ...npcs, 1, "a"],
  "dropping more cells than are paid for": [-17, ...npcs, bin(0, 0, 100)],
  "a table that is another field": [-14, 0, 1, 0, 0, 0, 20, ...PAID],
  "an entry for a table": [-3, ...npcs, "a", 1],
  "values for a table": [-6, ...npcs, 1],
};

for (const [what, items] of Object.entries(REFUSED)) {
  test(`${what} is refused, and a snapshot mends it`, () => {
    const made = world();
    assert.throws(() => patch(made, ...items), PeerError);
    assert.throws(() => made.applyPatch(payload(0)), PeerError);
    made.applySnapshot(snapshot());
    assert.deepEqual([[...made.state.npcs.ids], made.state.npcs.get(10).x, made.inStep], [[10, 11, 12], 1.5, true]);
  });
}

test("classes that cannot be rows are refused", () => {
  const table = ["npcs", 4, 0, 1];
  for (const classes of [
    [["R", -1, [["npcs", 4, 0, ["int8"]]]]],
    [["R", -1, [["npcs", 4, 1, 1]]], ["N", -1, []]],
    [["R", -1, [table]], ["N", -1, [["name", 0, 0, ["str"]]]]],
    [["R", -1, [table]], ["N", -1, [["x", 0, 1, ["int8"]]]]],
    [["R", -1, [table]], ["N", -1, [["x", 1, 0, ["int8"]]]]],
    [["R", -1, [table]], ["N", -1, [["x", 0, 0, 0]]]],
    [["R", -1, [table]], ["N", -1, []], ["M", 1, []]],
    [["R", -1, [["npcs", 5, 0, 1]]], ["N", -1, []]],
  ]) {
    assert.throws(() => new Replica(outline(classes)), PeerError, JSON.stringify(classes));
  }
});

test("a snapshot makes no objects of rows, also when somebody listens", (t) => {
  const made = world();
  made.onChange("npcs.*.x", () => {});
  const entries = t.mock.method(Rows.prototype, "entries");
  made.applySnapshot(snapshot());
  assert.equal(entries.mock.callCount(), 0);
});
