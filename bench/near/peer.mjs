// The world of `bench.near` as the author of a Colyseus 0.18 room writes it: one map of
// entities that are seen by view only, a StateView for each client, and a grid that says
// what to add to it and what to remove. What the serializer of the room has for a client
// goes into a sink, or over the room's transport to whoever connects.

import { createInterface } from "node:readline";
import { WebSocketClient } from "../load/peer/node_modules/@colyseus/ws-transport/build/index.mjs";
import { WebSocketServer } from "../load/peer/node_modules/ws/wrapper.mjs";
import { SchemaSerializer } from "../load/peer/node_modules/@colyseus/core/build/index.mjs";
import {
  Decoder,
  MapSchema,
  Reflection,
  StateView,
  schema,
  t,
} from "../load/peer/node_modules/@colyseus/schema/build/index.mjs";

const JOINED = 1;

// Makes a client of something: `frames` is there for those that are checked.
function equip(client, isChecked) {
  client.state = JOINED;
  client.view = new StateView();
  client.bytes = 0;
  client.cell = -1;
  client.cells = new Set();
  client.frames = isChecked ? [] : null;
}

// A client to which the serializer speaks.
class Sink {
  constructor(isChecked) {
    equip(this, isChecked);
  }

  raw(frame) {
    if (this.frames !== null) this.frames.push(Uint8Array.from(frame));
  }
}

// One that they are sent to as a Colyseus server does.
class Sent extends WebSocketClient {
  constructor(isChecked, ref) {
    super("", ref);
    equip(this, isChecked);
  }

  raw(frame, options, done) {
    // With the head of its WebSocket frame.
    this.bytes += frame.length + (frame.length < 126 ? 2 : frame.length < 65536 ? 4 : 10);
    if (this.frames !== null) this.frames.push(Uint8Array.from(frame));
    super.raw(frame, options, done);
  }
}

class Cell {
  constructor() {
    this.npcs = new Set();
    this.watchers = new Set();
  }
}

class Game {
  constructor(plan, sockets) {
    const { size, side, radius, slack } = plan;
    const place = () => t.quantized({ min: 0, max: size, bits: 16 });
    this.Npc = schema({ x: place(), y: place(), hp: t.uint8() }, "Npc");
    const World = schema({ npcs: t.map(this.Npc).view() }, "World");
    this.state = new World();
    this.state.npcs = new MapSchema();
    this.side = side;
    this.columns = Math.max(1, Math.ceil((size / side) * (1 - 1e-12)));
    this.cells = Array.from({ length: this.columns ** 2 }, () => new Cell());
    this.near = this.offsets(radius);
    this.stay = radius + slack;
    this.npcs = [];
    this.cellOf = [];
    this.serializer = new SchemaSerializer();
    this.serializer.reset(this.state);
    const [x, y] = [numbers(plan.x), numbers(plan.y)];
    for (let i = 0; i < x.length; i += 1) {
      const npc = new this.Npc();
      [npc.x, npc.y, npc.hp] = [x[i], y[i], 0];
      this.state.npcs.set(String(i), npc);
      this.npcs.push(npc);
      const cell = this.locate(x[i], y[i]);
      this.cellOf.push(cell);
      this.cells[cell].npcs.add(npc);
    }
    this.clients = Array.from({ length: plan.clients }, (_, i) => {
      return sockets ? new Sent(i < plan.checked, sockets[i]) : new Sink(i < plan.checked);
    });
    this.serializer.applyPatches(this.clients, this.state);
    for (const client of this.clients) if (client.frames !== null) client.frames.length = 0;
  }

  // How far a cell is from whoever stands anywhere in another one, at least.
  gap(across, up) {
    const wide = Math.max(0, Math.abs(across) - 0.5);
    const high = Math.max(0, Math.abs(up) - 0.5);
    return Math.max(0, (Math.hypot(wide, high) - Math.SQRT1_2) * this.side);
  }

  offsets(radius) {
    const reach = Math.ceil(radius / this.side) + 2;
    const found = [];
    for (let up = -reach; up <= reach; up += 1) {
      for (let across = -reach; across <= reach; across += 1) {
        if (this.gap(across, up) <= radius) found.push([across, up]);
      }
    }
    return found;
  }

  line(value) {
    return Math.min(Math.max(Math.floor(value / this.side), 0), this.columns - 1);
  }

  locate(x, y) {
    return this.line(y) * this.columns + this.line(x);
  }

  // An entity goes somewhere: who sees the new cell and not the old one comes to see it.
  move(i, x, y) {
    const npc = this.npcs[i];
    npc.x = x;
    npc.y = y;
    const cell = this.locate(x, y);
    const before = this.cellOf[i];
    if (cell === before) return;
    const [from, to] = [this.cells[before], this.cells[cell]];
    this.cellOf[i] = cell;
    from.npcs.delete(npc);
    to.npcs.add(npc);
    for (const client of to.watchers) if (!client.cells.has(before)) client.view.add(npc);
    for (const client of from.watchers) if (!client.cells.has(cell)) client.view.remove(npc);
  }

  // A client goes somewhere: cells come into its sight, and others leave it.
  walk(client, x, y) {
    const here = this.locate(x, y);
    if (here === client.cell) return;
    client.cell = here;
    const [column, row] = [here % this.columns, Math.floor(here / this.columns)];
    for (const number of client.cells) {
      const across = (number % this.columns) - column;
      const up = Math.floor(number / this.columns) - row;
      if (this.gap(across, up) <= this.stay) continue;
      const cell = this.cells[number];
      client.cells.delete(number);
      cell.watchers.delete(client);
      for (const npc of cell.npcs) client.view.remove(npc);
    }
    for (const [across, up] of this.near) {
      const [c, r] = [column + across, row + up];
      if (c < 0 || r < 0 || c >= this.columns || r >= this.columns) continue;
      const number = r * this.columns + c;
      if (client.cells.has(number)) continue;
      const cell = this.cells[number];
      client.cells.add(number);
      cell.watchers.add(client);
      for (const npc of cell.npcs) client.view.add(npc);
    }
  }

  tick(moves) {
    const { rows, x, y, walkX, walkY } = moves;
    for (let i = 0; i < rows.length; i += 1) this.move(rows[i], x[i], y[i]);
    for (let i = 0; i < this.clients.length; i += 1) this.walk(this.clients[i], walkX[i], walkY[i]);
    this.serializer.applyPatches(this.clients, this.state);
  }

  bytes() {
    return this.clients.reduce((sum, client) => sum + client.bytes, 0);
  }

  // Decodes what clients were sent; returns how many rows they hold, or says what is wrong.
  check() {
    let held = 0;
    for (const client of this.clients) {
      if (client.frames === null) continue;
      const decoder = Reflection.decode(this.serializer.handshake(), { offset: 0 });
      for (const frame of client.frames) decoder.decode(frame, { offset: 1 });
      const seen = new Map();
      for (const number of client.cells) {
        for (const npc of this.cells[number].npcs) seen.set(npc, true);
      }
      const map = decoder.state.npcs;
      for (let i = 0; i < this.npcs.length; i += 1) {
        const [npc, copy] = [this.npcs[i], map.get(String(i))];
        if (seen.has(npc) !== (copy !== undefined)) throw new Error(`entity ${i}: ghost or gap`);
        if (copy === undefined) continue;
        if (copy.x !== npc.x || copy.y !== npc.y) throw new Error(`entity ${i} is elsewhere`);
        held += 1;
      }
    }
    return held;
  }
}

const bytesOf = (text) => Uint8Array.from(Buffer.from(text, "base64")).buffer;
const numbers = (text) => new Float64Array(bytesOf(text));
const indices = (text) => new Int32Array(bytesOf(text));

let game = null;
let sockets = null;
const acts = {
  // Waits for clients at a port, if they are to be sent what they get.
  async open() {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
    sockets = [];
    server.on("connection", (socket) => sockets.push(socket));
    await new Promise((resolve) => server.on("listening", resolve));
    return { port: server.address().port };
  },
  async begin(plan) {
    const ended = performance.now() + 60_000;
    while (sockets && sockets.length < plan.clients && performance.now() < ended) await later(10);
    game = new Game(plan, sockets);
    return {};
  },
  async play(said) {
    const ticks = said.ticks.map(([rows, x, y, walkX, walkY]) => ({
      rows: indices(rows),
      x: numbers(x),
      y: numbers(y),
      walkX: numbers(walkX),
      walkY: numbers(walkY),
    }));
    const spent = [];
    for (const moves of ticks) {
      const started = process.cpuUsage();
      game.tick(moves);
      // What was written is done when the loop came round.
      if (sockets) await new Promise((resolve) => setImmediate(resolve));
      const { user, system } = process.cpuUsage(started);
      spent.push(user + system);
    }
    return { spent, sent: game.bytes() };
  },
  check() {
    return { held: game.check() };
  },
};

const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

for await (const text of createInterface({ input: process.stdin })) {
  const said = JSON.parse(text);
  process.stdout.write(`${JSON.stringify(await acts[said.act](said))}\n`);
}
// Whoever measured is gone; a server that listens would keep this process.
process.exit();
