import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const HOME = fs.mkdtempSync(path.join(os.tmpdir(), "nexus-client-"));
const INSTALLED = path.join(HOME, "node_modules/nexus-client");

/**
 * @param {string} command
 * @param {string[]} args
 * @param {string} [cwd]
 */
function run(command, args, cwd = HOME) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8", env: { ...process.env, npm_config_loglevel: "error" } });
  return { status, stdout, stderr };
}

before(() => {
  const packed = run("npm", ["pack", "--pack-destination", HOME], ROOT);
  assert.equal(packed.status, 0, packed.stderr);
  const archive = fs.readdirSync(HOME).find((name) => name.endsWith(".tgz")) ?? "";
  fs.mkdirSync(INSTALLED, { recursive: true });
  assert.equal(run("tar", ["-xzf", path.join(HOME, archive), "-C", INSTALLED, "--strip-components=1"]).status, 0);
  // What npm would install beside it.
  fs.symlinkSync(path.join(ROOT, "node_modules/@colyseus"), path.join(HOME, "node_modules/@colyseus"));
  fs.writeFileSync(path.join(HOME, "package.json"), '{ "type": "module" }');
  fs.copyFileSync(path.join(ROOT, "test/support/consumer.ts"), path.join(HOME, "consumer.ts"));
});

after(() => fs.rmSync(HOME, { recursive: true }));

test("the package holds the sources, their types and the script, and nothing else", () => {
  const found = fs.readdirSync(INSTALLED, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(INSTALLED, path.join(entry.parentPath ?? entry.path, entry.name)).replaceAll(path.sep, "/"));
  const sources = fs.readdirSync(path.join(ROOT, "src"));
  const wanted = [
    "LICENSE", "README.md", "package.json", "dist/nexus-client.js", "dist/nexus-core.js", "dist/package.json",
    ...sources.map((name) => `src/${name}`),
    ...sources.map((name) => `types/${name.replace(/\.js$/, ".d.ts")}`),
  ];
  assert.deepEqual(found.sort(), wanted.sort());
});

test("it can be imported, whole or in parts, and its scripts required", () => {
  // What the program prints is what is looked at.
  const print = 'console.log([new PeerError("").name, typeof Client, typeof Replica].join())';
  for (const part of ["", "/core"]) {
    const module = `import { Client, PeerError, Replica } from "nexus-client${part}"; ${print}`;
    const script = `const { Client, PeerError, Replica } = require("nexus-client/script${part}"); ${print}`;
    for (const [type, code] of [["module", module], ["commonjs", script]]) {
      const { stdout, stderr } = run(process.execPath, [`--input-type=${type}`, "--eval", code]);
      assert.equal(stdout, "PeerError,function,function\n", stderr);
    }
  }
  const parts = 'import "nexus-client/commands"; import { Interpolation } from "nexus-client/interpolation"; import { Rows } from "nexus-client/tables"; import { StatusWidget, defineWidget } from "nexus-client/widget"';
  const { stdout, stderr } = run(process.execPath, ["--input-type=module", "--eval", `${parts}; console.log(Interpolation.name, Rows.name, StatusWidget.name, defineWidget.name)`]);
  assert.equal(stdout, "Interpolation Rows StatusWidget defineWidget\n", stderr);
});

for (const [name, settings] of /** @type {const} */ ([
  ["a bundler", ["--module", "esnext", "--moduleResolution", "bundler"]],
  ["Node.js", ["--module", "nodenext"]],
])) {
  test(`its types are what an editor needs, for ${name}`, () => {
    const tsc = path.join(ROOT, "node_modules/typescript/bin/tsc");
    const { status, stdout, stderr } = run(process.execPath, [tsc, "--strict", "--noEmit", "--pretty", "false", "--target", "es2022", "--lib", "es2023,dom", "--types", "", ...settings, "consumer.ts"]);
    // Without skipLibCheck, so that our declarations are read as well; the SDK's have
    // mistakes of their own.
    const mistakes = stdout.split("\n").filter((line) => /^\S+\(\d+,\d+\): /.test(line) && !/(@colyseus|msgpackr)\//.test(line));
    assert.deepEqual(mistakes, []);
    assert.ok(status === 0 || /@colyseus\//.test(stdout), stdout + stderr);
  });
}

test("what the README shows fits the types", () => {
  const readme = fs.readFileSync(path.join(ROOT, "README.md"), "utf8");
  const blocks = [...readme.matchAll(/```js\n([^]*?)```/g)].filter(([, code]) => !code.includes("// prints: "));
  const files = blocks.map(([, code], i) => {
    fs.writeFileSync(path.join(HOME, `readme${i}.ts`), code);
    return `readme${i}.ts`;
  });
  fs.writeFileSync(path.join(HOME, "joined.d.ts"), 'declare const room: import("nexus-client").Room;\n');
  const tsc = path.join(ROOT, "node_modules/typescript/bin/tsc");
  const { status, stdout } = run(process.execPath, [tsc, "--noEmit", "--strict", "false", "--skipLibCheck", "--target", "es2022", "--lib", "es2023,dom", "--types", "", "--module", "nodenext", "joined.d.ts", ...files]);
  assert.equal(status, 0, stdout);
  assert.ok(files.length > 1);
});
