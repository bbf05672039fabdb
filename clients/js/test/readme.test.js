import assert from "node:assert/strict";
import fs from "node:fs";
import { test } from "node:test";

import { complete } from "../src/settings.js";

const readme = fs.readFileSync(new URL("../README.md", import.meta.url), "utf8");

test("the example of the README prints what it says", async () => {
  const code = /```js\n([^]*?)```/.exec(readme)?.[1] ?? "";
  const wanted = [...code.matchAll(/\/\/ prints: (.*)/g)].map((match) => match[1]);
  const index = new URL("../src/index.js", import.meta.url).href;
  /** @type {string[]} */
  const printed = [];
  const { log } = console;
  console.log = (...parts) => printed.push(parts.join(" "));
  try {
    await import(`data:text/javascript,${encodeURIComponent(code.replace('"nexus-client"', JSON.stringify(index)))}`);
  } finally {
    console.log = log;
  }
  assert.ok(wanted.length > 0);
  assert.deepEqual(printed, wanted);
});

test("what a room is set to by default is what the README says", () => {
  const { now, random, ...settings } = complete();
  const found = Object.keys(settings).map((name) => {
    const cell = new RegExp(`^\\| \`${name}\` \\| \`?(.*?)\`? \\|`, "m").exec(readme)?.[1];
    return [name, JSON.parse(cell?.replaceAll(/\w+(?=:)/g, '"$&"') ?? "null")];
  });
  assert.deepEqual(Object.fromEntries(found), settings);
});
