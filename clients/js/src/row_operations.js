// The operations on the rows of tables.

import { on, readFields, readSomeFields } from "./container.js";
import { ensure } from "./ensure.js";
import { readIds } from "./ids.js";
import { TABLE } from "./outline.js";
import { refuse } from "./errors.js";
import { Rows } from "./rows.js";

/**
 * @typedef {import("./before.js").Before} Before
 * @typedef {import("./entity.js").Entity} Entity
 * @typedef {import("./entity.js").Tree} Tree
 * @typedef {import("./outline.js").Field} Field
 * @typedef {import("./reader.js").Reader} Reader
 * @typedef {import("./rows.js").Store} Store
 */
/** @typedef {(tree: Tree, reader: Reader, store: Store, note: (id: number) => void) => void} Act */

/** @param {Act} act is given what takes down a row that is about to change */
const onRows = (act) => on(TABLE, (tree, reader, { holder, field, content }) => {
  const store = Rows.store(content);
  const before = field.watched ? tree.before : null;
  tree.stores.add(store);
  act(tree, reader, store, (id) => before && takeDown(before, holder, field, store, id));
});

/**
 * Takes down a row that is about to change.
 * @param {Before} before
 * @param {Entity} holder
 * @param {Field} field
 * @param {Store} store
 * @param {number} id
 */
export function takeDown(before, holder, field, store, id) {
  const rows = before.touched(holder, field, () => new Map());
  ensure(rows, id, () => store.take(id));
}

/**
 * Removes those of some rows that are in a cell.
 * @param {Store} store
 * @param {number} cell
 * @param {number[]} ids
 * @param {(id: number) => void} note
 */
function removeFrom(store, cell, ids, note) {
  for (const id of ids) {
    if (store.cells[store.slots.get(id) ?? -1] !== cell) continue;
    note(id);
    store.remove(id);
  }
}

/** @param {Reader} reader */
function readAllIds(reader) {
  /** @type {number[]} */
  const ids = [];
  readIds(reader, ids);
  return ids;
}

/**
 * Reads a column for each field of some rows.
 * @param {Store} store
 * @param {Reader} reader
 * @param {Field[]} fields
 * @param {number[]} slots
 * @param {number} count
 */
function readColumns(store, reader, fields, slots, count) {
  for (const { name } of fields) store.columns.get(name)?.read(reader, slots, count, store.size - count, store.room);
}

export const bring = onRows((tree, reader, store, note) => {
  const cell = reader.natural();
  const fields = readFields(reader, store.kind);
  const { ids, slots } = tree;
  const count = readIds(reader, ids);
  reader.weigh(count * (store.kind.weight - 1));
  const { size } = store;
  for (let i = 0; i < count; i++) {
    note(ids[i]);
    slots[i] = store.put(ids[i], cell);
  }
  store.lack(size, fields);
  readColumns(store, reader, fields, slots, count);
});

export const write = onRows((tree, reader, store, note) => {
  const fields = readSomeFields(reader, store.kind);
  const { ids, slots } = tree;
  const count = readIds(reader, ids);
  for (let i = 0; i < count; i++) {
    slots[i] = store.slots.get(ids[i]) ?? refuse(`there is no row ${ids[i]}`);
    note(ids[i]);
  }
  readColumns(store, reader, fields, slots, count);
});

export const part = onRows((_tree, reader, store, note) => {
  const cell = reader.natural();
  removeFrom(store, cell, readAllIds(reader), note);
});

export const drop = onRows((_tree, reader, store, note) => {
  for (const cell of readAllIds(reader)) removeFrom(store, cell, store.inside(cell), note);
});

export const keep = onRows((_tree, reader, store, note) => {
  const cell = reader.natural();
  const stay = new Set(reader.nil() ? [] : readAllIds(reader));
  removeFrom(store, cell, store.inside(cell).filter((id) => !stay.has(id)), note);
});

export const veil = onRows((_tree, reader, store, note) => {
  const fields = readSomeFields(reader, store.kind);
  for (const id of store.slots.keys()) note(id);
  for (const { name } of fields) Object.assign(store.columns.get(name) ?? {}, { held: null, shown: null });
});
