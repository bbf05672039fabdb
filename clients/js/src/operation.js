// What follows the head of a payload: operations, one after the other.

import { isSame } from "./column.js";
import * as containers from "./container.js";
import { empty } from "./content.js";
import { refuse } from "./errors.js";
import { readIds } from "./ids.js";
import { ONE } from "./outline.js";
import { ARRAY, BIN } from "./reader.js";
import { TEXT, readBin, readValues } from "./type.js";

/**
 * @typedef {import("./before.js").Before} Before
 * @typedef {import("./column.js").Column} Column
 * @typedef {import("./entity.js").Entity} Entity
 * @typedef {import("./entity.js").Tree} Tree
 * @typedef {import("./outline.js").Field} Field
 * @typedef {import("./outline.js").Kind} Kind
 * @typedef {import("./reader.js").Reader} Reader
 */

/** By -1 - first: what is not an update. Those of tables follow. */
export const OPERATIONS = [
  create, hide, containers.setEntries, containers.removeEntries, containers.clear, containers.addValues, containers.discardValues,
  containers.replace, containers.insert, containers.erase, containers.assign, own, containers.move,
];

/** How much of a tree's room for one operation is worth keeping. */
const KEPT = 4096;

/**
 * Applies all operations that follow.
 * @param {Tree} tree
 * @param {Reader} reader
 */
export function applyOperations(tree, reader) {
  while (reader.here < reader.end) {
    if (reader.nil()) continue;
    const first = reader.int();
    if (first >= 0) update(tree, reader, tree.outline.kind(first));
    else (OPERATIONS[-1 - first] ?? refuse(`there is no operation ${first}`))(tree, reader);
  }
  tree.settle();
  const { ids } = tree;
  if (ids.length > KEPT) ids.length = tree.rows.length = tree.slots.length = 0;
}

/**
 * Reads ids into the `rows` of the tree.
 * @param {Tree} tree
 * @param {Reader} reader
 * @param {Kind} [kind] the class that they must be of
 * @returns {number} how many there are
 */
function readRows(tree, reader, kind) {
  const { ids, rows } = tree;
  const count = readIds(reader, ids);
  for (let i = 0; i < count; i++) rows[i] = tree.entity(ids[i], kind);
  return count;
}

/**
 * Reads a column of values into a field of the first `count` rows.
 * @param {Tree} tree
 * @param {Reader} reader
 * @param {Field} field
 * @param {number} count
 * @param {Before | null} before
 */
function store({ rows }, reader, field, count, before) {
  const { name, optional } = field;
  const form = /** @type {Column} */ (field.form);
  const { next } = reader;
  // What is most frequent by far allocates nothing.
  if (!before && next === BIN && form.width > 0) {
    pour(rows, reader, form, readBin(reader, form, count), name);
  } else if (!before && next !== ARRAY && count === 1) {
    reader.count(1);
    rows[0].object[name] = optional && reader.nil() ? null : form.one(reader);
  } else {
    const values = readValues(reader, form, optional, count);
    for (let i = 0; i < count; i++) {
      const { object } = rows[i];
      if (before && !isSame(form, object[name], values[i])) before.whole(rows[i], field);
      object[name] = values[i];
    }
  }
}

/**
 * Writes the raw values of a bin to a field.
 * @param {Entity[]} rows
 * @param {Reader} reader
 * @param {Column} form
 * @param {number} count
 * @param {string} name
 */
function pour(rows, { view, start }, { width, read }, count, name) {
  for (let i = 0; i < count; i++) rows[i].object[name] = read(view, start + i * width);
}

/**
 * @param {Tree} tree
 * @param {Reader} reader
 * @param {Kind} kind
 */
function update(tree, reader, kind) {
  const fields = containers.readSomeFields(reader, kind);
  const count = readRows(tree, reader, kind);
  for (const field of fields) {
    const { name, shape, form, watched } = field;
    const { rows } = tree;
    if (shape === ONE && form) {
      store(tree, reader, field, count, watched ? tree.before : null);
      continue;
    }
    // A container has no column: it is there from now on, and empty. And a reader may see
    // nil although a field is not optional: its view hides the entity.
    const ids = shape === ONE ? containers.readEntities(reader, count, true) : null;
    for (let i = 0; i < count; i++) {
      const { object } = rows[i];
      tree.vacate(rows[i], field);
      object[name] = empty(field, ids ? null : object[name]);
    }
    ids?.forEach((id, i) => id !== null && (rows[i].object[name] = tree.put(id, rows[i], field)));
  }
}

/**
 * @param {Tree} tree
 * @param {Reader} reader
 */
function create(tree, reader) {
  const kind = tree.outline.kind(reader.natural());
  const fields = containers.readFields(reader, kind);
  const { ids, rows } = tree;
  const count = readIds(reader, ids);
  reader.weigh(count * kind.weight);
  for (let i = 0; i < count; i++) rows[i] = tree.create(ids[i], kind);
  for (const field of kind.present) {
    const { name, shape, form } = field;
    const isThere = fields.includes(field);
    if (isThere && shape === ONE && form) store(tree, reader, field, count, null);
    else for (let i = 0; i < count; i++) rows[i].object[name] = isThere ? empty(field) : undefined;
  }
}

/**
 * @param {Tree} tree
 * @param {Reader} reader
 */
function hide(tree, reader) {
  const kind = tree.outline.kind(reader.natural());
  const fields = containers.readSomeFields(reader, kind);
  const count = readRows(tree, reader, kind);
  for (const field of fields) {
    for (const row of tree.rows.slice(0, count)) {
      tree.vacate(row, field);
      row.object[field.name] = undefined;
    }
  }
}

/**
 * Reads who owns entities, which concerns stores alone.
 * @param {Tree} tree
 * @param {Reader} reader
 */
function own(tree, reader) {
  readValues(reader, TEXT, true, readRows(tree, reader));
}
