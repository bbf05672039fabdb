// Starts a headless Chromium.

import { createRequire } from "node:module";
import path from "node:path";

const require = createRequire(import.meta.url);
const folder = process.env.NEXUS_NODE_MODULES;

/** Where an npm package of the tests is. */
export function home(name) {
  const said = folder ? path.resolve(folder, name) : name;
  return path.dirname(require.resolve(`${said}/package.json`));
}

const { chromium } = require(home("playwright-core"));

/**
 * Starts the browser; it talks to nobody but who the pages name.
 * @param {string} executablePath
 * @returns {Promise<import("playwright-core").Browser>}
 */
export function launch(executablePath) {
  return chromium.launch({
    executablePath,
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
