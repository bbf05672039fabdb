// State as JSON text, without losing what JSON lacks: what the vectors and the Python
// tests compare with.

import { Row } from "../../src/row.js";
import { Rows } from "../../src/rows.js";

/** @param {any} value */
export function render(value) {
  switch (typeof value) {
    case "string": return JSON.stringify(value);
    case "boolean": return String(value);
    case "bigint": return `{"$int":"${value}"}`;
    case "number":
      if (Number.isNaN(value)) return '{"$float":"nan"}';
      if (!Number.isFinite(value)) return `{"$float":"${value > 0 ? "inf" : "-inf"}"}`;
      if (Object.is(value, -0)) return '{"$float":"-0"}';
      // The exponent makes a reader take digits past 2^53 for a float.
      return Number.isInteger(value) && !Number.isSafeInteger(value) ? value.toExponential() : String(value);
    case "object": return value === null ? "null" : renderObject(value);
    default: return `{"$${typeof value}":true}`;
  }
}

/** @param {any} value */
function renderObject(value) {
  if (Array.isArray(value)) return `[${value.map(render).join()}]`;
  if (value instanceof Map) return `{"$map":[${[...value].map(([key, item]) => `[${render(key)},${render(item)}]`).join()}]}`;
  if (value instanceof Set) return `{"$set":[${[...value].map(render).join()}]}`;
  if (value instanceof Date) return `{"$date":${value.getTime()}}`;
  if (value instanceof Uint8Array) return `{"$bytes":"${Array.from(value, (byte) => byte.toString(16).padStart(2, "0")).join("")}"}`;
  if (value instanceof Rows) return `{"$rows":[${[...value.ids].sort((a, b) => a - b).map((id) => `[${id},${value.cell(id)},${render(value.get(id))}]`).join()}]}`;
  const fields = Object.entries(value instanceof Row ? Row.values(value) : value).filter(([, item]) => item !== undefined);
  return `{${fields.map(([name, item]) => `${JSON.stringify(name)}:${render(item)}`).join()}}`;
}
