import assert from "node:assert/strict";
import fs from "node:fs";
import { test } from "node:test";

test("the example of the README prints what it says", async () => {
  const readme = fs.readFileSync(new URL("../README.md", import.meta.url), "utf8");
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
