// Plays many bots in one page of a headless Chromium:
//
//     node sdk_browser.mjs 18|nexus /usr/bin/chromium
//
// It is asked as sdk.mjs is. The page comes from a server of its own on the loopback address,
// which has these few files and no others.

import fs from "node:fs/promises";
import http from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { home, launch } from "./browser.mjs";
import { serve } from "./sdk_frame.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const built = path.resolve(here, "../../nexus/page/client");
const modules = ["sdk_bots.mjs", "sdk_ours.mjs", "sdk_page.mjs", "sdk_value.mjs"];

const PAGE = `<!doctype html>
<html lang="en"><title>Bots</title>
<link rel="icon" href="data:,">
<script src="/colyseus.js"></script>
<script type="module" src="/sdk_page.mjs"></script>
</html>`;

const files = new Map(modules.map((name) => [`/${name}`, path.join(here, name)]));
files.set("/colyseus.js", path.join(home("sdk18"), "dist/colyseus.js"));
files.set("/nexus/client/nexus.mjs", path.join(built, "nexus.mjs"));

async function give(request, response) {
  const { pathname } = new URL(request.url, "http://localhost");
  if (pathname === "/") {
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.end(PAGE);
    return;
  }
  try {
    const content = await fs.readFile(files.get(pathname));
    response.setHeader("content-type", "text/javascript; charset=utf-8");
    response.end(content);
  } catch (error) {
    response.statusCode = 404;
    response.end(String(error));
  }
}

const server = http.createServer(give);
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const browser = await launch(process.argv[3]);
const page = await browser.newPage();
const failures = [];
page.on("pageerror", (error) => failures.push(error));
await page.goto(`http://127.0.0.1:${server.address().port}/?${process.argv[2]}`);
await page.waitForFunction("globalThis.ask !== undefined", null, { timeout: 10_000 }).catch((error) => {
  throw new Error(`no bots in the page: ${failures.join("; ")}`, { cause: error });
});

const answer = (...asked) => page.evaluate((given) => globalThis.ask(...given), asked);
serve(answer, () => browser.close());
