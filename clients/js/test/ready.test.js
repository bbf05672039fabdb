import "./support/fake_socket.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { snapshot } from "./support/game.js";
import { lay } from "./support/sit.js";

test("whoever waits for the state has it then", async () => {
  const { room, socket } = await lay().sit({ state: [] });
  assert.equal(room.state, undefined);
  const ready = room.ready();
  socket.say(0x0e, ...snapshot());
  assert.equal(await ready, room);
  assert.equal(room.state.round, 1);
  assert.equal(await room.ready(), room);
});

test("where there is no state there is nothing to wait for", async () => {
  const { room } = await lay().sit({ serializer: "none" });
  assert.equal(await room.ready(), room);
  assert.equal(room.state, undefined);
});

test("a room that is left before its state came does not let anybody wait for ever", async () => {
  const { room, socket } = await lay().sit({ state: [] });
  const ready = assert.rejects(room.ready(), /the room was left, 4001, before its state came/);
  socket.end(4001);
  await ready;
  await assert.rejects(room.ready(), /the room was left, 4001/);
});
