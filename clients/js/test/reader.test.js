import assert from "node:assert/strict";
import { test } from "node:test";

import { PeerError } from "../src/index.js";
import { ARRAY, BIN, BOOL, END, FLOAT, INT, NIL, Reader, STR } from "../src/reader.js";
import { bin, payload } from "./support/writer.js";

const of = (/** @type {number[]} */ ...bytes) => new Reader(bin(...bytes));

test("an int may have any width", () => {
  const cases = [
    [[0x05], 5], [[0x7f], 127], [[0xff], -1], [[0xe0], -32], [[0xcc, 5], 5], [[0xcd, 0, 5], 5],
    [[0xce, 0, 0, 0, 5], 5], [[0xcf, 0, 0, 0, 0, 0, 0, 0, 5], 5], [[0xd0, 0xfb], -5], [[0xd1, 0xff, 0xfb], -5],
    [[0xd2, 255, 255, 255, 0xfb], -5], [[0xd3, 255, 255, 255, 255, 255, 255, 255, 0xfb], -5],
    [[0xcf, 0, 0x1f, 255, 255, 255, 255, 255, 255], Number.MAX_SAFE_INTEGER],
  ];
  for (const [bytes, value] of cases) {
    assert.equal(of(.../** @type {number[]} */ (bytes)).int(), value);
    assert.equal(of(.../** @type {number[]} */ (bytes)).bigint(), BigInt(/** @type {number} */ (value)));
  }
});

test("an int that a number does not hold is refused, but for a bigint", () => {
  const bytes = [0xcf, 0, 0x20, 0, 0, 0, 0, 0, 0];
  assert.throws(() => of(...bytes).int(), PeerError);
  assert.equal(of(...bytes).bigint(), 2n ** 53n);
  assert.equal(of(...bytes).number(), 2 ** 53);
  assert.throws(() => of(0xcf, 0, 0x20, 0, 0, 0, 0, 0, 1).number(), PeerError);
});

test("a mask has up to 63 bits", () => {
  const reader = of(0xcf, 0x40, 0, 0, 1, 0x80, 0, 0, 2, 0x05);
  reader.mask();
  assert.deepEqual([reader.high, reader.low], [0x40000001, 0x80000002]);
  reader.mask();
  assert.deepEqual([reader.high, reader.low], [0, 5]);
  assert.throws(() => of(0xcf, 0x80, 0, 0, 0, 0, 0, 0, 0).mask(), PeerError);
  assert.throws(() => of(0xff).mask(), PeerError);
});

test("a number is a float or an int", () => {
  assert.equal(of(0xca, 0x3f, 0x80, 0, 0).number(), 1);
  assert.equal(of(0xcb, 0xbf, 0xf8, 0, 0, 0, 0, 0, 0).number(), -1.5);
  assert.equal(of(7).number(), 7);
  assert.throws(() => of(0xa0).number(), PeerError);
});

test("a str is strict UTF-8 and keeps its byte order mark", () => {
  for (const text of ["", "ann", "é", "😀x", "\ufeffa", "k".repeat(40), "ö".repeat(100), "\0"]) {
    assert.equal(new Reader(payload(text)).str(), text);
  }
  assert.throws(() => of(0xa2, 0xc3, 0x28).str(), PeerError);
  assert.throws(() => of(0xa3, 0xed, 0xa0, 0x80).str(), PeerError);
});

test("a bin is bytes of its own", () => {
  const bytes = payload(bin(1, 2, 3));
  const read = new Reader(bytes).bin();
  bytes.fill(0);
  assert.deepEqual(read, bin(1, 2, 3));
});

test("what is cut off is refused", () => {
  const wholes = [payload(70000), payload(-5n), payload(1.5), payload("some text that is longer than this"), payload(bin(1, 2))];
  for (const whole of wholes) {
    for (let size = 0; size < whole.length; size++) {
      const cut = whole.subarray(0, size);
      for (const read of /** @type {const} */ (["int", "bigint", "number", "str", "bin", "flag", "array", "mask"])) {
        assert.throws(() => new Reader(cut)[read](), PeerError);
      }
    }
  }
});

test("an array has no more items than bytes follow", () => {
  assert.equal(of(0x92, 1, 2).array(), 2);
  assert.equal(of(0xdc, 0, 1, 1).array(), 1);
  assert.throws(() => of(0xdd, 255, 255, 255, 255, 1).array(), PeerError);
});

test("what stands next is known", () => {
  const sorts = [[0x00, INT], [0xff, INT], [0xd3, INT], [0xc0, NIL], [0xc2, BOOL], [0xca, FLOAT], [0xa1, STR], [0xd9, STR], [0xc4, BIN], [0x90, ARRAY], [0xdc, ARRAY]];
  for (const [byte, sort] of sorts) assert.equal(of(byte).next, sort);
  assert.equal(of().next, END);
  for (const byte of [0x80, 0xc1, 0xc7, 0xd4, 0xde]) assert.throws(() => of(byte).int(), /another type/);
});

test("a view into larger memory is read in its bounds", () => {
  const memory = bin(9, 9, 0xcd, 1, 0, 9);
  const reader = new Reader(memory.subarray(2, 5));
  assert.equal(reader.int(), 256);
  assert.equal(reader.next, END);
});

test("values are counted before they are read", () => {
  const reader = of(0, 0);
  reader.count(16);
  assert.throws(() => reader.count(1), PeerError);
  assert.equal(reader.counted, 16);
});
