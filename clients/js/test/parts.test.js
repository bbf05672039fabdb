// What a client lacks that imports `nexus-client/core` alone. Nothing here may import more.

import "./support/fake_socket.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { Replica } from "../src/core.js";
import { FINGERPRINT, PAID, outline } from "./support/game.js";
import { lay } from "./support/sit.js";
import { ours } from "./support/table.js";
import { payload } from "./support/writer.js";

const OUTLINE = outline([["World", -1, [["round", 0, 0, ["uint8"]], ["npcs", 4, 0, 1]]], ["Npc", -1, [["x", 0, 0, ["uint8"]]]]]);
const NEEDED = /World has a Table: import "nexus-client\/tables", or all of "nexus-client"/;

test("a state with a table is refused, and the error says what to import", async () => {
  assert.throws(() => new Replica(OUTLINE), NEEDED);
  await assert.rejects(lay().sit({ entry: "core", outline: OUTLINE }), NEEDED);
});

test("a command is refused, and the error says what to import", async () => {
  const table = await lay().sit({ entry: "core" });
  await assert.rejects(table.room.command("buy"), /import "nexus-client\/commands"/);
  table.room.send("move", 1);
  assert.deepEqual(table.said().filter(([type]) => type === "out").map(([, body]) => body), [[1, "move", 1]]);
  assert.equal(table.room.state.round, 1);
  table.socket.end(1006);
  table.comeBack();
  table.socket.say(...ours("ack", 0));
  assert.deepEqual(table.said().filter(([type]) => type === "out").map(([, body]) => body), [[1, "move", 1]]);
});

test("once a part is imported, there is nothing to refuse", async () => {
  const { Rows } = await import("../src/with_tables.js");
  await import("../src/with_commands.js");
  const made = new Replica(OUTLINE);
  made.applySnapshot(payload(0, FINGERPRINT, -1, 0, 3, 0, 7, -14, 0, 1, 0, 1, 1, 10, 5, ...PAID));
  assert.ok(made.state.npcs instanceof Rows);
  assert.deepEqual(made.toJSON(), { round: 7, npcs: { 10: { x: 5 } } });
  const table = await lay().sit({ entry: "core" });
  table.room.command("buy");
  assert.deepEqual(table.said().filter(([type]) => type === "command").map(([, body]) => body), [[1, "buy"]]);
});
