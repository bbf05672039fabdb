// Ids, and positions in a list: an int is one, a bin is several that ascend strictly.

import { PeerError } from "./errors.js";
import { INT } from "./reader.js";

/** @typedef {import("./reader.js").Reader} Reader */

/**
 * Reads an unsigned LEB128 that a number holds exactly, and moves `reader.from` past it.
 * @param {Reader} reader
 * @param {number} end
 */
function leb(reader, end) {
  const { bytes } = reader;
  let value = 0;
  let unit = 1;
  for (let at = reader.from; at < end && unit <= 2 ** 49; at++) {
    const byte = bytes[at];
    value += (byte & 127) * unit;
    if (byte < 128) {
      if (value > Number.MAX_SAFE_INTEGER) break;
      reader.from = at + 1;
      return value;
    }
    unit *= 128;
  }
  throw new PeerError("a number in ids is cut off or out of range");
}

/**
 * @param {Reader} reader
 * @param {number} end
 * @param {number[]} ids
 */
function readRun(reader, end, ids) {
  const first = leb(reader, end);
  const count = leb(reader, end);
  if (count === 0 || reader.from !== end) throw new PeerError("a run of ids without ids or with more");
  // Not first + count, which a number may round.
  if (count - 1 > Number.MAX_SAFE_INTEGER - first) throw new PeerError("an id out of range");
  reader.name(count);
  for (let i = 0; i < count; i++) ids[i] = first + i;
  return count;
}

/**
 * @param {Reader} reader
 * @param {number} end
 * @param {number[]} ids
 */
function readGaps(reader, end, ids) {
  const { bytes } = reader;
  let id = leb(reader, end);
  let count = 1;
  ids[0] = id;
  while (reader.from < end) {
    // Nearly all gaps take one byte.
    const byte = bytes[reader.from];
    if (byte < 128) {
      reader.from++;
      id += 1 + byte;
    } else {
      id += 1 + leb(reader, end);
    }
    ids[count++] = id;
  }
  if (!Number.isSafeInteger(id)) throw new PeerError("an id out of range");
  reader.name(count);
  return count;
}

/**
 * @param {Reader} reader
 * @param {number} end
 * @param {number[]} ids
 */
function readBits(reader, end, ids) {
  const { bytes } = reader;
  const first = leb(reader, end);
  const from = reader.from;
  if (from === end || (bytes[from] & 1) === 0) throw new PeerError("a bitmap of ids without its first");
  let count = 0;
  for (let at = from; at < end; at++) {
    for (let byte = bytes[at]; byte !== 0; byte &= byte - 1) {
      ids[count++] = first + (at - from) * 8 + 31 - Math.clz32(byte & -byte);
    }
  }
  if (!Number.isSafeInteger(ids[count - 1])) throw new PeerError("an id out of range");
  reader.name(count);
  return count;
}

/**
 * Reads ids into `ids`, which may be longer than that.
 * @param {Reader} reader
 * @param {number[]} ids
 * @returns {number} how many there are
 */
export function readIds(reader, ids) {
  if (reader.next === INT) {
    ids[0] = reader.natural();
    reader.count(1);
    return 1;
  }
  const size = reader.span();
  const end = reader.from + size;
  const form = size === 0 ? -1 : reader.bytes[reader.from++];
  if (form === 0) return readRun(reader, end, ids);
  if (form === 1) return readGaps(reader, end, ids);
  if (form === 2) return readBits(reader, end, ids);
  throw new PeerError(`ids in form ${form}`);
}
