// State as JSON values, for logs and tests of games.

import { parts } from "./parts.js";

/**
 * Turns a value of a state into what JSON knows: absent fields are left out, a Map and rows
 * become an object, a Set and a Uint8Array an array, a bigint its digits, a Date its ISO text.
 * @param {any} value
 * @returns {any}
 */
export function toJSON(value) {
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(toJSON);
  if (value instanceof Set || value instanceof Uint8Array) return Array.from(value, toJSON);
  const entries = value instanceof Map ? [...value] : parts.Table?.entries(value) ?? Object.entries(value);
  // fromEntries takes a key that is called __proto__ for an ordinary one.
  return Object.fromEntries(entries.filter(([, item]) => item !== undefined).map(([key, item]) => [key, toJSON(item)]));
}
