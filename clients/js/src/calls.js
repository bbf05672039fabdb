// Which callbacks a payload leads to: the difference between what was taken down before
// it and what there is now. Removals come first, then what was added, then what changed.

import { GONE } from "./before.js";
import { entityOf } from "./entity.js";
import { LIST, MAP, ONE } from "./outline.js";
import { positionIn } from "./position.js";
import * as sets from "./set.js";

/**
 * @typedef {import("./before.js").Before} Before
 * @typedef {import("./column.js").Column} Column
 * @typedef {import("./entity.js").Entity} Entity
 * @typedef {import("./listeners.js").Event} Event
 * @typedef {import("./listeners.js").Listener} Listener
 * @typedef {import("./listeners.js").Listeners} Listeners
 * @typedef {import("./listeners.js").Segment} Segment
 * @typedef {import("./outline.js").Field} Field
 */

/** @typedef {any[]} Path */
/** @typedef {{key: any, was: any, now: any}} Entry GONE where there was or is none */

/**
 * What differs in a list. An entity is the same wherever it stands; a value that stands
 * elsewhere is another one.
 * @param {Field} field
 * @param {any[]} was
 * @param {any[]} now
 * @returns {Entry[]}
 */
function compareLists(field, was, now) {
  /** @type {Entry[]} */
  const entries = [];
  const { column } = field;
  if (column === null) {
    const [before, after] = [new Set(was), new Set(now)];
    was.forEach((value, key) => after.has(value) || entries.push({ key, was: value, now: GONE }));
    now.forEach((value, key) => before.has(value) || entries.push({ key, was: GONE, now: value }));
    return entries;
  }
  for (let key = 0; key < was.length || key < now.length; key++) {
    if (key >= now.length) entries.push({ key, was: was[key], now: GONE });
    else if (key >= was.length) entries.push({ key, was: GONE, now: now[key] });
    else if (!column.same(was[key], now[key])) entries.push({ key, was: was[key], now: now[key] });
  }
  return entries;
}

/**
 * What differs in a container.
 * @param {Field} field
 * @param {any} was as it was taken down
 * @param {any} content as it is, undefined when the field is absent
 * @returns {Entry[]}
 */
function compare(field, was, content) {
  if (field.shape === LIST) return compareLists(field, was, content ?? []);
  /** @type {Entry[]} */
  const entries = [];
  const column = /** @type {Column} */ (field.column);
  for (const [key, previous] of was) {
    if (field.shape === MAP) {
      const now = content?.has(key) ? content.get(key) : GONE;
      if (column === null ? previous !== now : !column.same(previous, now)) entries.push({ key, was: previous, now });
    } else {
      const now = content === undefined ? GONE : sets.find(content, column, key) ?? GONE;
      // The path of a value of a set ends with the value itself.
      if ((previous === GONE) === (now === GONE)) continue;
      entries.push({ key: now === GONE ? previous : now, was: previous, now });
    }
  }
  return entries;
}

/** Finds the calls that one payload leads to. */
export class Calls {
  /**
   * @param {Entity} root
   * @param {Before} before
   * @param {Listeners} listeners
   */
  constructor(root, before, listeners) {
    this.root = root;
    this.before = before;
    this.listeners = listeners;
    /** @type {{listener: Listener, values: any[]}[]} */
    this.found = [];
    /** @type {Map<Entity, Segment[]>} where the patterns stand that lead to an entity */
    this.reached = new Map([[root, root === before.root ? [listeners.first] : []]]);
  }

  collect() {
    const { root, before } = this;
    for (const event of /** @type {Event[]} */ (["removed", "added", "changed"])) {
      if (root !== before.root) {
        if (event === "removed" && before.root !== null) this.within(event, this.listeners.first, before.root, []);
        if (event === "added") this.within(event, this.listeners.first, root, []);
      }
      for (const [entity, fields] of before.fields) {
        for (const segment of this.reach(entity)) {
          for (const [field, was] of fields) {
            for (const child of segment.entry(field.name)) this.differ(event, child, entity, field, was);
          }
        }
      }
    }
    return this.found;
  }

  /**
   * @param {Event} event
   * @param {Segment} segment
   * @param {any[]} values
   */
  call(event, segment, ...values) {
    for (const listener of segment.listeners[event]) this.found.push({ listener, values });
  }

  /**
   * What differs in a field of an entity that stayed where it was.
   * @param {Event} event
   * @param {Segment} segment the field's
   * @param {Entity} entity
   * @param {Field} field
   * @param {any} was
   */
  differ(event, segment, entity, field, was) {
    const content = entity.object[field.name];
    if (field.shape === ONE) {
      if (field.column === null ? was === content : field.column.same(was, content)) return;
      const path = [...this.path(entity, event === "removed"), field.name];
      if (event === "changed") this.call(event, segment, content, was, path);
      else if (field.column === null) this.one(event, segment, event === "removed" ? was : content, path);
      return;
    }
    const entries = compare(field, was, content);
    if (entries.length === 0) return;
    const path = [...this.path(entity, event === "removed"), field.name];
    for (const { key, was, now } of entries) {
      const here = [...path, key];
      if (field.column !== null && was !== GONE && now !== GONE) {
        if (event === "changed") for (const child of segment.entry(key)) this.call(event, child, now, was, here);
      } else if (event !== "changed") {
        const value = event === "removed" ? was : now;
        if (value !== GONE) this.entry(event, segment, field, value, here);
      }
    }
  }

  /**
   * An entry of a container came or went.
   * @param {Event} event
   * @param {Segment} segment the container's
   * @param {Field} field
   * @param {any} value
   * @param {Path} path
   */
  entry(event, segment, field, value, path) {
    this.call(event, segment, value, path);
    if (field.column !== null) return;
    for (const child of segment.entry(path[path.length - 1])) this.within(event, child, entityOf(value), path);
  }

  /**
   * The entity of an entity field came or went.
   * @param {Event} event
   * @param {Segment} segment the field's
   * @param {any} value
   * @param {Path} path
   */
  one(event, segment, value, path) {
    if (value == null) return;
    this.call(event, segment, value, path);
    this.within(event, segment, entityOf(value), path);
  }

  /**
   * All that an entity holds came or went with it.
   * @param {Event} event
   * @param {Segment} segment the entity's
   * @param {Entity} entity
   * @param {Path} path
   */
  within(event, segment, entity, path) {
    if (segment.children.size === 0 && segment.any === null) return;
    for (const field of entity.kind.present) {
      const here = [...path, field.name];
      for (const child of segment.entry(field.name)) {
        if (field.shape === ONE) {
          if (field.column === null) this.one(event, child, this.content(event, entity, field), here);
        } else {
          for (const [key, value] of this.entries(event, entity, field)) {
            this.entry(event, child, field, value, [...here, key]);
          }
        }
      }
    }
  }

  /**
   * What a field of one entity or a list holds, or held.
   * @param {Event} event
   * @param {Entity} entity
   * @param {Field} field
   */
  content(event, entity, field) {
    const fields = event === "removed" ? this.before.fields.get(entity) : undefined;
    return fields?.has(field) ? fields.get(field) : entity.object[field.name];
  }

  /**
   * The entries that a container has, or had: by key, position, or value of a set.
   * @param {Event} event
   * @param {Entity} entity
   * @param {Field} field
   * @returns {[any, any][]}
   */
  entries(event, entity, field) {
    if (field.shape === LIST) return [...(this.content(event, entity, field) ?? []).entries()];
    const now = entity.object[field.name];
    const was = event === "removed" ? this.before.fields.get(entity)?.get(field) : undefined;
    /** @type {[any, any][]} */
    const entries = now === undefined ? [] : [...now.entries()];
    if (was === undefined) return entries;
    const isMap = field.shape === MAP;
    const rest = entries.filter(([name]) => !was.has(isMap ? name : field.column?.key(name)));
    for (const [name, value] of was) if (value !== GONE) rest.push([isMap ? name : value, value]);
    return rest;
  }

  /**
   * The segments whose patterns lead to an entity, none if it is not where it was.
   * @param {Entity} entity
   * @returns {Segment[]}
   */
  reach(entity) {
    let found = this.reached.get(entity);
    if (found === undefined) {
      found = this.isNear(entity) ? this.advance(entity) : [];
      this.reached.set(entity, found);
    }
    return found;
  }

  /**
   * Tells whether an entity stands no deeper than patterns lead.
   * @param {Entity} entity
   */
  isNear(entity) {
    /** @type {Entity | null} */
    let above = entity;
    for (let i = 0; i <= this.listeners.depth && above !== null; i++, above = above.holder) {
      if (above === this.root) return true;
    }
    return false;
  }

  /** @param {Entity} entity */
  advance(entity) {
    const { holder, field, key } = entity;
    if (entity.forgotten || holder === null || field === null) return [];
    const was = this.before.places.get(entity);
    if (was !== undefined && (was.holder !== holder || was.field !== field || was.key !== key)) return [];
    /** @type {Segment[]} */
    const found = [];
    for (const segment of this.reach(holder)) {
      for (const child of segment.entry(field.name)) {
        if (field.shape === ONE) found.push(child);
        else if (child.children.size === 0) found.push(...child.entry(undefined));
        else found.push(...child.entry(field.shape === MAP ? key : positionIn(holder.object[field.name], entity.object)));
      }
    }
    return found;
  }

  /**
   * The path of an entity that stayed where it was.
   * @param {Entity} entity
   * @param {boolean} before whether its position is the one before the payload
   * @returns {Path}
   */
  path(entity, before) {
    const { holder, field, key } = entity;
    if (holder === null || field === null) return [];
    const path = [...this.path(holder, before), field.name];
    if (field.shape === MAP) path.push(key);
    else if (field.shape === LIST) {
      const list = this.content(before ? "removed" : "added", holder, field);
      path.push(positionIn(list, entity.object));
    }
    return path;
  }
}
