import "./support/fake_socket.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { snapshot } from "./support/game.js";
import { lay, patch, reported } from "./support/sit.js";
import { ours } from "./support/table.js";

/** @type {import("./support/table.js").Table} */
let table;

/** What was said on the console, which a test keeps from there. */
const warnings = () => /** @type {any} */ (console.warn).mock.calls.map((/** @type {any} */ call) => call.arguments);

test("a patch that does not fit is mended by a snapshot, with the outline", async () => {
  const { room, socket } = await (table = lay()).sit();
  /** @type {any[]} */
  const errors = [];
  room.onError((/** @type {number} */ code, /** @type {string} */ text) => errors.push(code, text));
  socket.say(...patch(5, 1));
  assert.deepEqual(errors, [4002, "a patch with check 5 does not lead from version 0"]);
  assert.ok(socket.isGivenUp);
  table.comeBack();
  assert.equal(table.socket.url.searchParams.has("skipHandshake"), false);
  assert.deepEqual(table.said(), [[10]]);
  table.socket.say(0x0e, ...snapshot());
  assert.deepEqual(table.events.at(-1), ["reconnected", { attempts: 1, how: "snapshot" }]);
  table.socket.say(...patch(0, 5));
  assert.equal(room.state.round, 5);
});

test("a server that never speaks the protocol is left", async () => {
  await (table = lay()).sit();
  for (let i = 0; i < 3; i++) {
    table.socket.say(...patch(5, 1));
    table.comeBack();
    table.socket.say(0x0e, ...snapshot());
  }
  assert.equal(table.names.filter((name) => name === "reconnected").length, 3);
  assert.deepEqual(warnings(), []);
  table.socket.say(...patch(5, 1));
  const reason = "a patch with check 5 does not lead from version 0";
  assert.deepEqual(table.events.at(-1), ["leave", { code: 4002, reason }]);
  assert.deepEqual(warnings(), [[`nexus-client: let go, 4002: ${reason}`]]);
});

test("what was mended more than a minute ago does not count", async () => {
  await (table = lay()).sit();
  for (let i = 0; i < 5; i++) {
    table.socket.say(...patch(5, 1));
    table.comeBack();
    table.socket.say(0x0e, ...snapshot());
    assert.equal(table.names.at(-1), "reconnected");
    table.time += 20_000;
  }
});

/** @type {[string, number[]][]} */
const NONSENSE = [
  ["an acknowledgement of what was never sent", ours("ack", 1)],
  ["an acknowledgement that is no number", ours("ack", "1")],
  ["an acknowledgement below zero", ours("ack", -1)],
  ["a pong without a time", ours("pong", [1])],
  ["a pong at no time", ours("pong", [1, NaN])],
  ["a refusal without a reason", ours("refused", [1, 2])],
  ["half a message of ours", ours("ack").slice(0, -1)],
  ["a return of nothing", ours("resumed", null)],
  ["half a message of the author's", [0x0d, 0xa1, 0x61, 0x92, 1]],
];
for (const [what, frame] of NONSENSE) {
  test(`${what} does not hurt`, async () => {
    const { socket } = await (table = lay()).sit();
    socket.say(...frame);
    assert.deepEqual([table.names[0], table.events[0][1].code], ["drop", 4010]);
    assert.deepEqual(reported, []);
  });
}

test("text, empty frames and unknown opcodes do not hurt", async () => {
  const { room, socket } = await (table = lay()).sit();
  socket.say();
  socket.say(31);
  assert.deepEqual(table.events, []);
  socket.onmessage({ data: "4000000000" });
  assert.equal(table.events[0][1].reason, "a frame of text");
  assert.equal(room.state.round, 1);
});
