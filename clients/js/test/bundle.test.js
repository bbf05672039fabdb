import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import vm from "node:vm";
import zlib from "node:zlib";

import { build } from "esbuild";

import * as source from "../src/index.js";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PAGE = path.join(ROOT, "../../nexus/page/client");
const SCRIPT = path.join(ROOT, "dist/nexus-client.js");

/**
 * Bytes after gzip, the SDK not counted. The goal is 12,288 for the core with
 * interpolation and the widget; these are what was reached, so that it does not grow unseen.
 * @type {Record<string, number>}
 */
const BUDGETS = { "nexus-client.js": 18_880, "nexus-core.js": 13_664 };

/** What a bundler makes of parts, after gzip. @type {[string, string[], number][]} */
const PARTS = [
  ["all of it", ["index"], 20_416],
  ["core", ["core"], 14_912],
  ["core and tables", ["core", "with_tables"], 16_992],
  ["core and commands", ["core", "with_commands"], 15_456],
  ["core and interpolation", ["core", "interpolation"], 15_840],
  ["core and widget", ["core", "widget"], 16_864],
  ["core, interpolation and widget", ["core", "interpolation", "widget"], 17_792],
];

/** @param {string} file */
const read = (file) => fs.readFileSync(file, "utf8");

const names = Object.keys(source).sort();

/**
 * Runs scripts as a page does that has nothing else.
 * @param {string[]} files
 * @param {Record<string, any>} [globals]
 */
function page(files, globals = {}) {
  const context = vm.createContext({ TextDecoder, TextEncoder, URL, performance, queueMicrotask, setTimeout, clearTimeout, setInterval, clearInterval, ...globals });
  for (const file of files) vm.runInContext(read(file), context, { filename: path.basename(file) });
  return context;
}

/** @param {string | Uint8Array} code */
const sizeOf = (code) => zlib.gzipSync(code, { level: 9 }).length;

for (const [name, budget] of Object.entries(BUDGETS)) {
  test(`${name} is small without the SDK, though not yet of 12 kB`, (t) => {
    const size = sizeOf(read(path.join(ROOT, "dist", name)));
    t.diagnostic(`${name}: ${size} bytes after gzip`);
    assert.ok(size <= budget, `${size} bytes`);
  });
}

for (const [name, parts, budget] of PARTS) {
  test(`${name}: a bundler makes little of it`, async (t) => {
    const size = sizeOf(await bundle(parts.map((part) => `export * from "./src/${part}.js"`).join(";")));
    t.diagnostic(`${name}: ${size} bytes after gzip`);
    assert.ok(size <= budget, `${size} bytes`);
  });
}

/**
 * Bundles a source, which is never run. It logs what it imports, as a bundler leaves out
 * what is not used.
 * @param {string} code
 */
async function bundle(code) {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: ROOT }, bundle: true, minify: true, write: false, format: "esm", target: "es2022", external: ["@colyseus/sdk"],
  });
  return outputFiles[0].text;
}

test("what is not imported is not bundled", async () => {
  const all = await bundle('import * as nexus from "./src/index.js"; console.log(nexus)');
  const core = await bundle('import { Client, Room, Replica } from "./src/core.js"; console.log(Client, Room, Replica)');
  const most = await bundle('import { Client, Room, Replica } from "./src/index.js"; console.log(Client, Room, Replica)');
  const replica = await bundle('import { Replica } from "./src/index.js"; console.log(Replica)');
  const alone = await bundle('import { Replica } from "./src/core.js"; console.log(Replica)');
  for (const mark of ["aria-live", "is not tracked"]) assert.deepEqual([all, most, core].map((code) => code.includes(mark)), [true, false, false], mark);
  // Whoever imports the package has all kinds of states and rooms, without naming their classes.
  for (const mark of ["is no class of rows", "too many commands"]) assert.deepEqual([all, most, replica, core].map((code) => code.includes(mark)), [true, true, true, false], mark);
  assert.deepEqual([core, replica, alone].map((code) => code.includes("@colyseus/sdk")), [true, false, false]);
  assert.ok(sizeOf(alone) < sizeOf(core) && sizeOf(core) < sizeOf(most) && sizeOf(most) < sizeOf(all));
});

test("each part of the package stands for itself", async () => {
  const { exports } = JSON.parse(read(path.join(ROOT, "package.json")));
  const parts = { "./core": names.filter((name) => !["Interpolation", "Rows", "StatusWidget", "defineWidget"].includes(name)), "./commands": [], "./tables": ["Rows"], "./interpolation": ["Interpolation"], "./widget": ["StatusWidget", "defineWidget"] };
  for (const [part, wanted] of Object.entries(parts)) {
    const found = await import(pathToFileURL(path.join(ROOT, exports[part].default)).href);
    assert.deepEqual(Object.keys(found).sort(), wanted, part);
  }
  const { Nexus } = page([path.join(PAGE, "colyseus.js"), path.join(PAGE, "nexus-core.js")]);
  assert.deepEqual(Object.keys(Nexus).sort(), parts["./core"]);
});

test("the script leaves one global behind, which offers what the module does", () => {
  const { Nexus, ...rest } = page([path.join(PAGE, "colyseus.js"), path.join(PAGE, "nexus-client.js")]);
  assert.deepEqual(Object.keys(Nexus).sort(), names);
  assert.ok(rest.Colyseus.Client.isPrototypeOf(Nexus.Client));
  assert.ok(rest.Colyseus.Room.isPrototypeOf(Nexus.Room));
});

test("the script takes the SDK that is there, and says when there is none", () => {
  class Client {}
  class Room {}
  const Colyseus = new Proxy({ Client, Room }, { get: (sdk, name) => Reflect.get(sdk, name) ?? (() => {}) });
  const { Nexus } = page([SCRIPT], { Colyseus });
  assert.ok(Client.isPrototypeOf(Nexus.Client));
  assert.throws(() => page([SCRIPT]), /load colyseus\.js before it/);
});

test("the script works with the older module systems", () => {
  const sdk = page([path.join(PAGE, "colyseus.js")]).Colyseus;
  const module = { exports: /** @type {any} */ ({}) };
  page([SCRIPT], { module, exports: module.exports, require: (/** @type {string} */ name) => name === "@colyseus/sdk" && sdk });
  assert.deepEqual(Object.keys(module.exports).sort(), names);
  /** @type {any[]} */
  const defined = [];
  page([SCRIPT], { define: Object.assign((/** @type {any[]} */ ...given) => defined.push(given), { amd: {} }) });
  const [[needs, make]] = defined;
  assert.deepEqual(Array.from(needs), ["@colyseus/sdk"]);
  assert.deepEqual(Object.keys(make(sdk)).sort(), names);
});

test("the module that pages import needs nothing else", async () => {
  const file = path.join(PAGE, "nexus.mjs");
  const made = await import(pathToFileURL(file).href);
  assert.deepEqual(Object.keys(made).sort(), names);
  const { metafile } = await build({ entryPoints: [file], bundle: true, write: false, metafile: true, format: "esm", external: ["*"] });
  const [{ imports }] = Object.values(metafile.outputs);
  assert.deepEqual(imports, []);
  new made.Client("ws://127.0.0.1:1");
});

test("errors of the bundles have the names that they have in the sources", () => {
  const { Nexus } = page([path.join(PAGE, "colyseus.js"), SCRIPT]);
  for (const name of /** @type {const} */ (["PeerError", "OutlineError"])) {
    assert.deepEqual([new source[name]("why").name, new Nexus[name]("why").name], [name, name]);
    assert.equal(new Nexus[name]("why").message, "why");
  }
  assert.equal(new Nexus.OutboxFullError(1, 2).name, "OutboxFullError");
});

/**
 * The names of all that an object has, be it by itself or by its class.
 * @param {any} value
 * @returns {string[]}
 */
function members(value) {
  return value === null ? [] : [...new Set([...Object.getOwnPropertyNames(value), ...members(Object.getPrototypeOf(value))])].sort();
}

test("no name is made short in the script that users know", () => {
  const { Nexus } = page([path.join(PAGE, "colyseus.js"), SCRIPT]);
  /** @param {typeof source} offered */
  const all = ({ Client, Interpolation, Replica, Room, Rows, StatusWidget, PeerError, OutboxFullError }) => {
    const room = new Room("arena");
    const rows = Object.getOwnPropertyNames(Rows.prototype);
    const { outbox, quality, replica } = room;
    const parts = [Client.prototype, Interpolation.prototype, StatusWidget.prototype, Room.prototype, quality, replica, new Replica().effort, new PeerError("why"), new OutboxFullError(1, 2)];
    assert.deepEqual([outbox.size, outbox.bytes, room.savedVersion, typeof Client.selectByLatency], [0, 0, -1, "function"]);
    return [rows, ...parts.map(members)];
  };
  const found = all(Nexus);
  assert.deepEqual(found, all(source));
  assert.ok(found.every((names) => names.length > 2));
});

test("what users set has its own name in the script", () => {
  const { Nexus } = page([path.join(PAGE, "colyseus.js"), SCRIPT]);
  const room = { state: undefined, onStateChange: () => {} };
  const wrong = [
    ...["pingInterval", "silence"].map((name) => [name, () => new Nexus.Room("arena", { [name]: -1 })]),
    ...["maxMessages", "maxBytes"].map((name) => [name, () => new Nexus.Room("arena", { outbox: { [name]: -1 } })]),
    ...["maxRetries", "minUptime", "delay", "maxDelay"].map((name) => [name, () => new Nexus.Room("arena", { reconnection: { [name]: -1 } })]),
    ...["delay", "snap", "hold"].map((name) => [name, () => new Nexus.Interpolation(room, { [name]: -1 })]),
    ...["snap", "wrap"].map((name) => [name, () => new Nexus.Interpolation(room).track("players.*", ["x"], { [name]: -1 })]),
  ];
  // Nobody would miss what is not read.
  for (const [name, act] of wrong) assert.throws(act, { name: "RangeError", message: new RegExp(`^${name} is -1`) }, name);
});

test("the script reads what a server sends", () => {
  const { Nexus } = page([path.join(PAGE, "colyseus.js"), SCRIPT], { Uint8Array });
  const vector = JSON.parse(read(path.join(ROOT, "../../tests/vectors/nexus/values.json")));
  const parse = (/** @type {string} */ hex) => new Uint8Array(Buffer.from(hex, "hex"));
  // What those of the sources show is what the vectors say, as another test proves.
  const [built, wanted] = [new Nexus.Replica(parse(vector.outline)), new source.Replica(parse(vector.outline))];
  for (const step of vector.steps) {
    for (const replica of [built, wanted]) {
      if (step.snapshot) replica.applySnapshot(parse(step.snapshot));
      if (step.patch) replica.applyPatch(parse(step.patch));
    }
    assert.equal(JSON.stringify(built), JSON.stringify(wanted), step.note);
  }
  assert.ok(built.inStep && built.version > 0);
});

test("what is served comes with the licences of all that is in it, and tells of no machine", () => {
  assert.deepEqual(fs.readdirSync(PAGE).sort(), ["LICENSE.colyseus.txt", "LICENSE.txt", "colyseus.js", "nexus-client.js", "nexus-core.js", "nexus.mjs"]);
  const licences = read(path.join(PAGE, "LICENSE.colyseus.txt"));
  for (const name of ["@colyseus/sdk", "@colyseus/schema", "@colyseus/shared-types", "msgpackr", "tslib"]) {
    assert.match(licences, new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(`, "m"));
  }
  assert.equal(read(path.join(PAGE, "LICENSE.txt")), read(path.join(ROOT, "../../LICENSE")));
  for (const name of fs.readdirSync(PAGE)) {
    assert.ok(!read(path.join(PAGE, name)).includes("node_modules"), name);
    assert.ok(!read(path.join(PAGE, name)).includes("sourceMappingURL"), name);
  }
});

test("the same sources give the same bytes in another folder", (t) => {
  const other = fs.mkdtempSync(path.join(os.tmpdir(), "nexus-client-"));
  t.after(() => fs.rmSync(other, { recursive: true }));
  const copy = path.join(other, "deep/er/clients/js");
  for (const name of ["src", "build.mjs", "package.json", "LICENSE"]) fs.cpSync(path.join(ROOT, name), path.join(copy, name), { recursive: true });
  fs.symlinkSync(path.join(ROOT, "node_modules"), path.join(copy, "node_modules"));
  const { status, stderr } = spawnSync(process.execPath, ["--preserve-symlinks", "build.mjs"], { cwd: copy, encoding: "utf8" });
  assert.equal(status, 0, stderr);
  for (const name of fs.readdirSync(PAGE)) {
    assert.ok(read(path.join(copy, "../../nexus/page/client", name)) === read(path.join(PAGE, name)), `${name} was built from other sources`);
  }
});
