import assert from "node:assert/strict";
import fs from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";

const MODULE = new URL("../../../nexus/page/client/nexus.mjs", import.meta.url);
const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => fs.existsSync(path));

// A page that forbids styles in its text, as careful ones do.
const PAGE = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>status</title>
<nexus-status id="early"></nexus-status><div id="place"></div>
<script type="module">
  import { defineWidget } from "/nexus.mjs";
  window.room = (quality) => {
    const listeners = {};
    return {
      quality,
      on(event, callback) {
        (listeners[event] ??= new Set()).add(callback);
        return () => listeners[event].delete(callback);
      },
      tell(event, value) { for (const callback of listeners[event] ?? []) callback(value); },
      get heard() { return Object.values(listeners).reduce((sum, some) => sum + some.size, 0); },
    };
  };
  document.getElementById("early").room = room({ level: "fair", latency: 250, loss: 0 });
  defineWidget();
  defineWidget();
  defineWidget("other-status");
  const { constructor } = document.getElementById("early");
  window.ready = defineWidget() === constructor;
</script>`;

const skip = CHROMIUM === undefined && "Chromium is missing";
/** @type {any} */
let browser;
/** @type {http.Server} */
let server;
/** @type {any} */
let page;
/** @type {string[]} */
const complaints = [];

before(async () => {
  if (skip) return;
  server = http.createServer(({ url }, response) => {
    const isModule = url === "/nexus.mjs";
    response.setHeader("content-type", isModule ? "text/javascript" : "text/html");
    response.setHeader("content-security-policy", "style-src 'none'");
    response.end(isModule ? fs.readFileSync(MODULE) : PAGE);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { chromium } = createRequire(new URL("../../../tests/package.json", import.meta.url))("playwright-core");
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  page = await browser.newPage();
  page.on("console", (/** @type {any} */ message) => complaints.push(message.text()));
  page.on("pageerror", (/** @type {Error} */ error) => complaints.push(error.message));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  await page.goto(`http://127.0.0.1:${port}/`);
  await page.waitForFunction("window.ready");
});

after(async () => {
  await browser?.close();
  server?.close();
});

/**
 * Puts a widget with a room on the page.
 * @param {any} quality
 */
async function place(quality) {
  await page.evaluate((/** @type {any} */ rating) => {
    const { room, document } = /** @type {any} */ (globalThis);
    const status = document.createElement("nexus-status");
    status.room = globalThis.shown = room(rating);
    document.getElementById("place").replaceChildren(status);
  }, quality);
}

/** @param {string} [selector] */
const look = (selector = "#place > *") => page.evaluate((/** @type {string} */ wanted) => {
  const status = /** @type {any} */ (globalThis).document.querySelector(wanted);
  const text = (/** @type {string} */ name) => status.shadowRoot.querySelector(`[part=${name}]`).textContent;
  return [status.getAttribute("level"), text("value"), text("word"), text("live")];
}, selector);

/**
 * @param {string} event
 * @param {any} [value]
 * @param {any} [quality]
 */
const tell = (event, value, quality) => page.evaluate((/** @type {any[]} */ [name, given, rating]) => {
  const { shown } = /** @type {any} */ (globalThis);
  if (rating) shown.quality = rating;
  shown.tell(name, given);
}, [event, value, quality]);

test("the widget follows its room", { skip }, async () => {
  await place({ level: "unknown", latency: null, loss: 0 });
  assert.deepEqual(await look(), ["unknown", "connecting", "", "connecting"]);
  await tell("latency", {}, { level: "excellent", latency: 42, loss: 0 });
  assert.deepEqual(await look(), ["excellent", "42 ms", "excellent", "connection excellent"]);
  await tell("drop", {}, { level: "offline", latency: 42, loss: 0 });
  assert.deepEqual(await look(), ["offline", "offline", "", "the connection was lost"]);
  await tell("reconnecting", { attempt: 1, maxRetries: 15, delay: 600 });
  assert.equal((await look())[1], "retry 1/15 in 1 s");
  await page.waitForFunction(() => {
    const { document } = /** @type {any} */ (globalThis);
    return document.querySelector("#place > *").shadowRoot.querySelector("[part=value]").textContent === "retry 1/15";
  });
  await tell("reconnected", {}, { level: "good", latency: 150, loss: 0 });
  assert.deepEqual(await look(), ["good", "150 ms", "good", "connection good"]);
  await tell("leave", {});
  assert.deepEqual(await look(), ["offline", "left", "", "the room was left"]);
});

test("taken off the page it listens no more, put back it does again", { skip }, async () => {
  await place({ level: "good", latency: 150, loss: 0 });
  const counts = await page.evaluate(() => {
    const { document, shown } = /** @type {any} */ (globalThis);
    const status = document.querySelector("#place > *");
    const counts = [shown.heard];
    status.remove();
    counts.push(shown.heard);
    document.getElementById("place").append(status);
    counts.push(shown.heard);
    status.room = null;
    counts.push(shown.heard);
    return counts;
  });
  assert.ok(counts[0] > 0);
  assert.deepEqual(counts, [counts[0], 0, counts[0], 0]);
  assert.deepEqual(await look(), ["unknown", "connecting", "", "connecting"]);
});

test("a room that was set before the widget was defined is shown", { skip }, async () => {
  assert.deepEqual(await look("#early"), ["fair", "250 ms", "fair", "connection fair"]);
});

test("it is styled where a page forbids styles in its text, and nobody complains", { skip }, async () => {
  const dot = await page.evaluate(() => {
    const { document, getComputedStyle } = /** @type {any} */ (globalThis);
    const { borderRadius, width } = getComputedStyle(document.querySelector("#early").shadowRoot.querySelector("[part=dot]"));
    return [borderRadius, Math.round(parseFloat(width))];
  });
  assert.deepEqual(dot, ["50%", 8]);
  assert.deepEqual(complaints, []);
});

test("who listens hears of news alone, and of nothing that is only seen", { skip }, async () => {
  await place({ level: "good", latency: 150, loss: 0 });
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send("Accessibility.getFullAXTree");
  const said = nodes.filter((/** @type {any} */ node) => node.role?.value === "StaticText").map((/** @type {any} */ node) => node.name.value);
  assert.deepEqual(said, ["connection fair", "connection good"]);
});
