// Tests of what the pages for developers work out without a page.

import assert from "node:assert/strict";
import { test } from "node:test";

const at = (name) => new URL(`../../nexus/page/static/${name}`, import.meta.url);
const { change, patterns } = await import(at("calls.js"));
const { Ring } = await import(at("ring.js"));
const { readHex, readOptions, readValue, scalar, writeBrief, writeHex, writeValue } = await import(at("value.js"));

test("what was typed is read as JSON, and nothing as no payload", () => {
  assert.equal(readValue(""), undefined);
  assert.equal(readValue(" \n"), undefined);
  assert.equal(readValue("null"), null);
  assert.deepEqual(readValue('{"a": [1, "x", true]}'), { a: [1, "x", true] });
});

test("what JSON lacks is read from objects of one key, however deep", () => {
  const read = readValue('{"b": {"$bytes": "00fF"}, "d": [{"$date": "2026-01-31T12:00:00Z"}], "i": {"$bigint": "-9007199254740993"}}');
  assert.deepEqual(read, { b: Uint8Array.of(0, 255), d: [new Date(Date.UTC(2026, 0, 31, 12))], i: -9007199254740993n });
  assert.deepEqual(readValue('{"$bytes": "00", "more": 1}'), { $bytes: "00", more: 1 });
  assert.deepEqual(readValue('{"$other": 1, "constructor": 2}'), { $other: 1, constructor: 2 });
  assert.deepEqual(readValue('{"constructor": 1}'), { constructor: 1 });
});

test("what is wrong is said in words", () => {
  assert.throws(() => readValue('{"a": 1,\n  b}'), /not JSON: .*line 2 column 3/);
  assert.throws(() => readValue('{"$bytes": "0"}'), /hexadecimal/);
  assert.throws(() => readValue('{"$date": "soon"}'), /no time/);
  for (const text of ["1.5", "", "1e5", "9".repeat(50)]) {
    assert.throws(() => readValue(JSON.stringify({ $bigint: text })), /no whole number/);
  }
});

test("join options are an object", () => {
  assert.deepEqual(readOptions(""), {});
  assert.deepEqual(readOptions('{"a": 1, "constructor": 2}'), { a: 1, constructor: 2 });
  for (const text of ["[]", "1", '"x"', '{"$bytes": "00"}', "{"]) assert.throws(() => readOptions(text), /JSON/);
});

test("bytes are digits, with spaces for people", () => {
  assert.deepEqual(readHex(" 00 fF\n7f"), Uint8Array.of(0, 255, 127));
  assert.equal(writeHex(readHex("")), "");
  for (const text of ["0", "0x00", "gg", "000"]) assert.throws(() => readHex(text), /hexadecimal/);
});

test("values are written on one line, whatever they are", () => {
  const value = { m: new Map([["a", 1n]]), s: new Set(["x"]), l: [null, undefined, true], d: new Date(0), b: Uint8Array.of(1), n: -0, hidden: undefined };
  assert.equal(writeValue(value), '{"m": {"a": 1n}, "s": Set["x"], "l": [null, undefined, true], "d": 1970-01-01T00:00:00.000Z, "b": <01>, "n": 0}');
  assert.equal(writeValue(new Date(NaN)), "no date");
});

test("a float32 is written without its dust, a float64 whole", () => {
  for (const number of [0.1, 16.6, 3.4e38, 1e-30, 123456.78]) assert.equal(scalar(Math.fround(number)), String(number));
  assert.equal(scalar(0.1 + 0.2), "0.30000000000000004");
  assert.equal(scalar(NaN), "NaN");
});

test("at a glance numbers have three decimals, and what is tiny is not nothing", () => {
  assert.equal(writeBrief({ x: 412.12345678901234, y: [-0.5, 7] }, 90), '{"x": 412.123, "y": [-0.5, 7]}');
  assert.equal(writeBrief([0.00001234, 0, -0, 1e300, NaN, -Infinity, 2 ** 53], 90), "[0.00001, 0, 0, 1e+300, NaN, -Infinity, 9007199254740992]");
  assert.equal(writeBrief("x".repeat(99), 20).length, 21);
});

test("a change is told in short, and in full where short says nothing", () => {
  assert.deepEqual(change(0.12345, 7.98765), { text: "0.123 → 7.988", full: "0.12345 → 7.98765" });
  assert.equal(change(0.12345, 0.12349).text, "0.12345 → 0.12349");
});

test("what is huge costs no more than what is large", () => {
  let touched = 0;
  const long = new Proxy([], {
    get(target, name) {
      if (name === Symbol.iterator) {
        return function* () {
          for (let i = 0; i < 1e6; i += 1) {
            touched += 1;
            yield i;
          }
        };
      }
      return Reflect.get(target, name);
    },
  });
  assert.ok(writeValue(new Map([["long", long], ["text", "x".repeat(1e6)]]), 100).length <= 101);
  assert.ok(touched < 100);
  const ring = {};
  ring.inner = ring;
  assert.ok(writeValue(ring).length < 2100);
});

test("a ring keeps the last, and counts all", () => {
  const ring = new Ring(3);
  for (let i = 1; i <= 20; i += 1) {
    ring.push(i);
    assert.ok(ring.items.length < 6);
  }
  assert.deepEqual(ring.last(9), [18, 19, 20]);
  assert.deepEqual(ring.last(1), [20]);
  assert.equal(ring.count, 20);
  ring.clear();
  assert.deepEqual(ring.last(3), []);
});

test("all that a state declares can be listened for, without following a class into itself", () => {
  const field = (name, shape, holds = "") => ({ name, shape, holds, type: "", limited: false });
  const card = {
    root: "World",
    classes: {
      World: [field("players", "map", "Player"), field("tags", "set"), field("log", "list"), field("leader", "one", "Player"), field("n", "one")],
      Player: [field("x", "one"), field("friend", "one", "Player")],
    },
  };
  const found = patterns(card).map(({ path, what }) => `${what} ${path.join(".")}`);
  assert.deepEqual(found, [
    "entry players",
    "value players.*.x",
    "entry players.*.friend",
    "entry tags",
    "entry log",
    "value log.*",
    "entry leader",
    "value leader.x",
    "entry leader.friend",
    "value n",
  ]);
});
