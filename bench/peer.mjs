// The same players and moves with @colyseus/schema 5: how many bytes, and how long its
// decoder and our replica take to apply them, interleaved round by round.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Replica } from "../clients/js/src/index.js";

const require = createRequire(new URL("../tests/package.json", import.meta.url));
const { Encoder, MapSchema, Reflection, schema, t } = await import(
  pathToFileURL(require.resolve("schema5")).href
);

const plan = JSON.parse(readFileSync(0, "utf8"));
const Player = schema({ x: t[plan.kind](), y: t[plan.kind]() }, "Player");
const World = schema({ players: t.map(Player) }, "World");

const state = new World();
state.players = new MapSchema();
const encoder = new Encoder(state);
for (let i = 0; i < 100; i += 1) {
  const player = new Player();
  [player.x, player.y] = plan.start[i];
  state.players.set(`p${i}`, player);
}
const full = encoder.encodeAll({ offset: 0 }).slice();
encoder.discardChanges();
const decoder = Reflection.decode(Reflection.encode(encoder), { offset: 0 });
decoder.decode(full, { offset: 0 });
const replica = new Replica();
replica.setOutline(Buffer.from(plan.outline, "hex"));
replica.applySnapshot(Buffer.from(plan.snapshot, "hex"));

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
};

const sizes = {};
const times = {};
for (const count of [1, 50, 100]) {
  const theirs = plan.moves[count].map((moves) => {
    for (const [i, x, y] of moves) {
      const player = state.players.get(`p${i}`);
      player.x = x;
      player.y = y;
    }
    const bytes = encoder.encode({ offset: 0 }).slice();
    encoder.discardChanges();
    return bytes;
  });
  sizes[count] = theirs.reduce((sum, bytes) => sum + bytes.length, 0) / theirs.length;
  const ours = plan.patches[count].map((hex) => new Uint8Array(Buffer.from(hex, "hex")));
  const taken = { ours: [], theirs: [] };
  // The first times through, both sides are still being compiled. Patches hold absolute
  // values, so that applying them again is the same work; only the check in our first byte
  // has to fit.
  for (let round = 0; round < 120; round += 1) {
    const first = performance.now();
    for (const bytes of ours) {
      bytes[0] = replica.version & 63;
      replica.applyPatch(bytes);
    }
    const second = performance.now();
    for (const bytes of theirs) decoder.decode(bytes, { offset: 0 });
    const third = performance.now();
    if (round >= 60) {
      taken.ours.push(((second - first) * 1000) / ours.length);
      taken.theirs.push(((third - second) * 1000) / theirs.length);
    }
  }
  times[count] = {
    ours: median(taken.ours),
    theirs: median(taken.theirs),
    ratio: median(taken.ours.map((ours_, i) => ours_ / taken.theirs[i])),
  };
}
// What was measured did the work: both sides hold what the moves lead to.
for (let i = 0; i < 100; i += 1) {
  const [x, y] = plan.end[i];
  for (const held of [decoder.state.players.get(`p${i}`), replica.state.players.get(`p${i}`)]) {
    if (held.x !== x || held.y !== y) throw new Error(`player ${i} is at ${held.x}, ${held.y}`);
  }
}
process.stdout.write(JSON.stringify({ full: full.length, sizes, times }));
