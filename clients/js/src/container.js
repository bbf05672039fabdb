// The operations on maps, lists and sets.

import { GONE } from "./before.js";
import { entityOf } from "./entity.js";
import { PeerError } from "./errors.js";
import { readIds } from "./ids.js";
import { LIST, MAP, ONE, SET } from "./outline.js";
import { moved } from "./position.js";
import { ARRAY, BIN } from "./reader.js";
import * as sets from "./set.js";
import { readValues } from "./type.js";

/**
 * @typedef {import("./column.js").Column} Column
 * @typedef {import("./entity.js").Entity} Entity
 * @typedef {import("./entity.js").Tree} Tree
 * @typedef {import("./outline.js").Field} Field
 * @typedef {import("./reader.js").Reader} Reader
 */

/** @typedef {{holder: Entity, field: Field, content: any}} Container */

/**
 * Reads which container is meant: a class, the index of a field, an entity of that class.
 * @param {Tree} tree
 * @param {Reader} reader
 * @param {number} shape what it must be, ONE for any container
 * @returns {Container}
 */
function readContainer(tree, reader, shape) {
  const kind = tree.outline.kind(reader.natural());
  const index = reader.natural();
  const field = kind.fields[index];
  if (field == null || field.shape === ONE || (shape !== ONE && field.shape !== shape)) {
    throw new PeerError(`field ${index} of class ${kind.name} is no container of shape ${shape}`);
  }
  const holder = tree.entity(reader.natural());
  if (holder.kind !== kind) throw new PeerError(`entity ${holder.id} is no ${kind.name}`);
  const content = holder.object[field.name];
  if (content === undefined) throw new PeerError(`field ${field.name} of entity ${holder.id} is absent`);
  return { holder, field, content };
}

/**
 * Reads ids of entities, `count` of them or as many as there are when it is -1.
 * @param {Reader} reader
 * @param {number} count
 * @param {boolean} optional whether nil may stand among them
 * @returns {(number | null)[]}
 */
export function readEntities(reader, count, optional) {
  /** @type {(number | null)[]} */
  let ids = [];
  if (reader.next === BIN) {
    readIds(reader, /** @type {number[]} */ (ids));
  } else if (reader.next === ARRAY) {
    const found = reader.array();
    reader.count(found);
    for (let i = 0; i < found; i++) ids.push(optional && reader.nil() ? null : reader.natural());
  } else {
    reader.count(1);
    ids = [optional && reader.nil() ? null : reader.natural()];
  }
  if (count === -1 ? ids.length === 0 : ids.length !== count) {
    throw new PeerError(`${ids.length} entities where ${count} are due`);
  }
  return ids;
}

/**
 * Reads what is to stand in a container: values, or the ids of entities.
 * @param {Reader} reader
 * @param {Field} field
 * @param {number} count
 * @returns {any[]}
 */
function readContent(reader, field, count) {
  if (field.column === null) return readEntities(reader, count, false);
  return readValues(reader, field.column, false, count);
}

/** @param {Reader} reader */
function readKeys(reader) {
  if (reader.next !== ARRAY) {
    reader.count(1);
    return [reader.str()];
  }
  const count = reader.array();
  if (count === 0) throw new PeerError("an array without keys");
  reader.count(count);
  return Array.from({ length: count }, () => reader.str());
}

/**
 * Turns ids into the objects of entities that now stand in a list.
 * @param {Tree} tree
 * @param {Container} container
 * @param {any[]} content
 */
function putAll(tree, { holder, field }, content) {
  if (field.column !== null) return content;
  return content.map((id) => tree.put(id, holder, field, undefined));
}

/**
 * Takes down what a list holds that is about to change.
 * @param {Tree} tree
 * @param {Container} container
 */
function noteList(tree, { holder, field, content }) {
  moved(content);
  if (field.watched) tree.before?.whole(holder, field);
}

/**
 * @param {Tree} tree
 * @param {Container} container
 * @param {string} key
 */
function noteEntry(tree, { holder, field, content }, key) {
  if (!field.watched || tree.before === null) return;
  tree.before.entry(holder, field, key, content.has(key) ? content.get(key) : GONE);
}

/**
 * @param {Tree} tree
 * @param {Reader} reader
 */
export function setEntries(tree, reader) {
  const container = readContainer(tree, reader, MAP);
  const { holder, field, content } = container;
  const keys = readKeys(reader);
  const values = readContent(reader, field, keys.length);
  for (const key of keys) noteEntry(tree, container, key);
  if (field.column !== null) {
    keys.forEach((key, i) => content.set(key, values[i]));
    return;
  }
  // All that stood there goes first: two entities may change places.
  for (const key of keys) tree.take(content.get(key));
  keys.forEach((key, i) => {
    // A key that is named twice: what was put there a moment ago goes again.
    const now = content.has(key) ? entityOf(content.get(key)) : null;
    if (now?.holder === holder && now.field === field && now.key === key) tree.take(now.object);
    content.set(key, tree.put(values[i], holder, field, key));
  });
}

/**
 * @param {Tree} tree
 * @param {Reader} reader
 */
export function removeEntries(tree, reader) {
  const container = readContainer(tree, reader, MAP);
  for (const key of readKeys(reader)) {
    noteEntry(tree, container, key);
    if (container.field.column === null) tree.take(container.content.get(key));
    container.content.delete(key);
  }
}

/**
 * Empties what a field holds.
 * @param {Tree} tree
 * @param {Container} container
 */
export function empty(tree, { holder, field, content }) {
  if (field.watched) tree.before?.whole(holder, field);
  tree.takeAll(field, content);
  if (field.shape === MAP) content.clear();
  else if (field.shape === LIST) {
    moved(content);
    content.length = 0;
  } else sets.clear(content);
}

/**
 * @param {Tree} tree
 * @param {Reader} reader
 */
export function clear(tree, reader) {
  empty(tree, readContainer(tree, reader, ONE));
}

/**
 * @param {Tree} tree
 * @param {Reader} reader
 * @param {boolean} there whether the values are to be in the set from now on
 */
function changeSet(tree, reader, there) {
  const { holder, field, content } = readContainer(tree, reader, SET);
  const column = /** @type {Column} */ (field.column);
  for (const value of readValues(reader, column, false, -1)) {
    const key = column.key(value);
    const held = sets.find(content, column, key);
    if ((held !== undefined) === there) continue;
    if (field.watched) tree.before?.entry(holder, field, key, held ?? GONE);
    if (there) sets.add(content, column, value);
    else sets.remove(content, column, held);
  }
}

/**
 * @param {Tree} tree
 * @param {Reader} reader
 */
export function addValues(tree, reader) {
  changeSet(tree, reader, true);
}

/**
 * @param {Tree} tree
 * @param {Reader} reader
 */
export function discardValues(tree, reader) {
  changeSet(tree, reader, false);
}

/**
 * @param {Tree} tree
 * @param {Reader} reader
 */
export function replace(tree, reader) {
  const container = readContainer(tree, reader, LIST);
  const { field, content } = container;
  /** @type {number[]} */
  const positions = [];
  const count = readIds(reader, positions);
  const last = positions[count - 1];
  if (last >= content.length) throw new PeerError(`a list of ${content.length} has no position ${last}`);
  const values = readContent(reader, field, count);
  noteList(tree, container);
  if (field.column === null) for (const position of positions) tree.take(content[position]);
  const placed = putAll(tree, container, values);
  positions.forEach((position, i) => (content[position] = placed[i]));
}

/**
 * Reads a position of a list, or how many there are from one on.
 * @param {Reader} reader
 * @param {number} low
 * @param {number} high
 */
function readWithin(reader, low, high) {
  const position = reader.int();
  if (position < low || position > high) throw new PeerError(`${position} is not within ${low}..${high} of a list`);
  return position;
}

/** So many values are inserted at once. */
const INSERTED = 4096;

/**
 * @param {Tree} tree
 * @param {Reader} reader
 */
export function insert(tree, reader) {
  const container = readContainer(tree, reader, LIST);
  const { field, content } = container;
  const index = readWithin(reader, 0, content.length);
  const values = readContent(reader, field, -1);
  noteList(tree, container);
  const placed = putAll(tree, container, values);
  // Many arguments of splice do not fit on the stack.
  for (let at = 0; at < placed.length; at += INSERTED) {
    content.splice(index + at, 0, ...placed.slice(at, at + INSERTED));
  }
}

/**
 * @param {Tree} tree
 * @param {Reader} reader
 */
export function erase(tree, reader) {
  const container = readContainer(tree, reader, LIST);
  const { field, content } = container;
  const index = readWithin(reader, 0, content.length);
  const count = readWithin(reader, 1, content.length - index);
  noteList(tree, container);
  const erased = content.splice(index, count);
  tree.takeAll(field, erased);
}

/**
 * @param {Tree} tree
 * @param {Reader} reader
 */
export function assign(tree, reader) {
  const container = readContainer(tree, reader, LIST);
  const values = readContent(reader, container.field, -1);
  empty(tree, container);
  for (const value of putAll(tree, container, values)) container.content.push(value);
}

/**
 * @param {Tree} tree
 * @param {Reader} reader
 */
export function move(tree, reader) {
  const container = readContainer(tree, reader, LIST);
  const { content } = container;
  const from = readWithin(reader, 0, content.length - 1);
  const to = readWithin(reader, 0, content.length - 1);
  noteList(tree, container);
  content.splice(to, 0, content.splice(from, 1)[0]);
}
