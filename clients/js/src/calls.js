// Which callbacks a payload leads to: the difference between what was taken down before
// it and what there is now. Removals come first, then what was added, then what changed.

import { isSame } from "./column.js";
import { entriesOf, find } from "./content.js";
import { ensure } from "./ensure.js";
import { entityOf } from "./entity.js";
import { ADDED, CHANGED, REMOVED } from "./listeners.js";
import { LIST, ONE, SET } from "./outline.js";

/**
 * @typedef {import("./before.js").Before} Before
 * @typedef {import("./entity.js").Entity} Entity
 * @typedef {import("./listeners.js").Event} Event
 * @typedef {import("./listeners.js").Listener} Listener
 * @typedef {import("./listeners.js").Segment} Segment
 * @typedef {import("./outline.js").Field} Field
 * @typedef {import("./outline.js").Kind} Kind
 */

/** @typedef {any[]} Path */
/** @typedef {{key: any, was?: any, now?: any}} Pair undefined where there was or is none */

/**
 * What may differ in a field: its value, or the entries of a container.
 * @param {Field} field
 * @param {any} was as it was taken down
 * @param {any} now undefined when the field is absent
 * @returns {Pair[]}
 */
function pair(field, was, now) {
  const { shape, form } = field;
  if (shape === ONE) return [{ key: undefined, was, now }];
  if (shape !== LIST) {
    return Array.from(was, ([key, previous]) => {
      const held = find(field, now, key);
      // The path of a value of a set ends with the value itself.
      return { key: shape === SET ? held ?? previous : key, was: previous, now: held };
    });
  }
  now ??= [];
  // A value that stands elsewhere is another one; an entity is the same wherever it stands.
  if (form) return Array.from(was.length > now.length ? was : now, (_, key) => ({ key, was: was[key], now: now[key] }));
  const [before, after] = [new Set(was), new Set(now)];
  return [
    ...was.map((/** @type {any} */ value, /** @type {number} */ key) => ({ key, was: after.has(value) ? undefined : value })),
    ...now.map((/** @type {any} */ value, /** @type {number} */ key) => ({ key, now: before.has(value) ? undefined : value })),
  ];
}

/**
 * @param {Path} path of an entity
 * @param {Field} field
 * @param {any} key of an entry, if it is a container
 */
const extend = (path, { shape, name }, key) => (shape === ONE ? [...path, name] : [...path, name, key]);

/** Finds the calls that one payload leads to. */
export class Calls {
  /** @type {{listener: Listener, values: any[]}[][]} by their events */
  found = [[], [], []];
  /** @type {Map<any[], Map<object, number>>} where entities stand in lists */
  positions = new Map();

  /**
   * @param {Entity} root
   * @param {Before} before
   * @param {Segment} first where all patterns begin
   */
  constructor(root, before, first) {
    this.before = before;
    /** @type {Map<Entity, Segment[]>} where the patterns stand that lead to an entity */
    this.reached = new Map([[root, [first]]]);
    if (root !== before.root) {
      this.reached.set(root, []);
      if (before.root) this.within(REMOVED, first, before.root, []);
      this.within(ADDED, first, root, []);
    }
    for (const [entity, fields] of before.fields) {
      for (const segment of this.reach(entity)) {
        for (const [field, was] of fields) {
          for (const child of segment.entry(field.name)) this.differ(child, entity, field, was);
        }
      }
    }
  }

  /** All calls in their order. */
  get all() {
    const [removed, added, changed] = this.found;
    return [...removed, ...added, ...changed];
  }

  /**
   * @param {Event} event
   * @param {Segment} segment
   * @param {any[]} values
   */
  call(event, segment, ...values) {
    for (const listener of segment.heard[event]) this.found[event].push({ listener, values });
  }

  /**
   * What differs in a field of an entity that stayed where it was.
   * @param {Segment} segment the field's
   * @param {Entity} entity
   * @param {Field} field
   * @param {any} taken what was taken down of it
   */
  differ(segment, entity, field, taken) {
    const { shape, name, form, table } = field;
    if (table) return table.differ(this, segment, entity, field, taken);
    for (const { key, was, now } of pair(field, taken, entity.object[name])) {
      if (isSame(form, was, now)) continue;
      const path = extend(this.path(ADDED, entity), field, key);
      const isValue = form && (shape === ONE || (was !== undefined && now !== undefined));
      if (shape === ONE) this.call(CHANGED, segment, now, was, path);
      else if (isValue) for (const child of segment.entry(key)) this.call(CHANGED, child, now, was, path);
      if (isValue) continue;
      this.enter(REMOVED, segment, field, was, extend(this.path(REMOVED, entity), field, key));
      this.enter(ADDED, segment, field, now, path);
    }
  }

  /**
   * An entry of a container, or the entity of a field, came or went.
   * @param {Event} event
   * @param {Segment} segment the field's
   * @param {Field} field
   * @param {any} value
   * @param {Path} path
   */
  enter(event, segment, { shape, kind }, value, path) {
    if (value == null) return;
    this.call(event, segment, value, path);
    if (kind) for (const child of segment.below(shape, path.at(-1))) this.within(event, child, entityOf(value), path);
  }

  /**
   * All that an entity holds came or went with it.
   * @param {Event} event
   * @param {Segment} segment the entity's
   * @param {Entity} entity
   * @param {Path} path
   */
  within(event, segment, entity, path) {
    if (segment.children.size === 0) return;
    for (const field of entity.kind.present) {
      for (const child of segment.entry(field.name)) {
        for (const [key, value] of this.entries(event, entity, field)) this.enter(event, child, field, value, extend(path, field, key));
      }
    }
  }

  /**
   * The entity that a field has, or the entries of a container: by key, position, or value
   * of a set; those that it had, if the event is that they went.
   * @param {Event} event
   * @param {Entity} entity
   * @param {Field} field
   * @returns {[any, any][]}
   */
  entries(event, entity, field) {
    const { shape, form, table } = field;
    const content = this.content(event, entity, field);
    if (shape === ONE) return form ? [] : [[undefined, content]];
    if (shape === LIST) return entriesOf(field, content);
    const now = entity.object[field.name];
    const all = new Map(entriesOf(field, now));
    if (content !== now) for (const [key, value] of content) all.set(key, table ? value?.row : value);
    return Array.from(all, ([key, value]) => [shape === SET ? value : key, value]);
  }

  /**
   * What a field holds; or what was taken down of it, if the event is that it went.
   * @param {Event} event
   * @param {Entity} entity
   * @param {Field} field
   */
  content(event, entity, field) {
    const fields = event === REMOVED ? this.before.fields.get(entity) : undefined;
    return fields?.has(field) ? fields.get(field) : entity.object[field.name];
  }

  /**
   * The segments whose patterns lead to an entity, none if it is not where it was.
   * @param {Entity} entity
   * @returns {Segment[]}
   */
  reach(entity) {
    let found = this.reached.get(entity);
    if (found === undefined) {
      found = [];
      const { holder, field, key } = entity;
      const was = this.before.places.get(entity) ?? entity;
      if (!entity.forgotten && holder && field && was.holder === holder && was.field === field && was.key === key) {
        for (const segment of this.reach(holder)) {
          for (const child of segment.entry(field.name)) found.push(...child.below(field.shape, this.place(ADDED, entity)));
        }
      }
      this.reached.set(entity, found);
    }
    return found;
  }

  /**
   * The key or position of an entity in the container where it stands.
   * @param {Event} event tells which position: that before the payload if it went
   * @param {Entity} entity
   */
  place(event, { holder, field, key, object }) {
    if (!holder || field?.shape !== LIST) return key;
    const list = this.content(event, holder, field);
    return ensure(this.positions, list, () => new Map(list.map((/** @type {object} */ other, /** @type {number} */ i) => [other, i]))).get(object);
  }

  /**
   * The path of an entity that stayed where it was.
   * @param {Event} event
   * @param {Entity} entity
   * @returns {Path}
   */
  path(event, entity) {
    const { holder, field } = entity;
    return holder && field ? extend(this.path(event, holder), field, this.place(event, entity)) : [];
  }
}
