// Ids, and positions in a list: an int is one, a bin is several that ascend strictly.

import { refuse } from "./errors.js";
import { INT } from "./reader.js";

/** @typedef {import("./reader.js").Reader} Reader */

/**
 * Reads an unsigned LEB128 that a number holds exactly, and moves `reader.start` past it.
 * @param {Reader} reader
 * @param {number} end
 */
function leb(reader, end) {
  let value = 0;
  for (let unit = 1; reader.start < end && unit <= 2 ** 49; unit *= 128) {
    const byte = reader.payload[reader.start++];
    value += (byte & 127) * unit;
    if (byte < 128 && Number.isSafeInteger(value)) return value;
  }
  return refuse("a number in ids is cut off or out of range");
}

/**
 * Reads ids into `ids`, which may be longer than that.
 * @param {Reader} reader
 * @param {number[]} ids
 * @returns {number} how many there are
 */
export function readIds(reader, ids) {
  let count = 1;
  if (reader.next === INT) {
    ids[0] = reader.natural();
    reader.count(count);
    return count;
  }
  const end = reader.span() + reader.start;
  const form = reader.payload[reader.start++];
  let id = (ids[0] = leb(reader, end));
  if (form === 0) {
    count = leb(reader, end);
    reader.nameIds(count);
    for (let i = 1; i < count; i++) ids[i] = id + i;
    if (reader.start !== end) count = 0;
  } else if (form === 1) {
    while (reader.start < end) ids[count++] = id += 1 + leb(reader, end);
    reader.nameIds(count);
  } else {
    count = 0;
    // The first of the bits stands for the first id.
    const last = form === 2 && reader.payload[reader.start] & 1 ? end : 0;
    for (; reader.start < last; id += 8) {
      for (let byte = reader.payload[reader.start++]; byte !== 0; byte &= byte - 1) ids[count++] = id + 31 - Math.clz32(byte & -byte);
    }
    reader.nameIds(count);
  }
  if (count === 0 || !Number.isSafeInteger(ids[count - 1])) refuse(`ids in form ${form} that are none`);
  return count;
}
