// Builds what browsers load without a bundler, from src and the SDK:
//
//     node build.mjs           all of it
//     node build.mjs dist      what the npm package holds besides src
//     node build.mjs page      what the daemon serves under /nexus/client/
//
// The same sources give the same bytes, wherever they lie.

import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";
import { minify } from "terser";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const DIST = path.join(HERE, "dist");
const PAGE = path.join(HERE, "../../nexus/page/client");
const SDK = "@colyseus/sdk";
const { version } = JSON.parse(fs.readFileSync(path.join(HERE, "package.json"), "utf8"));

// What only our own objects have, and only we ask them for. These names are made short, which
// nothing does by itself: no name may be here that users, the SDK, pages or the server know.
const OWN = `
  acknowledged active answer answered array ask become before begin below bigint bin box callback cells children
  connects content count counted differ discard dot drain dropped encoded end entity entry fail failed field fields
  fingerprint first flag forget form forgotten found giveUp gone grow head heard held here high holder holds inside int
  isAcknowledged isAway isJoined isLong isStale isStated items key kind kinds lack latest letsGo lineage listener
  live look looked loose lose lost low make makeVerdicts mark mask members missed named nameIds natural nests next
  nil note number object objects one open optional outline over parent payload place places positions post present put
  rate rated raw reach reached read refuse replaced retry returned root roundTrip rows sample seen segments sent
  settle shape shown silent skip slots span spoken start stated stop store stores str table Table take takeDown tell
  template time timer touched vacate view wait waiting waits was watched weigh weight whole wholeBy width within
  word
`.trim().split(/\s+/);

const SETTINGS = /** @type {const} */ ({
  absWorkingDir: HERE,
  // What tsc is told is not to change what is built.
  tsconfigRaw: "{}",
  bundle: true,
  minify: true,
  target: "es2022",
  platform: "browser",
  charset: "utf8",
  legalComments: "none",
  write: false,
  metafile: true,
  logLevel: "warning",
});

const SHORT = { mangleProps: new RegExp(`^(?:${OWN.join("|")})$`) };

// A script that leaves one global behind, and that the older module systems load as well.
const HEAD = `/* nexus-client ${version}, MIT */
(function(make){
if(typeof module==="object"&&module.exports)module.exports=make(require("${SDK}"));
else if(typeof define==="function"&&define.amd)define(["${SDK}"],make);
else globalThis.Nexus=make(globalThis.Colyseus)
})(function(sdk){"use strict";if(!sdk)throw new Error("nexus-client: load colyseus.js before it");var offered;`;
const TAIL = "return offered});";

/**
 * Has the sources take the SDK from the function that the script is. A name that is missing
 * here does not build.
 * @type {import("esbuild").Plugin}
 */
const GIVEN = {
  name: "given",
  setup(made) {
    made.onResolve({ filter: new RegExp(`^${SDK}$`) }, ({ path: name }) => ({ path: name, namespace: "given" }));
    made.onLoad({ filter: /./, namespace: "given" }, () => ({ contents: "export const { Client, Room } = sdk" }));
  },
};

/**
 * A part of the client, without the SDK, as a script.
 * @param {string} entry
 */
async function script(entry) {
  const { metafile } = await build({ ...SETTINGS, entryPoints: [entry], format: "esm", external: [SDK] });
  const [{ exports: names }] = Object.values(metafile.outputs);
  const result = await build({
    ...SETTINGS,
    // Less comes of this than of exports in the form of an older module system.
    stdin: { contents: `import { ${names} } from "./${entry}"; offered = { ${names} };`, resolveDir: HERE },
    ...SHORT,
    // Of no module: HEAD and TAIL make a function of it.
    format: "esm",
    plugins: [GIVEN],
    banner: { js: HEAD },
    footer: { js: TAIL },
  });
  // Of what esbuild leaves this finds another twentieth. Constants stay where they were
  // written: what is alike before gzip is to be alike after it.
  // Functions may be arrows, as none of ours is called with new.
  const { code } = await minify(result.outputFiles[0].text, {
    module: true, ecma: 2020, compress: { passes: 3, lhs_constants: false, unsafe_arrows: true }, format: { comments: /^ nexus-client / },
  });
  return `${code}\n`;
}

/** The client with the SDK, as a module, and the names of the packages that are in it. */
async function whole() {
  // Ours first, as the SDK has names of its own.
  const ours = await build({ ...SETTINGS, ...SHORT, entryPoints: ["src/index.js"], format: "esm", external: [SDK] });
  const result = await build({
    ...SETTINGS,
    stdin: { contents: ours.outputFiles[0].text, resolveDir: HERE },
    format: "esm",
    banner: { js: `/* nexus-client ${version}, MIT; see LICENSE.txt and LICENSE.colyseus.txt */` },
  });
  const [output] = Object.values(result.metafile.outputs);
  const names = Object.entries(output.inputs).flatMap(([name, { bytesInOutput }]) => {
    return bytesInOutput > 0 ? packageOf(name) ?? [] : [];
  });
  return { contents: result.outputFiles[0].contents, names };
}

/**
 * The package that a path leads into.
 * @param {string} name
 * @returns {string | undefined}
 */
function packageOf(name) {
  return /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(name)?.[1];
}

/**
 * The licences of what comes with us, one after the other.
 * @param {string[]} names of packages
 */
function licences(names) {
  return [...new Set(names)].sort().map((name) => {
    const folder = path.join(HERE, "node_modules", name);
    const about = JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8"));
    const file = fs.readdirSync(folder).sort().find((entry) => /^licen[cs]e/i.test(entry));
    if (file === undefined) throw new Error(`${name} comes without its licence`);
    const text = fs.readFileSync(path.join(folder, file), "utf8").replaceAll("\r\n", "\n").trim();
    return `${name} ${about.version} (${about.license})\n\n${text}\n`;
  }).join(`\n${"-".repeat(72)}\n\n`);
}

/** What the SDK's own script was made from, which its source map knows. */
function inColyseus() {
  const map = JSON.parse(fs.readFileSync(path.join(HERE, "node_modules", SDK, "dist/colyseus.js.map"), "utf8"));
  return map.sources.flatMap((/** @type {string} */ name) => {
    // Its neighbours in the repository of the SDK are not below node_modules there.
    const neighbour = /^\.\.\/\.\.\/([^/.]+)\//.exec(name)?.[1];
    return packageOf(name) ?? (neighbour === undefined ? [] : `@colyseus/${neighbour}`);
  });
}

/** The SDK's own script, without the name of a source map that does not come along. */
function colyseus() {
  const text = fs.readFileSync(path.join(HERE, "node_modules", SDK, "dist/colyseus.js"), "utf8");
  return text.replace(/\n\/\/# sourceMappingURL=\S*\s*$/, "\n");
}

/**
 * Fills a folder with files, each of them whole at any time, and with nothing else.
 * @param {string} folder
 * @param {Record<string, string | Uint8Array>} files
 */
function put(folder, files) {
  fs.mkdirSync(folder, { recursive: true });
  for (const [name, contents] of Object.entries(files)) {
    const file = path.join(folder, name);
    fs.writeFileSync(`${file}.new`, contents);
    fs.renameSync(`${file}.new`, file);
  }
  for (const name of fs.readdirSync(folder)) if (!Object.hasOwn(files, name)) fs.rmSync(path.join(folder, name));
}

const wanted = process.argv[2] ?? "all";
if (!["all", "dist", "page"].includes(wanted)) throw new Error("usage: node build.mjs [dist|page]");

const scripts = {
  "nexus-client.js": await script("src/index.js"),
  "nexus-core.js": await script("src/core.js"),
};
// Beside them stands that they are no modules, as our sources are.
if (wanted !== "page") put(DIST, { ...scripts, "package.json": '{ "type": "commonjs" }\n' });
if (wanted !== "dist") {
  const { contents, names } = await whole();
  put(PAGE, {
    "nexus.mjs": contents,
    ...scripts,
    "colyseus.js": colyseus(),
    "LICENSE.txt": fs.readFileSync(path.join(HERE, "LICENSE")),
    "LICENSE.colyseus.txt": licences([SDK, ...names, ...inColyseus()]),
  });
}
