import { FakeSocket } from "./support/fake_socket.js";

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { Client } from "../src/client.js";
import { Room } from "../src/room.js";

/** @type {[string, any][]} what was asked of matchmaking */
const asked = [];

const SEAT = { name: "arena", roomId: "r1", sessionId: "s1", processId: "p1" };

/**
 * Gives everybody the same seat, as a server.
 * @param {any} url
 * @param {any} request
 */
async function give(url, { body }) {
  asked.push([new URL(url).pathname, JSON.parse(body)]);
  return new Response(JSON.stringify(SEAT), { headers: { "content-type": "application/json" } });
}

const client = () => new Client("ws://localhost:1", { fetchFn: give });

/**
 * Waits for the socket of a room that is joined, and lets it in.
 * @param {Promise<any>} joining
 */
async function letIn(joining) {
  while (FakeSocket.made.length === 0) await new Promise(setImmediate);
  const socket = /** @type {FakeSocket} */ (FakeSocket.made.pop());
  socket.open();
  socket.say(0x0a, 2, 0x74, 0x31, 4, ...Buffer.from("none"), 0);
  return { room: await joining, socket };
}

afterEach(() => {
  asked.length = 0;
  FakeSocket.made.length = 0;
});

test("every way in asks for our format, beside what the author asks for", async () => {
  for (const way of /** @type {const} */ (["joinOrCreate", "create", "join", "joinById"])) {
    const { room, socket } = await letIn(client()[way]("arena", { level: 3, __nexus: { more: 1 } }));
    assert.ok(room instanceof Room);
    assert.deepEqual(asked.pop(), [`/matchmake/${way}/arena`, { level: 3, __nexus: { more: 1, serializer: "nexus" } }]);
    socket.end(4000);
  }
});

test("of several endpoints the one that answers leads to our rooms, with what was set", async (t) => {
  t.mock.method(console, "log", () => {});
  const choosing = Client.selectByLatency(["ws://localhost:1", "ws://localhost:2"], { fetchFn: give, outbox: { maxMessages: 1 } });
  const [deaf, quick] = FakeSocket.made.splice(0);
  deaf.onerror({ message: "nobody is there" });
  quick.open();
  quick.say(20);
  const chosen = await choosing;
  assert.ok(chosen instanceof Client);
  assert.equal(Number(chosen.settings.port), 2);
  const { room, socket } = await letIn(chosen.join("arena"));
  room.send("a");
  assert.throws(() => room.send("b"), { name: "OutboxFullError" });
  socket.end(4000);
});

test("who returns asks for nothing new", async () => {
  const { room, socket } = await letIn(client().reconnect("r1:t0"));
  assert.ok(room instanceof Room);
  assert.deepEqual(asked, [["/matchmake/reconnect/r1", { reconnectionToken: "t0" }]]);
  assert.equal(socket.url.searchParams.get("reconnectionToken"), "t0");
  socket.end(4000);
});

test("two rooms do not know of each other", async () => {
  const [one, other] = [await letIn(client().join("arena")), await letIn(client().join("arena"))];
  one.room.send("a");
  /** @type {any[]} */
  const left = [];
  other.room.on("leave", () => left.push("other"));
  one.room.on("undelivered", (/** @type {any} */ letters) => left.push(letters));
  one.socket.end(4000);
  assert.deepEqual(left, [[{ id: 1, type: "a", body: undefined }]]);
  assert.deepEqual([one.room.outbox.size, other.room.outbox.size], [0, 0]);
  other.socket.end(4000);
  assert.deepEqual(left[1], "other");
});

test("a socket that cannot be opened refuses the join, with a reason", async () => {
  const joining = client().join("arena");
  while (FakeSocket.made.length === 0) await new Promise(setImmediate);
  FakeSocket.made[0].onerror({ message: "nobody is there" });
  await assert.rejects(joining, { code: 1006, message: "nobody is there" });
});

test("a class for the state is refused", async () => {
  await assert.rejects(client().join("arena", {}, /** @type {any} */ (class {})), /no schema class/);
});
