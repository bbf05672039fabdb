// What stands in the field of an entity: a value, or a Map, array or Set of them.

import { LIST, MAP, SET } from "./outline.js";

/**
 * @typedef {import("./column.js").Column} Column
 * @typedef {import("./outline.js").Field} Field
 */

/**
 * Makes the empty container of a field.
 * @param {Field} field
 */
export function makeEmpty({ shape, table }) {
  if (table) return table.make();
  return shape === MAP ? new Map() : shape === LIST ? [] : new Set();
}

// A Date or a Uint8Array equals only itself in a JavaScript Set, so that sets which are
// changed have an index beside them.
/** @type {WeakMap<Set<any>, Map<any, any>>} */
const indexes = new WeakMap();

/**
 * The values of a set by their keys. Whoever changes the one changes the other.
 * @param {Field} field
 * @param {Set<any>} set
 */
export function indexOf({ column }, set) {
  const { key } = /** @type {Column} */ (column);
  let index = indexes.get(set);
  if (index === undefined) indexes.set(set, (index = new Map([...set].map((value) => [key(value), value]))));
  return index;
}

/**
 * What an entry is known by: its name, or in a set the key of the value.
 * @param {Field} field
 * @param {any} name
 */
export function keyOf({ shape, column }, name) {
  return shape === SET ? column?.key(name) : name;
}

/**
 * What a map or set holds for a key, undefined where there is none.
 * @param {Field} field
 * @param {any} content
 * @param {any} key
 */
export function find(field, content, key) {
  return content && (field.shape === SET ? indexOf(field, content) : content).get(key);
}

/**
 * @param {Field} field
 * @param {any} content
 */
export function empty({ table }, content) {
  indexes.delete(content);
  if (Array.isArray(content)) content.length = 0;
  else (table?.store(content) ?? content).clear();
}

/**
 * Has a container hold other entries.
 * @param {Field} field
 * @param {any} content
 * @param {[any, any][]} entries
 */
export function fill(field, content, entries) {
  empty(field, content);
  for (const [key, value] of entries) {
    if (content instanceof Map) content.set(key, value);
    else if (content instanceof Set) content.add(value);
    else content.push(value);
  }
}
