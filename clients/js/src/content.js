// What stands in the field of an entity: a value, or a Map, array or Set of them.

import { ensure } from "./ensure.js";
import { LIST, MAP, SET } from "./outline.js";

/**
 * @typedef {import("./column.js").Column} Column
 * @typedef {import("./outline.js").Field} Field
 */

// A Date or a Uint8Array equals only itself in a JavaScript Set, so that sets which are
// changed have an index beside them.
/** @type {WeakMap<Set<any>, Map<any, any>>} */
const indexes = new WeakMap();

/**
 * The values of a set by their keys. Whoever changes the one changes the other.
 * @param {Field} field
 * @param {Set<any>} set
 */
export function indexOf({ form }, set) {
  const { key } = /** @type {Column} */ (form);
  return ensure(indexes, set, () => new Map([...set].map((value) => [key(value), value])));
}

/**
 * What an entry is known by: its name, or in a set the key of the value.
 * @param {Field} field
 * @param {any} name
 */
export function keyOf({ shape, form }, name) {
  return shape === SET ? form?.key(name) : name;
}

/**
 * What a container holds, by what its entries are known by.
 * @param {Field} field
 * @param {any} content undefined for nothing
 * @returns {[any, any][]}
 */
export const entriesOf = (field, content) => Array.from(content?.entries() ?? [], ([name, value]) => [keyOf(field, name), value]);

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
 * Empties what stands in a field; where nothing does, makes what is to.
 * @param {Field} field
 * @param {any} [content] of a container
 * @returns {any} null where the field is none
 */
export function empty({ shape, table }, content) {
  if (!content) return table ? table.make() : shape === MAP ? new Map() : shape === LIST ? [] : shape === SET ? new Set() : null;
  indexes.delete(content);
  if (shape === LIST) content.length = 0;
  else (table?.store(content) ?? content).clear();
  return content;
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
    if (field.shape === MAP) content.set(key, value);
    else if (field.shape === SET) content.add(value);
    else content.push(value);
  }
}
