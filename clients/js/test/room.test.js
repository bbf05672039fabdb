import "./support/fake_socket.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { Room } from "../src/room.js";
import { lay, patch, reported } from "./support/sit.js";
import { ours, resumed } from "./support/table.js";
import { payload } from "./support/writer.js";

/** @type {import("./support/table.js").Table} */
let table;

test("the state is that of the replica, and callbacks hear of it", async () => {
  const { room, socket } = await (table = lay()).sit();
  /** @type {any[]} */
  const heard = [];
  room.onChange("round", (/** @type {number} */ now, /** @type {number} */ before) => heard.push([before, now]));
  room.onStateChange((/** @type {any} */ state) => heard.push(state.round));
  socket.say(...patch(0, 5));
  assert.equal(room.state, room.replica.state);
  assert.equal(room.state.players.get("ann").hp, 100);
  assert.deepEqual(heard, [[1, 5], 5]);
});

test("messages go by the outbox until they are acknowledged", async () => {
  const { room, socket } = await (table = lay()).sit();
  room.send("move", [1, 2]);
  room.send("jump");
  room.send(7, null);
  room.sendBytes("raw", Uint8Array.of(1, 2));
  const said = table.said();
  assert.deepEqual(said.slice(0, 4), [[10], ["out", [1, "move", [1, 2]]], ["out", [2, "jump"]], ["out", [3, 7, null]]]);
  assert.deepEqual([said[4][1][0], [...said[4][1][2]], said[4][1][3]], [4, [1, 2], true]);
  assert.equal(room.outbox.size, 4);
  socket.say(...ours("ack", 3));
  assert.equal(room.outbox.size, 1);
});

test("what does not fit into the outbox is refused at once, and nothing of it is kept", async () => {
  const { room } = await (table = lay({ outbox: { maxMessages: 1 } })).sit();
  room.send("a");
  assert.throws(() => room.send("b"), { name: "OutboxFullError" });
  assert.equal(room.outbox.size, 1);
  assert.deepEqual(table.said().slice(1), [["out", [1, "a"]]]);
});

test("types that nobody may send are refused", async () => {
  const { room } = await (table = lay()).sit();
  assert.throws(() => room.send("__nexus.ping"), TypeError);
  assert.throws(() => room.send(undefined), TypeError);
  assert.throws(() => room.sendBytes("a", "text"), TypeError);
  assert.equal(room.outbox.size, 0);
});

test("a silent server is noticed, and one that says anything is not silent", async () => {
  const { room, socket } = await (table = lay()).sit();
  for (let i = 0; i < 20; i++) {
    table.advance(1000);
    socket.say(...patch(i, i));
  }
  assert.deepEqual(table.events, []);
  table.advance(9000);
  assert.deepEqual(table.events, []);
  table.advance(3010);
  assert.ok(socket.isGivenUp);
  assert.deepEqual(table.events[0], ["drop", { code: 1006, reason: "the server is silent" }]);
  assert.equal(room.quality.level, "offline");
});

test("a page whose timers slept does not take that for silence", async () => {
  const { socket } = await (table = lay()).sit();
  socket.say(...ours("pong", [1, table.time + 0.5]));
  table.time += 60_000;
  table.advance(2000);
  assert.deepEqual(table.spoken().at(-1), ["ping", 2]);
  table.advance(6000);
  assert.deepEqual(table.events, []);
  table.time += 60_000;
  socket.say(...ours("pong", [2, table.time + 0.5]));
  table.advance(2000);
  assert.deepEqual(table.events, []);
});

test("pings measure the connection and the time of the server", async () => {
  const { room, socket } = await (table = lay()).sit();
  assert.equal(room.quality.level, "unknown");
  assert.deepEqual(table.spoken().at(-1), ["ping", 1]);
  table.advance(50);
  socket.say(...ours("pong", [1, table.time + 5000.5]));
  assert.deepEqual(table.measures, [
    ["latency", { latency: 50, loss: 0 }],
    ["connectionQuality", { level: "excellent", latency: 50, loss: 0, previous: "unknown" }],
  ]);
  assert.equal(room.serverTime(), table.time + 5025.5);
  table.advance(1950);
  assert.deepEqual(table.spoken().at(-1), ["ping", 2]);
  socket.say(...ours("pong", [99, 1]));
  assert.equal(table.measures.length, 2);
});

test("nobody hears the messages that are ours", async () => {
  const { room, socket } = await (table = lay()).sit();
  /** @type {any[]} */
  const heard = [];
  room.onMessage("*", (/** @type {any} */ type) => heard.push(type));
  socket.say(...ours("latency", 1));
  socket.say(...ours("ack", 0));
  socket.say(...ours("of-the-future", null));
  socket.say(0x0d, ...payload("hello", 1));
  assert.deepEqual(heard, ["hello"]);
  assert.equal(table.events.length, 0);
});

test("what the server had to drop is reported", async () => {
  const { room, socket } = await (table = lay()).sit();
  room.send("a", 1);
  room.send("b");
  socket.say(...ours("refused", [1, "the room is busy"]));
  assert.deepEqual(table.events, [["undelivered", [{ id: 1, type: "a", body: 1, reason: "the room is busy" }]]]);
  assert.equal(room.outbox.size, 1);
});

test("leaving is told to the server, and ends even if that is silent", async () => {
  const { room, socket } = await (table = lay()).sit();
  let code;
  room.leave().then((/** @type {number} */ value) => (code = value));
  assert.deepEqual(table.said().at(-1), [12]);
  table.advance(12_010);
  await Promise.resolve();
  assert.ok(socket.isGivenUp);
  assert.equal(code, 4000);
  assert.deepEqual(table.events, [["leave", { code: 4000, reason: "the server is silent" }]]);
});

test("leaving without consent comes to an end as well", async () => {
  const { room } = await (table = lay()).sit();
  assert.equal(await room.leave(false), 1005);
  assert.deepEqual(table.names, ["leave"]);
});

test("a kick is no loss", async () => {
  const { room, socket } = await (table = lay()).sit();
  /** @type {any[]} */
  const told = [];
  room.onLeave((/** @type {number} */ code, /** @type {string} */ reason) => told.push(code, reason));
  socket.end(4005, "cheater");
  assert.deepEqual(table.events, [["leave", { code: 4005, reason: "cheater" }]]);
  assert.deepEqual(told, [4005, "cheater"]);
});

test("a seat for another serializer is refused with the reason", async () => {
  await assert.rejects((table = lay()).sit({ serializer: "schema" }), /reserved for the serializer schema, not for nexus/);
});

test("a listener that throws does not stop the others, nor the room", async () => {
  const { room, socket } = await (table = lay()).sit();
  /** @type {string[]} */
  const heard = [];
  const fail = (/** @type {string} */ what) => () => {
    throw new Error(what);
  };
  room.onChange("round", fail("change"));
  room.onStateChange(fail("state"));
  room.onMessage("hi", fail("message"));
  room.onMessage("hi", () => heard.push("hi"));
  room.on("drop", fail("drop"));
  room.on("drop", () => heard.push("drop"));
  room.onReconnect(fail("back"));
  socket.say(...patch(0, 5));
  socket.say(0x0d, ...payload("hi", 1));
  socket.end(1006);
  table.comeBack();
  table.socket.say(...resumed(1, "patches"));
  assert.deepEqual(heard, ["hi", "drop"]);
  assert.deepEqual(reported, ["change", "state", "message", "drop", "back"]);
  assert.equal(table.names.at(-1), "reconnected");
});

test("the ways of the SDK stay when all listeners are removed", async () => {
  const { room, socket } = await (table = lay()).sit();
  let calls = 0;
  room.onChange("round", () => calls++);
  room.removeAllListeners();
  socket.say(...patch(0, 5));
  room.on("leave", () => calls++);
  socket.end(1006);
  table.comeBack();
  assert.deepEqual(table.said()[0], ["resume", { version: 1 }]);
  const leaving = room.leave();
  table.socket.end(4000);
  assert.equal(await leaving, 4000);
  assert.equal(calls, 1);
});

test("settings that cannot be are refused", () => {
  for (const settings of [{ silence: 0 }, { pingInterval: NaN }, { outbox: { maxBytes: -1 } }, { reconnection: { delay: -1 } }]) {
    assert.throws(() => new Room("arena", settings), RangeError);
  }
});

test("nothing at all, and a number in a text, count as the number that they are", () => {
  for (const none of [null, "0", 0]) new Room("arena", { reconnection: /** @type {any} */ ({ delay: none, minUptime: none }) });
});

test("names that every object has are types of messages like any other", async () => {
  const { room, socket } = await (table = lay()).sit();
  /** @type {any[]} */
  const heard = [];
  const names = ["constructor", "toString", "__proto__", "hasOwnProperty"];
  for (const name of names) socket.say(0x0d, ...payload(name, 1));
  room.onMessage("*", (/** @type {string} */ type, /** @type {any} */ body) => heard.push([type, body]));
  for (const name of names) socket.say(0x0d, ...payload(name, 2));
  room.onMessage("constructor", (/** @type {any} */ body) => heard.push(body));
  socket.say(0x0d, ...payload("constructor", 3));
  room.removeAllListeners();
  for (const name of names) socket.say(0x0d, ...payload(name, 4));
  assert.deepEqual(heard, [...names.map((name) => [name, 2]), 3]);
  assert.deepEqual([table.events, reported], [[], []]);
  assert.ok(!socket.isGivenUp);
});
