// State callbacks for every field that a kind declares.

import { writeBrief, writeValue } from "./value.js";

/** @typedef {import("./server.js").StateCard} StateCard */
/** @typedef {{sign: "+" | "−" | "~", path: string, text: string, full: string}} Call */

/** So many callbacks a client asks for. */
const MOST = 300;
const SHOWN = 80;

/**
 * Asks a replica to call back for all that a state declares.
 * @param {any} replica
 * @param {StateCard} card
 * @param {(make: () => Call) => void} tell takes what makes the call: most are not wanted
 */
export function listen(replica, card, tell) {
  /** @param {any[]} path */
  const name = (path) => path.join(".");
  for (const { path, what } of patterns(card)) {
    if (what === "value") {
      replica.onChange(path, (/** @type {any} */ value, /** @type {any} */ old, /** @type {any[]} */ at) =>
        tell(() => ({ sign: "~", path: name(at), ...change(old, value) })),
      );
      continue;
    }
    replica.onAdd(path, (/** @type {any} */ value, /** @type {any[]} */ at) => tell(() => ({ sign: "+", path: name(at), text: writeBrief(value, SHOWN), full: writeValue(value) })));
    replica.onRemove(path, (/** @type {any} */ _value, /** @type {any[]} */ at) => tell(() => ({ sign: "−", path: name(at), text: "", full: "" })));
  }
}

/**
 * Writes what became of a value, in short and in full.
 * @param {any} old
 * @param {any} value
 */
export function change(old, value) {
  const [from, to] = [writeBrief(old, SHOWN), writeBrief(value, SHOWN)];
  const full = `${writeValue(old)} → ${writeValue(value)}`;
  // What differs too little to be seen in short is no change to nothing.
  return { text: from === to ? full : `${from} → ${to}`, full };
}

/**
 * Lists what can be listened for, without following a class into itself.
 * @param {StateCard} card
 * @returns {{path: string[], what: "value" | "entry"}[]}
 */
export function patterns(card) {
  /** @type {{path: string[], what: "value" | "entry"}[]} */
  const found = [];
  /**
   * @param {string} cls
   * @param {string[]} above
   * @param {string[]} within
   */
  const walk = (cls, above, within) => {
    if (within.includes(cls)) return;
    for (const field of card.classes[cls] ?? []) {
      if (found.length >= MOST) return;
      const path = [...above, field.name];
      const isContainer = field.shape !== "one";
      if (isContainer || field.holds !== "") found.push({ path, what: "entry" });
      if (field.holds !== "") walk(field.holds, isContainer ? [...path, "*"] : path, [...within, cls]);
      else if (field.shape !== "set") found.push({ path: isContainer ? [...path, "*"] : path, what: "value" });
    }
  };
  walk(card.root, [], []);
  return found;
}
