// Types: which columns there are, and how many values are read at once.

import { makeColumn } from "./column.js";
import { refuse } from "./errors.js";
import { ARRAY, BIN } from "./reader.js";

/**
 * @typedef {import("./column.js").Column} Column
 * @typedef {import("./reader.js").Reader} Reader
 */

/** What Python's datetime holds: from the year 1 to the end of 9999. */
const FIRST_MOMENT = -62135596800000;
const LAST_MOMENT = 253402300799999;

/**
 * @param {any} value
 * @param {string} name of a type that does not hold it
 */
const refuseValue = (value, name) => refuse(`${value} is no ${name}`);

/**
 * @param {Reader} reader
 * @param {number} width
 * @returns {any} a bigint for 8 bytes
 */
const readWhole = (reader, width) => (width === 8 ? reader.bigint() : reader.int());

/**
 * A type whose values in a bin are what their bytes say.
 * @param {string} name
 * @param {number} width
 * @param {Column["one"]} one
 * @param {Column["read"]} read
 * @param {(value: any) => boolean} holds whether it holds one that stands by itself
 */
const plain = (name, width, one, read, holds) => makeColumn(name, width, (reader) => {
  const value = one(reader);
  return holds(value) ? value : refuseValue(value, name);
}, read);

/**
 * A type of whole numbers; bigints compare with numbers.
 * @param {string} name
 * @param {number} width
 * @param {Column["read"]} read
 */
function integer(name, width, read) {
  const half = 2 ** (8 * width - 1);
  const low = name.startsWith("u") ? 0 : -half;
  return plain(name, width, (reader) => readWhole(reader, width), read, (value) => value >= low && value < low + 2 * half);
}

/**
 * @param {string} name
 * @param {number} width
 * @param {Column["read"]} read
 * @param {(value: number) => boolean} holds
 */
const float = (name, width, read, holds) => plain(name, width, (reader) => reader.number(), read, holds);

/**
 * A type whose values are others on the wire.
 * @param {string} name
 * @param {Column | undefined} column their type in a bin
 * @param {(raw: any) => any} value undefined where the type does not hold it
 * @param {Column["key"]} [key]
 */
function derived(name, column, value, key) {
  const { width, read } = /** @type {Column} */ (column);
  const check = (/** @type {any} */ given) => value(given) ?? refuseValue(given, name);
  return makeColumn(name, width, (reader) => check(readWhole(reader, width)), (view, at) => check(read(view, at)), key);
}

const none = () => refuse("a bin of values without a width");

export const TEXT = makeColumn("str", 0, (reader) => reader.str(), none);

const INT64 = integer("int64", 8, (view, at) => view.getBigInt64(at, true));
const UINT8 = integer("uint8", 1, (view, at) => view.getUint8(at));

/** @type {Map<string, Column>} */
const PLAIN = new Map([
  integer("int8", 1, (view, at) => view.getInt8(at)),
  integer("int16", 2, (view, at) => view.getInt16(at, true)),
  integer("int32", 4, (view, at) => view.getInt32(at, true)),
  INT64,
  UINT8,
  integer("uint16", 2, (view, at) => view.getUint16(at, true)),
  integer("uint32", 4, (view, at) => view.getUint32(at, true)),
  integer("uint64", 8, (view, at) => view.getBigUint64(at, true)),
  float("float32", 4, (view, at) => view.getFloat32(at, true), (value) => Object.is(Math.fround(value), value)),
  float("float64", 8, (view, at) => view.getFloat64(at, true), () => true),
  float("number", 0, none, Number.isFinite),
  TEXT,
  makeColumn("bytes", 0, (reader) => reader.bin(), none, (value) => value && String(value)),
  derived(
    "datetime", INT64,
    (raw) => (raw >= FIRST_MOMENT && raw <= LAST_MOMENT ? new Date(Number(raw)) : undefined),
    (value) => value && Number(value),
  ),
  Object.assign(derived("bool", UINT8, (raw) => [false, true][raw]), { one: (/** @type {Reader} */ reader) => reader.flag() }),
].map((column) => [column.name, column]));

/**
 * Reads a type in an outline.
 * @param {Reader} reader
 * @returns {Column}
 */
export function readType(reader) {
  const rest = reader.array() - 1;
  const name = reader.str();
  if (name === "quantized" && rest === 4) {
    const [low, high, bits, wrap] = [reader.number(), reader.number(), reader.int(), reader.int()];
    const span = high - low;
    if (!(span > 0 && span < Infinity && [8, 16, 32].includes(bits) && (wrap === 0 || wrap === 1))) {
      refuse(`quantized from ${low} to ${high} with ${bits} bits has no steps`);
    }
    const steps = 2 ** bits - (wrap ? 0 : low === -high ? 2 : 1);
    return derived(name, PLAIN.get(`uint${bits}`), (q) => (q >= 0 && q <= steps ? low + (q / steps) * span : undefined));
  }
  if (name === "enum" && rest >= 1 && rest <= 65536) {
    const names = Array.from({ length: rest }, () => reader.str());
    return Object.assign(derived(name, PLAIN.get(rest > 256 ? "uint16" : "uint8"), (raw) => names[raw]), { names });
  }
  const column = PLAIN.get(name);
  return column && rest === 0 ? column : refuse(`${rest} numbers or names after the type ${name}`);
}

/**
 * Reads what stands alone or in an array: `count` items, or as many as there are when it
 * is -1.
 * @param {Reader} reader
 * @param {number} count
 * @param {(reader: Reader) => any} one
 * @param {boolean} [optional] whether nil may stand for one
 * @returns {any[]}
 */
export function readItems(reader, count, one, optional) {
  const found = reader.next === ARRAY ? reader.array() : 1;
  checkCount(found, count);
  reader.count(found);
  const items = [];
  for (let i = 0; i < found; i++) items.push(optional && reader.nil() ? null : one(reader));
  return items;
}

/**
 * @param {number} found
 * @param {number} count what is due, -1 for any
 */
export function checkCount(found, count) {
  if (count < 0 ? found === 0 || found % 1 !== 0 : found !== count) refuse(`${found} values where ${count} are due`);
}

/**
 * Reads the head of a column in a bin; the raw values begin at `reader.start`.
 * @param {Reader} reader
 * @param {Column} column
 * @param {number} count what is due, -1 for any
 * @returns {number} how many there are
 */
export function readBin(reader, { width }, count) {
  const found = reader.span() / width;
  checkCount(found, count);
  reader.count(found);
  return found;
}

/**
 * Reads `count` values, or as many as there are when it is -1.
 * @param {Reader} reader
 * @param {Column} column
 * @param {boolean} optional
 * @param {number} count
 * @returns {any[]}
 */
export function readValues(reader, column, optional, count) {
  const { name, width, one, read } = column;
  const sort = reader.next;
  if (width > 0 && sort === BIN) {
    const found = readBin(reader, column, count);
    return Array.from({ length: found }, (_, i) => read(reader.view, reader.start + i * width));
  }
  const values = readItems(reader, count, one, optional);
  if (width > 0 && sort === ARRAY && !values.includes(null)) refuse(`an array of ${name} where a bin is due`);
  return values;
}
