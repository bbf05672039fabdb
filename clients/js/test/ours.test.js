import assert from "node:assert/strict";
import fs from "node:fs";
import { test } from "node:test";

import { Packr, unpack } from "msgpackr";

import { bodyOf, encodeLetter, isOurs, readOurs, writeLetter, writeOurs } from "../src/ours.js";

const packer = new Packr();
const vector = JSON.parse(fs.readFileSync(new URL("../../../tests/vectors/client/messages.json", import.meta.url), "utf8"));

const frameOf = (/** @type {any} */ { type, payload }) => Uint8Array.of(0x0d, 0xa0 | type.length, ...Buffer.from(type), ...Buffer.from(payload, "hex"));
/** What is read of those that have no meaning for the room. */
const IGNORED = ["latency"];

test("there are messages of both sides", () => {
  assert.ok(vector.messages.length > 10);
  assert.ok(vector.messages.some((/** @type {any} */ { from }) => from === "node"));
});

for (const message of vector.messages.filter((/** @type {any} */ { from }) => from === "node")) {
  test(`the server says ${message.means}`, () => {
    const frame = frameOf(message);
    assert.ok(isOurs(frame));
    const { type, body } = readOurs(frame, packer);
    assert.equal(`__nexus.${type}`, message.type);
    if (!IGNORED.includes(type)) assert.deepEqual(body, message.value);
  });
}

for (const { type, value, payload, means } of vector.messages.filter((/** @type {any} */ { from }) => from === "client")) {
  test(`we say ${means}`, () => {
    // Standard msgpack, while the SDK's way to write objects is another one.
    const hex = Buffer.from(payload, "hex");
    const letter = value?.[2]?.$bytes === undefined ? value : [value[0], value[1], Uint8Array.from(unpack(hex)[2]), true];
    let written;
    if (type === "__nexus.out" || type === "__nexus.command") {
      const [id, ...parts] = letter;
      written = writeLetter(type === "__nexus.out" ? "out" : "command", id, encodeLetter(parts, packer), packer);
      assert.deepEqual(bodyOf(encodeLetter(parts, packer), packer), parts[1]);
    } else {
      written = writeOurs(type.replace("__nexus.", ""), value, packer);
    }
    const end = 2 + type.length;
    assert.equal(Buffer.from(written.subarray(0, end)).toString("latin1"), `\r${String.fromCharCode(0xa0 | type.length)}${type}`);
    assert.deepEqual(unpack(Buffer.from(written.subarray(end))), unpack(hex));
  });
}

test("other messages are not ours", () => {
  for (const bytes of [[], [0x0d], [0x0d, 0xa1, 0x61], [0x0e, ...Buffer.from("\xa9__nexus.a", "latin1")]]) {
    assert.equal(isOurs(Uint8Array.from(bytes)), false);
  }
});

test("a type that only begins as ours does is not ours, whatever follows it", () => {
  for (const length of [0, 3, 7]) {
    assert.equal(isOurs(Uint8Array.from([0x0d, 0xa0 | length, ...Buffer.from("__nexus.ack"), 1])), false);
  }
});

test("bytes are copied into a frame as a whole, not one by one", () => {
  const packed = Uint8Array.of(5);
  Object.defineProperty(packed, Symbol.iterator, { value: () => assert.fail("one by one") });
  const frame = writeOurs("ack", 5, { pack: () => packed, unpack });
  assert.equal(frame.at(-1), 5);
});

test("bodies that the server cannot send are refused", () => {
  const refused = {
    ack: [-1, 1.5, null, "1"],
    commanded: [-1, 0.5, null, []],
    saved: [1, [], [1], [1, -1], [-1, 1], [1, "2"], { saved: 1 }],
    verdict: [1, [], [1], [1, 3], [1, "0"], [-1, 0], [0.5, 0], { id: 1 }],
  };
  for (const [type, bodies] of Object.entries(refused)) {
    for (const body of bodies) {
      const frame = writeOurs(type, body, packer);
      assert.throws(() => readOurs(frame, packer), { name: "PeerError" }, `${type} ${JSON.stringify(body)}`);
    }
  }
});
