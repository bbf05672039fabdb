import assert from "node:assert/strict";
import { test } from "node:test";

import { PeerError, Replica } from "../src/index.js";
import { outline, patch, single } from "./support/game.js";
import { bin, column, payload } from "./support/writer.js";

/** Type, a value alone, the same in a bin, what it is in JavaScript. */
const CASES = [
  [["bool"], true, bin(1), true],
  [["int8"], -128, bin(128), -128],
  [["int16"], -2, column(Int16Array.of(-2)), -2],
  [["int32"], -2147483648, column(Int32Array.of(-2147483648)), -2147483648],
  [["uint8"], 255, bin(255), 255],
  [["uint16"], 65535, bin(255, 255), 65535],
  [["uint32"], 4294967295, bin(255, 255, 255, 255), 4294967295],
  [["int64"], -(2n ** 63n), column(BigInt64Array.of(-(2n ** 63n))), -(2n ** 63n)],
  [["int64"], 5, column(BigInt64Array.of(5n)), 5n],
  [["uint64"], 2n ** 64n - 1n, column(BigUint64Array.of(2n ** 64n - 1n)), 2n ** 64n - 1n],
  [["float32"], 0.5, column(Float32Array.of(0.5)), 0.5],
  [["float32"], NaN, column(Float32Array.of(NaN)), NaN],
  [["float64"], 0.1, column(Float64Array.of(0.1)), 0.1],
  [["float64"], 3, column(Float64Array.of(3)), 3],
  [["quantized", 0, 100, 8, 0], 51, bin(51), 0 + (51 / 255) * 100],
  [["quantized", -1, 1, 16, 0], 32767, bin(255, 127), 0],
  [["quantized", 0, 6, 32, 1], 2 ** 31, bin(0, 0, 0, 128), 3],
  [["datetime"], 1000, column(BigInt64Array.of(1000n)), new Date(1000)],
  [["enum", "A", "B"], 1, bin(1), "B"],
  [["enum", ...Array.from({ length: 300 }, (_, i) => `N${i}`)], 299, bin(43, 1), "N299"],
];

for (const [type, one, many, value] of CASES) {
  const name = `${type.slice(0, 5)}`;
  test(`${name} alone and in a bin is ${String(value)}`, () => {
    assert.deepEqual(single([["v", 0, 0, type]], one).state.v, value);
    assert.deepEqual(single([["v", 0, 0, type]], many).state.v, value);
    // A watched field takes another way.
    const watched = new Replica(outline([["Root", -1, [["v", 2, 0, type]]]]));
    watched.onChange("v.*", () => {});
    watched.applySnapshot(payload(0, bin(1, 2, 3, 4, 5, 6, 7, 8), -1, 0, 1, 0, -9, 0, 0, 0, 0, many, null));
    assert.deepEqual(watched.state.v, [value]);
  });
}

test("wide types stand by themselves", () => {
  const made = single([["s", 0, 0, ["str"]], ["b", 0, 0, ["bytes"]], ["n", 0, 0, ["number"]]], "é", bin(1, 2), 0.5);
  assert.deepEqual({ ...made.state }, { s: "é", b: bin(1, 2), n: 0.5 });
});

test("a full turn of a wrapped value stands by itself, although no column has it", () => {
  const type = ["quantized", 0, 6, 32, 1];
  assert.equal(single([["v", 0, 0, type]], 2 ** 32).state.v, 6);
  for (const q of [2 ** 32 + 1, -1]) assert.throws(() => single([["v", 0, 0, type]], q), PeerError);
});

test("what a type does not hold is refused", () => {
  const wrong = [
    [["bool"], 1], [["bool"], bin(2)], [["int8"], 128], [["uint8"], -1], [["uint8"], 1.5], [["uint16"], bin(1)], [["uint8"], null],
    [["int64"], 2n ** 63n], [["uint64"], -1], [["float32"], 0.1], [["float64"], "1"], [["float64"], 2n ** 60n],
    [["quantized", -1, 1, 8, 0], 255], [["quantized", -1, 1, 8, 0], bin(255)], [["datetime"], 2n ** 62n],
    [["datetime"], column(BigInt64Array.of(2n ** 62n))], [["enum", "A"], 1], [["enum", "A"], bin(1)], [["number"], NaN],
    [["str"], bin(65)], [["bytes"], "a"], [["uint8"], [1]], [["uint8"], bin()], [["uint8"], bin(1, 2)],
  ];
  for (const [type, one] of wrong) {
    assert.throws(() => single([["v", 0, 0, type]], one), PeerError, `${type} ${String(one)}`);
  }
});

test("an optional value may be nil, alone and among others", () => {
  const made = single([["v", 0, 1, ["uint8"]], ["e", 2, 0, 0]], null);
  assert.equal(made.state.v, null);
  patch(made, -1, 0, 1, bin(0, 1, 2), [null, 7], -9, 0, 1, 0, 0, bin(0, 1, 2), ...Array(12).fill(null));
  assert.deepEqual(made.state.e.map((/** @type {any} */ each) => each.v), [null, 7]);
});

test("bytes are no part of the payload's memory", () => {
  const made = single([["b", 2, 0, ["bytes"]]]);
  const bytes = payload(0, -9, 0, 0, 0, 0, [bin(1), bin(2)]);
  made.applyPatch(bytes);
  bytes.fill(0);
  assert.deepEqual(made.state.b, [bin(1), bin(2)]);
});

test("at most 64 classes stand above one", () => {
  const chain = (/** @type {number} */ count) => Array.from({ length: count }, (_, i) => [`C${i}`, i - 1, []]);
  new Replica(outline(chain(65)));
  assert.throws(() => new Replica(outline(chain(66))), PeerError);
});

test("an outline that cannot be is refused", () => {
  const field = (/** @type {any} */ held, shape = 0, optional = 0) => [["R", -1, [["f", shape, optional, held]]]];
  const wrong = [
    field(["complex"]), field(["int8", 1]), field(["enum"]), field(["quantized", 1, 1, 8, 0]), field(["quantized", 0, 1, 9, 0]),
    field(["quantized", 0, Infinity, 8, 0]), field(5), field(-1), field(0, 3), field(["str"], 4), field(["str"], 0, 2), field(["str"], 1, 1),
    [["R", -1, [["__proto__", 0, 0, ["str"]]]]], [["R", 0, []]], [["R", -2, []]], [["R", -1, Array(64).fill(null)]], [["R", -1, [["f", 0, 0, ["str"]], ["f", 0, 0, ["str"]]]]],
    [["R", -1, [["f", 0, 0, ["str"]]]], ["S", 0, []]], [["R", -1, [["f", 0, 0, ["str"]]]], ["S", 0, [["g", 0, 0, ["str"]]]]], [],
  ];
  for (const classes of wrong) assert.throws(() => new Replica(outline(classes)), PeerError, JSON.stringify(classes));
  assert.throws(() => new Replica(payload([2, bin(1, 2, 3, 4, 5, 6, 7, 8), 0, []])), PeerError);
  assert.throws(() => new Replica(payload([1, bin(1), 0, [["R", -1, []]]])), PeerError);
  assert.throws(() => new Replica(payload([1, bin(1, 2, 3, 4, 5, 6, 7, 8), 1, [["R", -1, []]]])), PeerError);
  assert.throws(() => new Replica(payload([1, bin(1, 2, 3, 4, 5, 6, 7, 8), 0, [["R", -1, []]]], null)), PeerError);
});
