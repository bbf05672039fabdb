// Entities, and the tree in which each has one place.

import { refuse } from "./errors.js";
import { ONE } from "./outline.js";

/**
 * @typedef {import("./outline.js").Field} Field
 * @typedef {import("./outline.js").Kind} Kind
 * @typedef {import("./outline.js").Outline} Outline
 * @typedef {import("./before.js").Before} Before
 */

// Not a property of the object: what users print, compare and copy are its fields alone.
/** @type {WeakMap<object, Entity>} */
const entities = new WeakMap();

/** What the replica knows of an entity beside the object that users see. */
export class Entity {
  /**
   * @param {number} id
   * @param {Kind} kind
   */
  constructor(id, kind) {
    this.id = id;
    this.kind = kind;
    /** @type {Record<string, any>} what users see */
    this.object = { ...kind.template };
    /** @type {Entity | null} in which entity it stands, null if nowhere */
    this.holder = null;
    /** @type {Field | null} in which field of that */
    this.field = null;
    /** @type {string | undefined} at which key, where the field is a map */
    this.key = undefined;
    this.forgotten = false;
    entities.set(this.object, this);
  }
}

/**
 * Finds the entity to which an object belongs that stands in a field.
 * @param {object} object
 */
export function entityOf(object) {
  return /** @type {Entity} */ (entities.get(object));
}

/**
 * The entities that stand in a field.
 * @param {Field} field
 * @param {any} content
 * @returns {Entity[]}
 */
function entitiesIn({ shape, kind }, content) {
  if (!kind || !content) return [];
  return (shape === ONE ? [content] : [...content.values()]).map(entityOf);
}

/** How deep entities may stand below each other. */
const DEPTH = 64;

/**
 * How deep an entity stands. Work that goes through the entities above one must not grow
 * with what a peer sends, nor be endless.
 * @param {Entity} entity
 */
function depthOf(entity) {
  let depth = 0;
  for (let above = /** @type {Entity | null} */ (entity); above; above = above.holder) checkDepth(++depth, entity);
  return depth;
}

/**
 * @param {number} depth
 * @param {Entity} entity
 */
function checkDepth(depth, entity) {
  if (depth > DEPTH) refuse(`entity ${entity.id} would stand below itself, or more than ${DEPTH} deep`);
}

/**
 * The entities directly below one.
 * @param {Entity} entity
 */
function below({ kind, object }) {
  return kind.nests.flatMap((field) => entitiesIn(field, object[field.name]));
}

/** The entities by id, and what a payload did to their places so far. */
export class Tree {
  /** @type {Before | null} takes down what was, for those who listen */
  before = null;
  /** @type {Map<number, Entity>} */
  table = new Map();
  /** @type {Entity | null} */
  root = null;
  /** @type {Entity[]} what was created or taken away */
  loose = [];
  /** @type {Entity[]} what had its id given to another entity */
  replaced = [];
  // Of which entities one operation speaks. They outlive it so that an update, once a
  // tree has seen one of its size, allocates nothing for them.
  /** @type {number[]} */
  ids = [];
  /** @type {Entity[]} */
  rows = [];
  /** @type {number[]} */
  slots = [];
  /** @type {Set<import("./rows.js").Store>} the tables whose rows this payload touched */
  stores = new Set();

  /** @param {Outline} outline */
  constructor(outline) {
    this.outline = outline;
  }

  /**
   * @param {number} id
   * @param {Kind} [kind] the class that it must be of
   */
  entity(id, kind) {
    const entity = this.table.get(id);
    if (!entity || (kind && entity.kind !== kind)) return refuse(`there is no ${kind?.name ?? "entity"} ${id}`);
    return entity;
  }

  /**
   * Enters a new entity; its fields are for the caller to fill.
   * @param {number} id
   * @param {Kind} kind
   */
  create(id, kind) {
    const entity = new Entity(id, kind);
    const older = this.table.get(id);
    if (older) this.replaced.push(older);
    if (id !== 0) this.loose.push(entity);
    else if (this.root) refuse("a second root");
    else this.root = entity;
    this.before?.place(entity);
    this.table.set(id, entity);
    return entity;
  }

  /**
   * Takes down what a field holds that is about to change.
   * @param {Entity} entity
   * @param {Field} field
   */
  note(entity, field) {
    if (field.watched) this.before?.whole(entity, field);
  }

  /**
   * Takes entities from their place in a field; the caller takes their objects out.
   * @param {Field} field
   * @param {any} content
   */
  take(field, content) {
    if (field.table && content) this.stores.add(field.table.store(content));
    for (const entity of entitiesIn(field, content)) {
      if (!entity.holder) continue;
      this.before?.place(entity);
      entity.holder = null;
      this.loose.push(entity);
    }
  }

  /**
   * Takes from a field what it holds, which is about to change.
   * @param {Entity} entity
   * @param {Field} field
   */
  vacate(entity, field) {
    this.note(entity, field);
    this.take(field, entity.object[field.name]);
  }

  /**
   * Gives an entity its place; the caller puts its object into the field. What is no id of
   * an entity is put there as it is.
   * @param {any} value
   * @param {Entity} holder
   * @param {Field} field
   * @param {string} [key]
   */
  put(value, holder, field, key) {
    if (field.form) return value;
    const entity = this.entity(value);
    if (entity.holder || value === 0) refuse(`entity ${value} would stand at two places`);
    if (!entity.kind.is(field.kind)) refuse(`entity ${value} is no ${field.kind?.name}`);
    this.before?.place(entity);
    entity.holder = holder;
    entity.field = field;
    entity.key = key;
    depthOf(entity);
    return entity.object;
  }

  /** Ends a payload: forgets what stands nowhere. When it is refused, nothing is forgotten. */
  settle() {
    if (this.loose.length > 0) this.forget();
    // What is empty costs as well, which counts where a patch is small.
    if (this.stores.size === 0) return;
    for (const store of this.stores) store.gone.clear();
    this.stores.clear();
  }

  /** Forgets what stands nowhere. */
  forget() {
    /** @type {Set<Entity>} */
    const gone = new Set();
    /** @type {Map<Entity, number>} how deep stands what was put somewhere, and all below it */
    const depths = new Map();
    for (const entity of this.loose) {
      if (entity.holder) depths.set(entity, depthOf(entity));
      else gone.add(entity);
    }
    // Both grow while they are gone through.
    for (const entity of gone) for (const child of below(entity)) gone.add(child);
    for (const [entity, depth] of depths) {
      checkDepth(depth, entity);
      for (const child of below(entity)) depths.set(child, depth + 1);
    }
    for (const entity of this.replaced) {
      if (!gone.has(entity) && !entity.forgotten) refuse(`entity ${entity.id} stands there still, but its id is another's`);
    }
    for (const entity of gone) {
      entity.forgotten = true;
      if (this.table.get(entity.id) === entity) this.table.delete(entity.id);
    }
    this.loose = [];
    this.replaced = [];
  }
}
