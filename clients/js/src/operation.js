// What follows the head of a payload: operations, one after the other.

import * as containers from "./container.js";
import { emptyContainer } from "./entity.js";
import { PeerError } from "./errors.js";
import { readIds } from "./ids.js";
import { ONE } from "./outline.js";
import { ARRAY, BIN, INT } from "./reader.js";
import { PLAIN_TEXT, readValues } from "./type.js";

/**
 * @typedef {import("./before.js").Before} Before
 * @typedef {import("./column.js").Column} Column
 * @typedef {import("./entity.js").Entity} Entity
 * @typedef {import("./entity.js").Tree} Tree
 * @typedef {import("./outline.js").Field} Field
 * @typedef {import("./outline.js").Kind} Kind
 * @typedef {import("./reader.js").Reader} Reader
 */

/** By -1 - first: what is not an update. */
const OPERATIONS = [
  create,
  hide,
  containers.setEntries,
  containers.removeEntries,
  containers.clear,
  containers.addValues,
  containers.discardValues,
  containers.replace,
  containers.insert,
  containers.erase,
  containers.assign,
  own,
  containers.move,
];

/** How much of a tree's room for one operation is worth keeping. */
const KEPT = 4096;

/**
 * Applies all operations that follow.
 * @param {Tree} tree
 * @param {Reader} reader
 */
export function applyOperations(tree, reader) {
  while (reader.at < reader.end) {
    if (reader.nil()) continue;
    const first = reader.int();
    if (first >= 0) {
      update(tree, reader, tree.outline.kind(first));
      continue;
    }
    const operation = OPERATIONS[-1 - first];
    if (operation === undefined) throw new PeerError(`there is no operation ${first}`);
    operation(tree, reader);
  }
  const { ids, rows, objects } = tree;
  if (ids.length > KEPT) ids.length = rows.length = objects.length = 0;
}

/**
 * Reads a mask: the fields whose bits are set, lowest first.
 * @param {Reader} reader
 * @param {Kind} kind
 */
function readFields(reader, kind) {
  reader.mask();
  return fieldsOf(reader, kind);
}

/**
 * The fields of the mask that was just read.
 * @param {Reader} reader
 * @param {Kind} kind
 */
function fieldsOf(reader, kind) {
  /** @type {Field[]} */
  const fields = [];
  for (let half = 0; half < 2; half++) {
    for (let bits = half === 0 ? reader.low : reader.high; bits !== 0; ) {
      const bit = 31 - Math.clz32(bits & -bits);
      bits = (bits & (bits - 1)) >>> 0;
      const field = kind.fields[half * 32 + bit];
      if (field == null) throw new PeerError(`class ${kind.name} has no field ${half * 32 + bit}`);
      fields.push(field);
    }
  }
  return fields;
}

/**
 * Reads ids into the `rows` and `objects` of the tree.
 * @param {Tree} tree
 * @param {Reader} reader
 * @param {Kind} kind
 * @returns {number} how many there are
 */
function readRows(tree, reader, kind) {
  const { table, ids, rows, objects } = tree;
  const count = readIds(reader, ids);
  for (let i = 0; i < count; i++) {
    const entity = table.get(ids[i]);
    if (entity === undefined || entity.kind !== kind) throw new PeerError(`there is no ${kind.name} ${ids[i]}`);
    rows[i] = entity;
    objects[i] = entity.object;
  }
  return count;
}

/**
 * Reads a column into a field of all `rows`.
 * @param {Tree} tree
 * @param {Reader} reader
 * @param {Field} field
 * @param {Column} column
 * @param {number} count
 * @param {Before | null} before
 */
function store(tree, reader, field, column, count, before) {
  const { rows, objects } = tree;
  const { name } = field;
  if (before === null && column.width > 0 && reader.next === BIN) {
    const size = reader.span();
    if (size !== count * column.width) throw new PeerError(`a column of ${size} bytes for ${count} of ${column.name}`);
    reader.count(count);
    column.pour(reader.view, reader.from, objects, count, name);
    return;
  }
  const values = readValues(reader, column, field.optional, count);
  for (let i = 0; i < count; i++) {
    const previous = objects[i][name];
    if (before !== null && !column.same(previous, values[i])) before.touched(rows[i], field, previous);
    objects[i][name] = values[i];
  }
}

/**
 * Reads a column of entities into a field of all `rows`.
 * @param {Tree} tree
 * @param {Reader} reader
 * @param {Field} field
 * @param {number} count
 */
function storeEntities(tree, reader, field, count) {
  // A reader may see nil although the field is not optional: its view hides the entity.
  const entities = containers.readEntities(reader, count, true);
  const before = field.watched ? tree.before : null;
  const { rows, objects } = tree;
  for (let i = 0; i < count; i++) {
    const previous = objects[i][field.name];
    before?.touched(rows[i], field, previous);
    tree.take(previous);
    objects[i][field.name] = null;
  }
  for (let i = 0; i < count; i++) {
    const id = entities[i];
    if (id !== null) objects[i][field.name] = tree.put(id, rows[i], field, undefined);
  }
}

/**
 * Stores what follows in one field of all `rows`.
 * @param {Tree} tree
 * @param {Reader} reader
 * @param {Field} field
 * @param {number} count
 */
function updateField(tree, reader, field, count) {
  if (field.shape !== ONE) emptyAll(tree, field, count);
  else if (field.column === null) storeEntities(tree, reader, field, count);
  else store(tree, reader, field, field.column, count, field.watched ? tree.before : null);
}

/**
 * @param {Tree} tree
 * @param {Reader} reader
 * @param {Kind} kind
 */
function update(tree, reader, kind) {
  reader.mask();
  if (reader.low === 0 && reader.high === 0) throw new PeerError("a mask without fields");
  if (reader.next === INT) {
    const { low, high } = reader;
    const entity = readEntity(tree, reader, kind);
    if (low !== 0) updateOne(tree, reader, entity, low, 0);
    if (high !== 0) updateOne(tree, reader, entity, high, 32);
    return;
  }
  const fields = fieldsOf(reader, kind);
  const count = readRows(tree, reader, kind);
  for (const field of fields) updateField(tree, reader, field, count);
}

/**
 * Reads the one id that stands here.
 * @param {Tree} tree
 * @param {Reader} reader
 * @param {Kind} kind
 */
function readEntity(tree, reader, kind) {
  const id = reader.natural();
  reader.count(1);
  const entity = tree.table.get(id);
  if (entity === undefined || entity.kind !== kind) throw new PeerError(`there is no ${kind.name} ${id}`);
  return entity;
}

/**
 * Reads values of a single entity, by far the most frequent patch when little happens:
 * nothing is allocated for it.
 * @param {Tree} tree
 * @param {Reader} reader
 * @param {Entity} entity
 * @param {number} mask half of a mask
 * @param {number} first the index of its lowest bit
 */
function updateOne(tree, reader, entity, mask, first) {
  const { kind, object } = entity;
  for (let bits = mask; bits !== 0; bits &= bits - 1) {
    const index = first + 31 - Math.clz32(bits & -bits);
    const field = kind.fields[index];
    if (field == null) throw new PeerError(`class ${kind.name} has no field ${index}`);
    const { column } = field;
    const sort = reader.next;
    if (column === null || field.shape !== ONE || sort === BIN || sort === ARRAY || (field.watched && tree.before !== null)) {
      tree.rows[0] = entity;
      tree.objects[0] = object;
      updateField(tree, reader, field, 1);
    } else {
      reader.count(1);
      object[field.name] = field.optional && reader.nil() ? null : column.one(reader);
    }
  }
}

/**
 * Has a container be there, and empty, in all `rows`.
 * @param {Tree} tree
 * @param {Field} field
 * @param {number} count
 */
function emptyAll(tree, field, count) {
  const { rows, objects } = tree;
  for (let i = 0; i < count; i++) {
    const content = objects[i][field.name];
    if (content === undefined) {
      if (field.watched) tree.before?.whole(rows[i], field);
      objects[i][field.name] = emptyContainer(field);
    } else {
      containers.empty(tree, { holder: rows[i], field, content });
    }
  }
}

/**
 * @param {Tree} tree
 * @param {Reader} reader
 */
function create(tree, reader) {
  const kind = tree.outline.kind(reader.natural());
  const fields = readFields(reader, kind);
  const { ids, rows, objects } = tree;
  const count = readIds(reader, ids);
  reader.weigh(count * kind.weight);
  for (let i = 0; i < count; i++) {
    rows[i] = tree.create(ids[i], kind);
    objects[i] = rows[i].object;
  }
  for (const field of kind.present) {
    const { name } = field;
    if (!fields.includes(field)) {
      for (let i = 0; i < count; i++) objects[i][name] = undefined;
    } else if (field.shape !== ONE) {
      for (let i = 0; i < count; i++) objects[i][name] = emptyContainer(field);
    } else if (field.column === null) {
      for (let i = 0; i < count; i++) objects[i][name] = null;
    } else {
      store(tree, reader, field, field.column, count, null);
    }
  }
}

/**
 * @param {Tree} tree
 * @param {Reader} reader
 */
function hide(tree, reader) {
  const kind = tree.outline.kind(reader.natural());
  const fields = readFields(reader, kind);
  if (fields.length === 0) throw new PeerError("a mask without fields");
  const count = readRows(tree, reader, kind);
  const { rows, objects } = tree;
  for (const field of fields) {
    for (let i = 0; i < count; i++) {
      if (field.watched) tree.before?.whole(rows[i], field);
      tree.takeAll(field, objects[i][field.name]);
      objects[i][field.name] = undefined;
    }
  }
}

/**
 * Reads who owns entities, which concerns stores alone.
 * @param {Tree} tree
 * @param {Reader} reader
 */
function own(tree, reader) {
  const { ids } = tree;
  const count = readIds(reader, ids);
  for (let i = 0; i < count; i++) tree.entity(ids[i]);
  readValues(reader, PLAIN_TEXT, true, count);
}
