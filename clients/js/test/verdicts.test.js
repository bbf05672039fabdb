import "./support/fake_socket.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { lay, patch, reported } from "./support/sit.js";
import { ours } from "./support/table.js";

/** @type {import("./support/table.js").Table} */
let table;

/** What became of something: `[value]`, or the error. */
const outcome = (/** @type {Promise<any>} */ promise) => promise.then((value) => [value], (error) => error);
/**
 * Looks at some properties of what became of something.
 * @param {Promise<any>} outcome
 * @param {Record<string, any>} wanted
 */
async function failed(outcome, wanted) {
  const error = await outcome;
  assert.ok(error instanceof Error);
  assert.deepEqual(Object.fromEntries(Object.keys(wanted).map((name) => [name, Reflect.get(error, name)])), wanted);
}

/** Whether it is still open. */
const isOpen = async (/** @type {Promise<any>} */ promise) => (await Promise.race([promise.catch(() => 0), Promise.resolve("open")])) === "open";
const commands = (/** @type {any} */ socket) => table.said(socket).filter(([type]) => type === "command").map(([, body]) => body);

test("a command is sent with its number, and leads to what the room returned", async () => {
  const { room, socket } = await (table = lay()).sit();
  const all = [room.command("move", { x: 1 }), room.command("pass"), room.command(7, null)].map(outcome);
  assert.deepEqual(commands(socket), [[1, "move", { x: 1 }], [2, "pass"], [3, 7, null]]);
  socket.say(...ours("verdict", [2, 0]));
  socket.say(...ours("verdict", [3, 0, [64, 100]]));
  // A map, as the server writes objects: {at: {x: 64}}.
  socket.say(...ours("verdict").concat([0x93, 1, 0, 0x81, 0xa2, 0x61, 0x74, 0x81, 0xa1, 0x78, 64]));
  assert.deepEqual(await Promise.all(all), [[{ at: { x: 64 } }], [undefined], [[64, 100]]]);
  assert.deepEqual(table.events, []);
});

test("it fails as a request does", async () => {
  const { room, socket } = await (table = lay()).sit();
  const [refused, wordless, broken, vague] = ["a", "b", "c", "d"].map((type) => outcome(room.command(type)));
  socket.say(...ours("verdict", [1, 1, "not your turn"]));
  socket.say(...ours("verdict", [2, 1]));
  const told = [0x83, ...Buffer.from("\xa4name\xa9forgotten\xa7message\xa3why\xa4code\xcd\x02\x0d", "latin1")];
  socket.say(...ours("verdict").concat([0x93, 3, 2, ...told]));
  socket.say(...ours("verdict", [4, 2]));
  await failed(refused, { name: "rejected", message: "command rejected", reason: "not your turn" });
  await failed(wordless, { name: "rejected", reason: undefined });
  await failed(broken, { name: "forgotten", message: "why", code: 525 });
  await failed(vague, { name: "Error", message: "command failed" });
  assert.ok(!("code" in (await vague)));
});

test("over a loss it waits; what is unanswered goes again with its number, in order and before newer ones", async () => {
  const { room, socket } = await (table = lay()).sit();
  const body = { at: 1 };
  const first = outcome(room.command("a", body));
  const second = outcome(room.command("b"));
  body.at = 2;
  socket.say(...ours("verdict", [2, 0, true]));
  socket.end(1006);
  const third = outcome(room.command("c"));
  table.comeBack();
  assert.deepEqual(commands(table.socket), []);
  table.socket.say(...ours("ack", 0));
  const fourth = outcome(room.command("d"));
  assert.deepEqual(commands(table.socket), [[1, "a", { at: 1 }], [3, "c"], [4, "d"]]);
  for (const id of [1, 3, 4]) table.socket.say(...ours("verdict", [id, 0, id]));
  assert.deepEqual(await Promise.all([first, second, third, fourth]), [[1], [true], [3], [4]]);
});

test("lost again before the acknowledgement, nothing is sent twice on a connection", async () => {
  const { room, socket } = await (table = lay()).sit();
  const answer = outcome(room.command("a"));
  socket.end(1006);
  table.comeBack();
  table.socket.end(1006);
  table.comeBack();
  for (let i = 0; i < 3; i++) table.socket.say(...ours("ack", 0));
  assert.deepEqual(commands(table.socket), [[1, "a"]]);
  table.socket.say(...ours("verdict", [1, 0, "once"]));
  table.socket.say(...ours("verdict", [1, 0, "twice"]));
  assert.deepEqual(await answer, ["once"]);
});

test("what waited goes no faster than the server allows", async () => {
  const { room, socket } = await (table = lay()).sit();
  socket.end(1006);
  const all = Array.from({ length: 60 }, (_, i) => outcome(room.command("a", i)));
  table.comeBack();
  table.socket.say(...ours("ack", 0));
  assert.equal(commands(table.socket).length, 25);
  table.advance(1000);
  assert.equal(commands(table.socket).length, 50);
  table.advance(1000);
  assert.deepEqual(commands(table.socket).map(([id]) => id), Array.from({ length: 60 }, (_, i) => i + 1));
  table.socket.say(...ours("verdict", [60, 0]));
  assert.deepEqual(await all[59], [undefined]);
});

test("one that nobody answers in time fails, and what is said of it later is dropped", async () => {
  const { room, socket } = await (table = lay()).sit();
  const late = outcome(room.command("a"));
  const brief = outcome(room.command("b", 1, { timeout: 50 }));
  const patient = room.command("c", undefined, { timeout: 0 });
  table.advance(60);
  await failed(brief, { name: "timeout", message: "command b was not answered in 50 ms" });
  assert.ok(await isOpen(late));
  for (let i = 0; i < 10; i++) {
    table.advance(1000);
    socket.say(...patch(i, i));
  }
  await failed(late, { name: "timeout" });
  assert.ok(await isOpen(patient));
  socket.end(1006);
  table.comeBack();
  table.socket.say(...ours("ack", 0));
  assert.deepEqual(commands(table.socket), [[3, "c"]]);
  for (const id of [1, 2]) table.socket.say(...ours("verdict", [id, 0]));
  table.socket.say(...ours("verdict", [3, 0, "here"]));
  assert.equal(await patient, "here");
  assert.deepEqual(reported, []);
});

test("when the room is over all fail, and none is taken any more", async () => {
  const { room, socket } = await (table = lay()).sit();
  const waiting = outcome(room.command("a", 1, { timeout: 0 }));
  socket.end(4000, "enough");
  await failed(waiting, { name: "closed" });
  await failed(outcome(room.command("b")), { name: "closed" });
});

test("no more than 256 wait", async () => {
  const { room, socket } = await (table = lay()).sit();
  for (let i = 0; i < 256; i++) outcome(room.command("a", i, { timeout: 0 }));
  await failed(outcome(room.command("b")), { name: "full" });
  assert.equal(commands(socket).length, 256);
  socket.say(...ours("verdict", [1, 0]));
  outcome(room.command("c"));
  assert.deepEqual(commands(socket).at(-1), [257, "c"]);
});

test("types that nobody may send are refused", async () => {
  const { room, socket } = await (table = lay()).sit();
  assert.ok((await outcome(room.command("__nexus.ping"))) instanceof TypeError);
  assert.ok((await outcome(room.command())) instanceof TypeError);
  assert.deepEqual(commands(socket), []);
});

test("who came with the token of another client counts on from its commands", async () => {
  const { room, socket } = await (table = lay()).sit({ returns: true });
  const answer = outcome(room.command("a"));
  assert.deepEqual(commands(socket), []);
  socket.say(...ours("commanded", 41));
  socket.say(...ours("ack", 0));
  assert.deepEqual(commands(socket), [[42, "a"]]);
  socket.say(...ours("verdict", [41, 0, "the other's"]));
  socket.say(...ours("verdict", [42, 0, "mine"]));
  assert.deepEqual(await answer, ["mine"]);
});

test("what is stored is told", async () => {
  const { room, socket } = await (table = lay()).sit();
  /** @type {any[]} */
  const told = [];
  room.on("saved", (/** @type {any} */ event) => told.push([event, room.savedVersion]));
  assert.deepEqual([room.savedVersion, room.appliedVersion], [-1, 0]);
  socket.say(...patch(0, 5));
  socket.say(...ours("saved", [0, 1]));
  socket.say(...ours("saved", [64, 65]));
  assert.deepEqual(told, [[{ saved: 0, applied: 1 }, 0], [{ saved: 64, applied: 65 }, 64]]);
  assert.deepEqual([room.savedVersion, room.appliedVersion], [64, 1]);
});

test("a room without a state has no versions", async () => {
  const { room } = await (table = lay()).sit({ serializer: "none" });
  assert.deepEqual([room.savedVersion, room.appliedVersion], [-1, -1]);
});
