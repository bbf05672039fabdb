// The same players and moves with @colyseus/schema 5: how many bytes, and how long its
// decoder and our replica take to apply them, interleaved round by round; and once more
// with a listener for the x of each player.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Replica } from "../clients/js/src/index.js";

const require = createRequire(new URL("../tests/package.json", import.meta.url));
const { Callbacks, Encoder, MapSchema, Reflection, schema, t } = await import(
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
/** A decoder and a replica that hold the full state. */
const makeSides = () => {
  const decoder = Reflection.decode(Reflection.encode(encoder), { offset: 0 });
  decoder.decode(full, { offset: 0 });
  const replica = new Replica();
  replica.setOutline(Buffer.from(plan.outline, "hex"));
  replica.applySnapshot(Buffer.from(plan.snapshot, "hex"));
  return { decoder, replica };
};
const plain = makeSides();
const told = { ...makeSides(), ours: 0, theirs: 0 };
told.replica.onChange("players.*.x", () => {
  told.ours += 1;
});
const callbacks = Callbacks.get(told.decoder);
for (const player of told.decoder.state.players.values()) {
  const count = () => {
    told.theirs += 1;
  };
  callbacks.listen(player, "x", count, false);
}

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
};

/** How long both sides take for a patch, on average; medians of the rounds. */
const measure = ({ decoder, replica }, ours, theirs) => {
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
  return {
    ours: median(taken.ours),
    theirs: median(taken.theirs),
    ratio: median(taken.ours.map((ours_, i) => ours_ / taken.theirs[i])),
  };
};

const sizes = {};
const patches = {};
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
  patches[count] = { ours, theirs };
}
const counts = Object.keys(patches);
// Those without listeners first: what they are compiled to is to know of none.
const times = Object.fromEntries(
  counts.map((count) => [count, measure(plain, patches[count].ours, patches[count].theirs)]),
);
const listened = {};
for (const count of counts) {
  told.ours = told.theirs = 0;
  const figures = measure(told, patches[count].ours, patches[count].theirs);
  listened[count] = { ...figures, calls: { ours: told.ours, theirs: told.theirs } };
}
// What was measured did the work: both sides hold what the moves lead to.
for (let i = 0; i < 100; i += 1) {
  const [x, y] = plan.end[i];
  for (const { state } of [plain.decoder, plain.replica, told.decoder, told.replica]) {
    const held = state.players.get(`p${i}`);
    if (held.x !== x || held.y !== y) throw new Error(`player ${i} is at ${held.x}, ${held.y}`);
  }
}
process.stdout.write(JSON.stringify({ full: full.length, sizes, times, listened }));
