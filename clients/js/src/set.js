// Sets of values. A Date or a Uint8Array equals only itself in a JavaScript Set, so sets
// of them have an index beside them.

/**
 * @typedef {import("./column.js").Column} Column
 */

/** @type {WeakMap<Set<any>, Map<any, any>>} */
const indexes = new WeakMap();

/**
 * @param {Set<any>} set
 * @param {Column} column
 */
function indexOf(set, column) {
  let index = indexes.get(set);
  if (index === undefined) {
    index = new Map();
    for (const value of set) index.set(column.key(value), value);
    indexes.set(set, index);
  }
  return index;
}

/**
 * Finds the value of a set that a key stands for, undefined if there is none.
 * @param {Set<any>} set
 * @param {Column} column
 * @param {any} key
 */
export function find(set, column, key) {
  if (column.keyed) return indexOf(set, column).get(key);
  return set.has(key) ? key : undefined;
}

/**
 * Adds a value that is not there.
 * @param {Set<any>} set
 * @param {Column} column
 * @param {any} value
 */
export function add(set, column, value) {
  if (column.keyed) indexOf(set, column).set(column.key(value), value);
  set.add(value);
}

/**
 * Removes a value that is there.
 * @param {Set<any>} set
 * @param {Column} column
 * @param {any} value
 */
export function remove(set, column, value) {
  if (column.keyed) indexOf(set, column).delete(column.key(value));
  set.delete(value);
}

/** @param {Set<any>} set */
export function clear(set) {
  indexes.delete(set);
  set.clear();
}
