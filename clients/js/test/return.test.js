import { FakeSocket } from "./support/fake_socket.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { GAME, snapshot } from "./support/game.js";
import { lay, patch, reported } from "./support/sit.js";
import { ours, resumed } from "./support/table.js";
import { payload } from "./support/writer.js";

/** @type {import("./support/table.js").Table} */
let table;

test("a payload is sent as it was when it was sent", async () => {
  const { room, socket } = await (table = lay()).sit();
  const body = { at: 1 };
  room.send("move", body);
  body.at = 2;
  socket.end(1006);
  table.comeBack();
  table.socket.say(...ours("ack", 0));
  assert.deepEqual(table.said().at(-1), ["out", [1, "move", { at: 1 }]]);
});

test("a return: the events in order, the version told before the join is acknowledged, and only the rest is sent", async () => {
  const { room, socket } = await (table = lay()).sit();
  room.send("a");
  room.send("b");
  socket.end(1006, "gone");
  room.send("c");
  table.comeBack();
  assert.deepEqual(table.said(), [["resume", { version: 0 }], [10]]);
  table.socket.say(...ours("ack", 1));
  assert.deepEqual(table.said().slice(2), [["out", [2, "b"]], ["out", [3, "c"]]]);
  table.socket.say(...resumed(2, "patches"));
  room.on("reconnected", () => assert.equal(room.state.round, 9));
  assert.deepEqual(table.names, ["drop", "reconnecting"]);
  table.socket.say(...[0x0f, ...payload(64, 2, GAME, 32, 0, 9)]);
  assert.deepEqual(table.events, [
    ["drop", { code: 1006, reason: "gone" }],
    ["reconnecting", { attempt: 1, delay: 200, maxRetries: 15 }],
    ["reconnected", { attempts: 1, how: "patches" }],
  ]);
  assert.deepEqual(reported, []);
});

test("who missed nothing is whole at once", async () => {
  const { socket } = await (table = lay()).sit();
  socket.end(1006);
  table.comeBack();
  table.socket.say(...ours("ack", 0));
  table.socket.say(...resumed(0, "patches"));
  assert.deepEqual(table.events.at(-1), ["reconnected", { attempts: 1, how: "patches" }]);
});

test("who missed too much is whole with the snapshot, not before", async () => {
  const { socket } = await (table = lay()).sit();
  socket.end(1006);
  table.comeBack();
  table.socket.say(...ours("ack", 0));
  table.socket.say(...resumed(0, "snapshot"));
  assert.deepEqual(table.names, ["drop", "reconnecting"]);
  table.socket.say(0x0e, ...snapshot());
  assert.deepEqual(table.events.at(-1), ["reconnected", { attempts: 1, how: "snapshot" }]);
});

test("without a state a room is whole with the acknowledgement", async () => {
  const { room, socket } = await (table = lay()).sit({ serializer: "none" });
  socket.end(1006);
  table.comeBack({ serializer: "none" });
  assert.deepEqual(table.said(), [[10]]);
  assert.deepEqual(table.names, ["drop", "reconnecting"]);
  table.socket.say(...ours("ack", 0));
  assert.deepEqual(table.events.at(-1), ["reconnected", { attempts: 1, how: "none" }]);
  assert.equal(room.state, undefined);
});

test("attempts wait longer each time, by chance, and what the SDK tells of them stays with us", async () => {
  const { room, socket } = await (table = lay({ reconnection: { maxRetries: 3 } })).sit();
  let [drops, errors] = [0, 0];
  room.onDrop(() => drops++);
  room.onError(() => errors++);
  table.random = 0;
  socket.end(1006);
  for (let i = 0; i < 3; i++) {
    const count = FakeSocket.made.length;
    while (FakeSocket.made.length === count) table.advance(10);
    table.socket.onerror({});
    table.socket.end(1006);
  }
  assert.deepEqual(table.events, [
    ["drop", { code: 1006, reason: "" }],
    ["reconnecting", { attempt: 1, delay: 100, maxRetries: 3 }],
    ["reconnecting", { attempt: 2, delay: 200, maxRetries: 3 }],
    ["reconnecting", { attempt: 3, delay: 400, maxRetries: 3 }],
    ["reconnectionFailed", { code: 4003, reason: "no way back in 3 attempts" }],
    ["leave", { code: 4003, reason: "no way back in 3 attempts" }],
  ]);
  assert.deepEqual([drops, errors], [1, 0]);
});

test("settings that are replaced later are those that count", async () => {
  const { room, socket } = await (table = lay()).sit();
  room.reconnection = { ...room.reconnection, maxRetries: 2 };
  table.random = 0;
  socket.end(1006);
  for (let i = 0; i < 2; i++) {
    const count = FakeSocket.made.length;
    while (FakeSocket.made.length === count) table.advance(10);
    table.socket.onerror({});
    table.socket.end(1006);
  }
  assert.deepEqual(table.events.slice(1), [
    ["reconnecting", { attempt: 1, delay: 100, maxRetries: 2 }],
    ["reconnecting", { attempt: 2, delay: 200, maxRetries: 2 }],
    ["reconnectionFailed", { code: 4003, reason: "no way back in 2 attempts" }],
    ["leave", { code: 4003, reason: "no way back in 2 attempts" }],
  ]);
});

test("a refusal ends the attempts at once, with the reason that the server gave", async () => {
  const { room, socket } = await (table = lay()).sit();
  room.send("lost", { x: 1 });
  socket.end(1006);
  table.advance(200);
  table.socket.open();
  // Unlike msgpack, the number has its low byte first.
  table.socket.say(0x0b, 0xcd, 524 & 255, 524 >> 8, ...payload("expired"));
  table.socket.end(4003);
  const closing = { code: 4003, reason: "expired" };
  assert.deepEqual(table.events.slice(2), [
    ["undelivered", [{ id: 1, type: "lost", body: { x: 1 } }]], ["reconnectionFailed", closing], ["leave", closing],
  ]);
  table.advance(60_000);
  assert.equal(FakeSocket.made.length, 2);
});

test("a loss before all is whole is no new one, and the attempts count on", async () => {
  const { socket } = await (table = lay()).sit();
  socket.end(1006);
  table.comeBack();
  table.socket.end(1006);
  table.comeBack({ token: "t3" });
  assert.equal(table.socket.url.searchParams.get("reconnectionToken"), "t2");
  table.socket.say(...resumed(0, "patches"));
  assert.deepEqual(table.names, ["drop", "reconnecting", "reconnecting", "reconnected"]);
  assert.deepEqual(table.events.at(-1), ["reconnected", { attempts: 2, how: "patches" }]);
});

test("a return that does not last makes the next waits longer, and one that does ends that", async () => {
  const { socket } = await (table = lay()).sit();
  socket.end(1006);
  for (const [delay, lasts] of [[200, 100], [400, 100], [800, 6000], [200, 6000], [200, 0]]) {
    assert.deepEqual(table.events.at(-1), ["reconnecting", { attempt: 1, delay, maxRetries: 15 }]);
    table.comeBack();
    table.socket.say(...ours("ack", 0));
    table.socket.say(...resumed(0, "patches"));
    assert.equal(table.names.at(-1), "reconnected");
    table.advance(lasts);
    table.socket.end(1006);
  }
});

test("an attempt that nobody answers is given up", async () => {
  const { socket } = await (table = lay()).sit();
  socket.end(1006);
  table.advance(200);
  const dumb = table.socket;
  dumb.open();
  table.advance(10_000);
  assert.ok(dumb.isGivenUp);
  assert.deepEqual(table.events.at(-1), ["reconnecting", { attempt: 2, delay: 400, maxRetries: 15 }]);
});

test("nothing of a socket that was given up counts any more", async () => {
  const { room, socket } = await (table = lay()).sit();
  room.disconnect();
  socket.say(...patch(0, 7));
  socket.end(4000);
  assert.equal(room.state.round, 1);
  assert.deepEqual(table.events.slice(0, 1), [["drop", { code: 1006, reason: "disconnect() was called" }]]);
  assert.equal(table.events.length, 2);
});

test("who comes with the token of another page goes on with its numbers", async () => {
  const { room, socket } = await (table = lay()).sit({ returns: true });
  room.send("a");
  assert.deepEqual(table.said(), [[10]]);
  socket.say(...ours("ack", 41));
  assert.deepEqual(table.said(), [[10], ["out", [42, "a"]]]);
  assert.deepEqual(table.events, []);
});

test("leaving while away ends the attempts, and reports what was not delivered", async () => {
  const { room, socket } = await (table = lay()).sit();
  socket.end(1006);
  room.send("late", 1);
  assert.equal(await room.leave(), 4000);
  assert.equal(await room.leave(), 4000);
  assert.deepEqual(table.events.slice(2), [["undelivered", [{ id: 1, type: "late", body: 1 }]], ["leave", { code: 4000, reason: "" }]]);
  table.advance(60_000);
  assert.equal(FakeSocket.made.length, 1);
  assert.throws(() => room.send("x"), /the room was left/);
});

test("who switches returning off is not brought back", async () => {
  const { socket } = await (table = lay({ reconnection: { enabled: false } })).sit();
  socket.end(1006);
  assert.deepEqual(table.names, ["drop", "reconnectionFailed", "leave"]);
});

test("a listener may leave whenever it is told something", async () => {
  for (const name of ["drop", "reconnecting", "reconnected"]) {
    const { room, socket } = await (table = lay()).sit();
    room.on(name, () => room.leave());
    socket.end(1006);
    if (name === "reconnected") {
      table.comeBack();
      table.socket.say(...resumed(0, "patches"));
      assert.deepEqual(table.said().at(-1), [12]);
      table.socket.end(4000);
    }
    assert.equal(table.events.at(-1)?.[0], "leave", name);
    table.advance(60_000);
    assert.equal(FakeSocket.made.length, name === "reconnected" ? 2 : 1);
  }
});

test("requests fail at once while away, and one that waits fails with the connection", async () => {
  const { room, socket } = await (table = lay()).sit();
  const waiting = room.request("a", 1);
  socket.end(1006);
  await assert.rejects(waiting, /connection closed/);
  await assert.rejects(room.request("b"), /while the connection is lost/);
  table.advance(200);
  table.socket.open();
  // The socket is open, but the server has not let us in.
  await assert.rejects(room.request("c"), /while the connection is lost/);
  room.sendUnreliable("d", 1);
  assert.deepEqual(table.socket.sent, []);
});

test("a backlog goes at the server's pace, and new messages behind it", async () => {
  const { room, socket } = await (table = lay()).sit();
  socket.end(1006);
  for (let i = 0; i < 60; i++) room.send("m", i);
  table.comeBack();
  table.socket.say(...ours("ack", 0));
  room.send("new");
  assert.equal(table.said().filter(([type]) => type === "out").length, 50);
  table.advance(1000);
  const out = table.said().filter(([type]) => type === "out");
  assert.deepEqual(out.map(([, [id]]) => id), Array.from({ length: 61 }, (_, i) => i + 1));
  assert.equal(out[60][1][1], "new");
});

test("who leaves as soon as it is back is not watched any more", async () => {
  const { room, socket } = await (table = lay()).sit();
  room.onReconnect(() => room.leave(false));
  socket.end(1006);
  table.comeBack();
  assert.equal(table.names.at(-1), "leave");
  assert.equal(room.quality.level, "offline");
});

test("closing what is closed does not lead to another attempt", async () => {
  const { room, socket } = await (table = lay()).sit();
  socket.end(1006);
  room.connection.close(4010);
  assert.deepEqual(table.names, ["drop", "reconnecting"]);
});

test("a room without a state asks for no handshake when it comes back", async () => {
  const table = lay();
  await table.sit({ serializer: "none" });
  table.room.disconnect();
  table.comeBack({ serializer: "none" });
  assert.equal(table.socket.url.searchParams.get("skipHandshake"), "true");
});
