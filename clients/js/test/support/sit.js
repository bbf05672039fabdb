// How a test sits down, and what nobody caught meanwhile.

import "./fake_socket.js";

import { afterEach, beforeEach, mock } from "node:test";

import { GAME } from "./game.js";
import { Table } from "./table.js";
import { payload } from "./writer.js";

/** @type {Table | undefined} */
let table;

/** @type {string[]} the messages of errors that nobody caught */
export const reported = [];

/**
 * A table for this test.
 * @param {any} [settings]
 */
export function lay(settings) {
  table?.end();
  table = new Table(settings);
  return table;
}

/** A patch that leads from a version to the next: the round becomes another one. */
export function patch(/** @type {number} */ version, /** @type {number} */ round) {
  return [0x0f, ...payload(version % 64, GAME, 32, 0, round)];
}

beforeEach(() => {
  reported.length = 0;
  mock.method(console, "info", () => {});
  mock.method(console, "warn", () => {});
  mock.method(globalThis, "queueMicrotask", (/** @type {() => void} */ act) => {
    try {
      act();
    } catch (error) {
      reported.push(/** @type {Error} */ (error).message);
    }
  });
});

afterEach(() => {
  table?.end();
  table = undefined;
  mock.restoreAll();
});
