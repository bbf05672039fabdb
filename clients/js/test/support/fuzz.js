// Throws seeded nonsense at a replica. Whatever comes must be applied or refused with a
// PeerError, within the limits that the format sets, and a snapshot must mend it.

import { PeerError, Replica } from "../../src/index.js";
import { Row } from "../../src/row.js";
import { Rows } from "../../src/rows.js";

/**
 * A small generator of chance (mulberry32), the same everywhere for a seed.
 * @param {number} seed
 */
export function chance(seed) {
  let state = seed >>> 0;
  return (/** @type {number} */ below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return Math.floor((((x ^ (x >>> 14)) >>> 0) / 4294967296) * below);
  };
}

const BOUNDARIES = [
  [0x7f], [0x80], [0xe0], [0xff], [0xcc, 0xff], [0xcd, 0xff, 0xff], [0xce, 0xff, 0xff, 0xff, 0xff],
  [0xcf, 255, 255, 255, 255, 255, 255, 255, 255], [0xcf, 0, 0x20, 0, 0, 0, 0, 0, 0], [0xcf, 0, 0x1f, 255, 255, 255, 255, 255, 255],
  [0xd3, 128, 0, 0, 0, 0, 0, 0, 0], [0xd0, 0x80], [0xd2, 0x80, 0, 0, 0], [0xdd, 255, 255, 255, 255], [0xdc, 255, 255],
  [0xc6, 255, 255, 255, 255], [0xdb, 255, 255, 255, 255], [0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0], [0xc0], [0xc1], [0xc4, 0],
  // Ids: endless runs, gaps and numbers.
  [0xc4, 8, 0, 1, 255, 255, 255, 255, 255, 127], [0xc4, 10, 0, 255, 255, 255, 255, 255, 255, 255, 15, 1],
  [0xc4, 12, 1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1], [0xc4, 6, 2, 1, 255, 255, 255, 255], [0xc4, 3, 0, 1, 0],
];

/**
 * @param {Uint8Array[]} samples
 * @param {(below: number) => number} roll
 * @returns {Uint8Array}
 */
function mutate(samples, roll) {
  if (roll(16) === 0) return Uint8Array.from({ length: roll(64) }, () => roll(256));
  let bytes = [...samples[roll(samples.length)]];
  for (let times = roll(4); times >= 0; times--) {
    const at = roll(bytes.length + 1);
    const size = roll(12);
    switch (roll(7)) {
      case 0:
        bytes[roll(bytes.length)] = roll(256);
        break;
      case 1:
        bytes[roll(bytes.length)] ^= 1 << roll(8);
        break;
      case 2:
        bytes.length = at;
        break;
      case 3:
        bytes.splice(at, 0, ...bytes.slice(at, at + size));
        break;
      case 4: {
        const other = samples[roll(samples.length)];
        bytes = [...bytes.slice(0, at), ...other.slice(roll(other.length))];
        break;
      }
      case 5:
        bytes.splice(at, roll(3), ...BOUNDARIES[roll(BOUNDARIES.length)]);
        break;
      default:
        bytes.splice(at, size);
    }
    if (bytes.length === 0) bytes.push(roll(256));
  }
  return Uint8Array.from(bytes);
}

/**
 * By how much the heap may grow in each half of a run, where it can be measured. In one of
 * them it may grow by more: the table of a WeakMap stays as large as it had to be once, until
 * it is full again. What is kept for ever grows in both.
 */
const GROWTH = 8 * 2 ** 20;

function heap() {
  const { gc } = /** @type {any} */ (globalThis);
  if (gc === undefined) return 0;
  gc();
  return process.memoryUsage().heapUsed;
}

/** What bytes may cost: items that were looked at, for each of them. */
const STEPS = 4;

/**
 * @param {Replica} replica
 * @param {string} what
 */
function checkEffort(replica, what) {
  const { values, steps, bytes } = replica.effort;
  if (steps > STEPS * bytes + 16) throw new Error(`${steps} steps for ${bytes} bytes: ${what}`);
  if (values > 8 * bytes) throw new Error(`${values} values for ${bytes} bytes: ${what}`);
}

/**
 * Applies mutated samples to a replica that holds a state.
 * @param {Uint8Array} outline
 * @param {Uint8Array} snapshot a valid one
 * @param {Uint8Array[]} samples patches (first byte below 128) and snapshots; patches that
 *   follow the snapshot reach deeper
 * @param {number} seed
 * @param {number} count
 */
export function fuzz(outline, snapshot, samples, seed, count) {
  const roll = chance(seed);
  const all = [snapshot, ...samples];
  const made = { accepted: 0, refused: 0, outlines: 0, calls: 0, largest: 0 };
  const replica = new Replica(outline);
  for (const pattern of patternsOf(replica, snapshot)) {
    replica.onAdd(pattern, () => made.calls++);
    replica.onChange(pattern, () => made.calls++);
    replica.onRemove(pattern, () => made.calls++);
  }
  replica.applySnapshot(snapshot);
  const { size } = replica;
  let early = 0;
  let middle = 0;
  for (let i = 0; i < count; i++) {
    // By then all is compiled, and what is kept on purpose is there.
    if (i === count >> 2) early = heap();
    if (i === (5 * count) >> 3) middle = heap();
    const bytes = mutate(all, roll);
    const what = `seed ${seed}, input ${i}: ${Buffer.from(bytes).toString("hex")}`;
    try {
      if (roll(32) === 0) {
        new Replica(bytes);
        made.outlines++;
        continue;
      }
      // Any check fits every 64th version, so we have it fit.
      if (roll(4) !== 0) bytes[0] = (bytes[0] & 64) | (((replica.version % 64) + 64) % 64);
      if (roll(3) === 0) replica.applySnapshot(bytes);
      else replica.applyPatch(bytes);
      made.accepted++;
      checkEffort(replica, what);
    } catch (error) {
      if (!(error instanceof PeerError)) throw new Error(`${what}: ${error}`, { cause: error });
      made.refused++;
      checkEffort(replica, what);
    }
    made.largest = Math.max(made.largest, replica.size);
    // Half of the inputs meet what others left behind.
    if (!replica.inStep || roll(2) === 0 || replica.size > size + 1000) {
      replica.applySnapshot(snapshot);
      if (replica.size !== size) throw new Error(`${replica.size} entities after a snapshot of ${size}: ${what}`);
    }
  }
  const growth = Math.min(middle - early, heap() - middle);
  if (growth > GROWTH) throw new Error(`the heap grew by ${growth} bytes with seed ${seed}`);
  return made;
}

/**
 * Patterns for all that stands in a state, so that the work for callbacks is tried too.
 * @param {Replica} replica
 * @param {Uint8Array} snapshot
 */
function patternsOf(replica, snapshot) {
  replica.applySnapshot(snapshot);
  /** @type {Set<string>} */
  const patterns = new Set();
  /** @type {(value: any, path: string[]) => void} */
  const visit = (value, path) => {
    if (typeof value !== "object" || value === null || path.length > 8) return;
    if (value instanceof Date || value instanceof Uint8Array) return;
    const isContainer = value instanceof Map || value instanceof Set || Array.isArray(value) || value instanceof Rows;
    for (const [key, item] of isContainer ? value.entries() : Object.entries(value instanceof Row ? Row.values(value) : value)) {
      const here = [...path, isContainer ? "*" : key];
      patterns.add(JSON.stringify(here));
      visit(item, here);
    }
  };
  visit(replica.state, []);
  return [...patterns].map((text) => JSON.parse(text));
}
