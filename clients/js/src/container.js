// The operations on maps, lists and sets.

import { empty, find, indexOf } from "./content.js";
import { refuse } from "./errors.js";
import { readIds } from "./ids.js";
import { LIST, MAP, ONE, SET } from "./outline.js";
import { BIN } from "./reader.js";
import { checkCount, readItems, readValues } from "./type.js";

/**
 * @typedef {import("./column.js").Column} Column
 * @typedef {import("./entity.js").Entity} Entity
 * @typedef {import("./entity.js").Tree} Tree
 * @typedef {import("./outline.js").Field} Field
 * @typedef {import("./outline.js").Kind} Kind
 * @typedef {import("./reader.js").Reader} Reader
 */

/** @typedef {{holder: Entity, field: Field, content: any}} Container */
/** @typedef {(tree: Tree, reader: Reader, container: Container) => void} Act */

/**
 * Reads a mask: the fields whose bits are set, lowest first.
 * @param {Reader} reader
 * @param {Kind} kind
 */
export function readFields(reader, kind) {
  reader.mask();
  let { low, high } = reader;
  // Most often it is the one before.
  const { latest } = kind;
  if (latest.low === low && latest.high === high) return latest.fields;
  /** @type {Field[]} */
  const fields = [];
  for (let i = 0; low !== 0 || high !== 0; i++) {
    if (low & 1) fields.push(kind.fields[i] ?? refuse(`class ${kind.name} has no field ${i}`));
    low = (low >>> 1) | (high << 31);
    high >>>= 1;
  }
  kind.latest = { low: reader.low, high: reader.high, fields };
  return fields;
}

/**
 * Reads a mask that is not empty.
 * @param {Reader} reader
 * @param {Kind} kind
 */
export function readSomeFields(reader, kind) {
  const fields = readFields(reader, kind);
  return fields.length > 0 ? fields : refuse("a mask without fields");
}

/**
 * An operation on a container: a class, the index of a field, an entity of that class.
 * @param {number} shape what the container must be, ONE for any
 * @param {Act} act
 * @returns {(tree: Tree, reader: Reader) => void}
 */
export function on(shape, act) {
  return (tree, reader) => {
    const kind = tree.outline.kind(reader.natural());
    const index = reader.natural();
    const field = kind.fields[index];
    const holder = tree.entity(reader.natural(), kind);
    const content = field && holder.object[field.name];
    if (!field || !content || field.shape === ONE || (shape !== ONE && field.shape !== shape)) {
      return refuse(`field ${index} of ${kind.name} ${holder.id} is no container, is absent, or has another shape`);
    }
    if (shape === LIST) tree.note(holder, field);
    act(tree, reader, { holder, field, content });
  };
}

/**
 * Reads ids of entities, `count` of them or as many as there are when it is -1.
 * @param {Reader} reader
 * @param {number} count
 * @param {boolean} [optional] whether nil may stand among them
 * @returns {(number | null)[]}
 */
export function readEntities(reader, count, optional) {
  if (reader.next !== BIN) return readItems(reader, count, () => reader.natural(), optional);
  /** @type {number[]} */
  const ids = [];
  checkCount(readIds(reader, ids), count);
  return ids;
}

/**
 * Reads what is to stand in a container: values, or the ids of entities.
 * @param {Reader} reader
 * @param {Field} field
 * @param {number} count
 * @returns {any[]}
 */
function readContent(reader, { form }, count) {
  return form ? readValues(reader, form, false, count) : readEntities(reader, count);
}

/** @param {Reader} reader */
const readKeys = (reader) => readItems(reader, -1, () => reader.str());

/**
 * Takes down an entry of a map or set that is about to change, and takes it from there.
 * @param {Tree} tree
 * @param {Container} container
 * @param {any} key
 */
function takeEntry(tree, { holder, field, content }, key) {
  const held = find(field, content, key);
  if (field.watched) tree.before?.entry(holder, field, key, held);
  if (held !== undefined) tree.take(field, [held]);
}

export const setEntries = on(MAP, (tree, reader, container) => {
  const { holder, field, content } = container;
  const keys = readKeys(reader);
  const values = readContent(reader, field, keys.length);
  // All that stood there goes first: two entities may change places.
  for (const key of keys) takeEntry(tree, container, key);
  const named = new Set();
  keys.forEach((key, i) => {
    // A key that is named twice: what was put there a moment ago goes again.
    if (named.has(key)) takeEntry(tree, container, key);
    named.add(key);
    content.set(key, tree.put(values[i], holder, field, key));
  });
});

export const removeEntries = on(MAP, (tree, reader, container) => {
  for (const key of readKeys(reader)) {
    takeEntry(tree, container, key);
    container.content.delete(key);
  }
});

/** @type {Act} */
function clearContent(tree, _reader, { holder, field, content }) {
  tree.vacate(holder, field);
  empty(field, content);
}

export const clear = on(ONE, clearContent);

/**
 * An operation on the values of a set.
 * @param {boolean} there whether they are to be in it from now on
 */
const changeSet = (there) => on(SET, (tree, reader, container) => {
  const { field, content } = container;
  const index = indexOf(field, content);
  for (const value of readContent(reader, field, -1)) {
    const key = /** @type {Column} */ (field.form).key(value);
    if (index.has(key) === there) continue;
    takeEntry(tree, container, key);
    if (there) {
      content.add(value);
      index.set(key, value);
    } else {
      content.delete(index.get(key));
      index.delete(key);
    }
  }
});

export const addValues = changeSet(true);
export const discardValues = changeSet(false);

export const replace = on(LIST, (tree, reader, { holder, field, content }) => {
  /** @type {number[]} */
  const positions = [];
  const count = readIds(reader, positions);
  checkPosition(positions[count - 1], 0, content.length - 1);
  const values = readContent(reader, field, count);
  tree.take(field, positions.map((position) => content[position]));
  positions.forEach((position, i) => (content[position] = tree.put(values[i], holder, field)));
});

/**
 * @param {number} position in a list, or how many there are from one on
 * @param {number} low
 * @param {number} high
 */
function checkPosition(position, low, high) {
  return position < low || position > high ? refuse(`${position} is not within ${low}..${high} of a list`) : position;
}

export const insert = on(LIST, (tree, reader, { holder, field, content }) => {
  const index = checkPosition(reader.int(), 0, content.length);
  const values = readContent(reader, field, -1).map((value) => tree.put(value, holder, field));
  // Not as arguments of splice: many do not fit on the stack.
  for (const value of values.concat(content.splice(index))) content.push(value);
});

export const erase = on(LIST, (tree, reader, { field, content }) => {
  const index = checkPosition(reader.int(), 0, content.length);
  const count = checkPosition(reader.int(), 1, content.length - index);
  tree.take(field, content.splice(index, count));
});

export const assign = on(LIST, (tree, reader, container) => {
  const { holder, field, content } = container;
  const values = readContent(reader, field, -1);
  clearContent(tree, reader, container);
  for (const value of values) content.push(tree.put(value, holder, field));
});

export const move = on(LIST, (_tree, reader, { content }) => {
  const last = content.length - 1;
  const from = checkPosition(reader.int(), 0, last);
  const to = checkPosition(reader.int(), 0, last);
  content.splice(to, 0, content.splice(from, 1)[0]);
});
