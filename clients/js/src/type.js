// Types: which columns there are, and how many values are read at once.

import { PeerError } from "./errors.js";
import { Float32, Float64, INTEGERS, Integer, Numeral, Quantized, Wide64 } from "./number.js";
import { Bool, Bytes, Choice, Moment, Text } from "./plain.js";
import { ARRAY, BIN } from "./reader.js";

/**
 * @typedef {import("./reader.js").Reader} Reader
 * @typedef {import("./column.js").Column} Column
 */

export const PLAIN_TEXT = new Text();

/** @type {Map<string, Column>} */
const PLAIN = new Map(
  [
    ...Object.keys(INTEGERS).map((name) => new Integer(name)),
    new Wide64(true), new Wide64(false), new Float32(), new Float64(),
    new Bool(), new Moment(), new Numeral(), PLAIN_TEXT, new Bytes(),
  ].map((column) => [column.name, column]),
);

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
    const sound = Number.isFinite(low) && Number.isFinite(high - low) && high > low;
    if (!sound || ![8, 16, 32].includes(bits) || (wrap !== 0 && wrap !== 1)) {
      throw new PeerError(`quantized from ${low} to ${high} with ${bits} bits has no steps`);
    }
    return new Quantized(low, high, bits, wrap === 1);
  }
  if (name === "enum" && rest >= 1 && rest <= 65536) {
    return new Choice(Array.from({ length: rest }, () => reader.str()));
  }
  const column = PLAIN.get(name);
  if (column === undefined || rest !== 0) throw new PeerError(`${rest} numbers or names after the type ${name}`);
  return column;
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
  const sort = reader.next;
  if (sort === BIN && column.width > 0) {
    const size = reader.span();
    const found = size / column.width;
    if (count === -1 ? found < 1 || !Number.isInteger(found) : found !== count) {
      throw new PeerError(`a column of ${size} bytes for ${count} values of ${column.name}`);
    }
    reader.count(found);
    const values = [];
    for (let i = 0; i < found; i++) values.push(column.read(reader.view, reader.from + i * column.width));
    return values;
  }
  if (sort === ARRAY && (column.width === 0 || optional)) {
    const found = reader.array();
    if (count === -1 ? found === 0 : found !== count) {
      throw new PeerError(`a column of ${found} values where ${count} are due`);
    }
    reader.count(found);
    const values = [];
    for (let i = 0; i < found; i++) values.push(optional && reader.nil() ? null : column.one(reader));
    if (column.width > 0 && !values.includes(null)) throw new PeerError(`an array of ${column.name} where a bin is due`);
    return values;
  }
  if (count > 1) reader.refuse(`a column of ${count} values of ${column.name}`);
  reader.count(1);
  return [optional && reader.nil() ? null : column.one(reader)];
}
