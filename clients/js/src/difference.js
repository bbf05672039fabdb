// A snapshot as a difference: what is the same entity stays the same object.

import { GONE } from "./before.js";
import { emptyContainer, entityOf } from "./entity.js";
import { LIST, MAP, ONE } from "./outline.js";
import { moved } from "./position.js";
import * as sets from "./set.js";

/**
 * @typedef {import("./before.js").Before} Before
 * @typedef {import("./column.js").Column} Column
 * @typedef {import("./entity.js").Entity} Entity
 * @typedef {import("./entity.js").Tree} Tree
 * @typedef {import("./outline.js").Field} Field
 */

/**
 * Puts the entities of an older tree into a new one, in place of those with their ids.
 * @param {Tree} older is not to be used any more
 * @param {Tree} fresh what a snapshot made
 * @param {Before | null} before
 */
export function reconcile(older, fresh, before) {
  /** @type {Map<Entity, Entity>} the entity that stays, by what the snapshot made of it */
  const staying = new Map();
  // Listeners know the first of those that had an id, whatever took it since.
  const olds = new Map(older.table);
  for (const entity of older.replaced.reverse()) olds.set(entity.id, entity);
  for (const entity of fresh.table.values()) {
    const known = olds.get(entity.id);
    if (known !== undefined && known.kind === entity.kind) staying.set(entity, known);
  }
  const stay = (/** @type {Entity} */ entity) => staying.get(entity) ?? entity;

  for (const entity of fresh.table.values()) adopt(entity, stay);
  for (const [entity, known] of staying) {
    for (const field of known.kind.present) {
      if (field.shape === ONE) takeValue(known, entity, field, before);
      else takeContent(known, entity, field, before);
    }
  }
  for (const known of olds.values()) {
    before?.place(known);
    known.forgotten = true;
  }
  for (const entity of fresh.table.values()) {
    const { holder, field, key, held } = entity;
    entity.holder = null;
    before?.place(entity);
    const known = stay(entity);
    known.holder = holder === null ? null : stay(holder);
    known.field = field;
    known.key = key;
    known.held = held;
    known.forgotten = false;
    fresh.table.set(entity.id, known);
  }
  if (fresh.root !== null) fresh.root = stay(fresh.root);
}

/**
 * Has the fields of an entity hold the objects that stay.
 * @param {Entity} entity
 * @param {(entity: Entity) => Entity} stay
 */
function adopt(entity, stay) {
  if (entity.held === 0) return;
  const found = (/** @type {object} */ object) => stay(entityOf(object)).object;
  for (const { name, shape } of entity.kind.nests) {
    const content = entity.object[name];
    if (content == null) continue;
    if (shape === ONE) entity.object[name] = found(content);
    else if (shape === LIST) content.forEach((/** @type {object} */ object, /** @type {number} */ i) => (content[i] = found(object)));
    else for (const [key, object] of content) content.set(key, found(object));
  }
}

/**
 * @param {Entity} known
 * @param {Entity} entity
 * @param {Field} field
 * @param {Before | null} before
 */
function takeValue(known, entity, field, before) {
  const { name, column } = field;
  const [was, now] = [known.object[name], entity.object[name]];
  if (field.watched && !(column === null ? was === now : column.same(was, now))) before?.touched(known, field, was);
  known.object[name] = now;
}

/**
 * Has a container hold what the snapshot has there. It stays the same Map, array or Set.
 * @param {Entity} known
 * @param {Entity} entity
 * @param {Field} field
 * @param {Before | null} before
 */
function takeContent(known, entity, field, before) {
  const { name } = field;
  const [was, now] = [known.object[name], entity.object[name]];
  if (was === now || (was !== undefined && now !== undefined && isSame(field, was, now))) return;
  if (field.watched && before !== null) noteContent(before, known, field, now);
  if (now === undefined) {
    known.object[name] = undefined;
    return;
  }
  const content = was ?? (known.object[name] = emptyContainer(field));
  if (field.shape === MAP) {
    content.clear();
    for (const [key, value] of now) content.set(key, value);
  } else if (field.shape === LIST) {
    moved(content);
    content.length = 0;
    for (const value of now) content.push(value);
  } else {
    sets.clear(content);
    for (const value of now) content.add(value);
  }
}

/**
 * Takes down what a container holds, and of what comes that it was not there.
 * @param {Before} before
 * @param {Entity} known
 * @param {Field} field
 * @param {any} now
 */
function noteContent(before, known, field, now) {
  before.whole(known, field);
  if (field.shape === LIST || now === undefined) return;
  for (const name of now.keys()) {
    before.entry(known, field, field.shape === MAP ? name : /** @type {Column} */ (field.column).key(name), GONE);
  }
}

/**
 * Tells whether a container holds the very same; 0 and -0 are not, although nobody is told.
 * @param {Field} field
 * @param {any} was
 * @param {any} now
 */
function isSame(field, was, now) {
  const same = (/** @type {any} */ a, /** @type {any} */ b) => Object.is(a, b) || (field.column?.keyed === true && field.column.same(a, b));
  if (field.shape === LIST) {
    return was.length === now.length && was.every((/** @type {any} */ value, /** @type {number} */ i) => same(value, now[i]));
  }
  if (was.size !== now.size) return false;
  if (field.shape === MAP) {
    const others = now.entries();
    for (const [key, value] of was) {
      const [name, other] = others.next().value;
      if (key !== name || !same(value, other)) return false;
    }
    return true;
  }
  const column = /** @type {Column} */ (field.column);
  for (const value of now) if (sets.find(was, column, column.key(value)) === undefined) return false;
  return true;
}
