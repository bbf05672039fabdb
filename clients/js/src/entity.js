// Entities, and the tree in which each has one place.

import { PeerError } from "./errors.js";
import { LIST, MAP, ONE } from "./outline.js";

/**
 * @typedef {import("./outline.js").Field} Field
 * @typedef {import("./outline.js").Kind} Kind
 * @typedef {import("./outline.js").Outline} Outline
 * @typedef {import("./before.js").Before} Before
 */

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
    /** How many entities stand in its fields. */
    this.held = 0;
    this.forgotten = false;
    entities.set(this.object, this);
  }
}

// Not a property of the object: what users print, compare and copy are its fields alone.
/** @type {WeakMap<object, Entity>} */
const entities = new WeakMap();

/**
 * Finds the entity to which an object belongs that stands in a field.
 * @param {object} object
 */
export function entityOf(object) {
  return /** @type {Entity} */ (entities.get(object));
}

/**
 * Makes the empty container of a field.
 * @param {Field} field
 */
export function emptyContainer(field) {
  return field.shape === MAP ? new Map() : field.shape === LIST ? [] : new Set();
}

/**
 * The objects of the entities that stand in a field.
 * @param {Field} field where entities stand
 * @param {any} content
 * @returns {Iterable<object>}
 */
export function objectsIn(field, content) {
  if (content == null) return [];
  return field.shape === ONE ? [content] : content.values();
}

/** How deep entities may stand below each other. */
const DEPTH = 64;

/**
 * Refuses to put an entity below itself, or very deep: work that goes through the
 * entities above one must not grow with what a peer sends.
 * @param {Entity} entity
 * @param {Entity} holder
 */
function refuseDepth(entity, holder) {
  /** @type {Entity | null} */
  let above = holder;
  for (let i = 0; i < DEPTH; i++) {
    if (above === null) return;
    if (above === entity) throw new PeerError(`entity ${entity.id} would stand below itself`);
    above = above.holder;
  }
  throw new PeerError(`entities stand at most ${DEPTH} deep`);
}

/** The entities by id, and what a payload did to their places so far. */
export class Tree {
  /**
   * @param {Outline} outline
   * @param {Before | null} before takes down what was, for those who listen
   */
  constructor(outline, before) {
    this.outline = outline;
    this.before = before;
    /** @type {Map<number, Entity>} */
    this.table = new Map();
    /** @type {Entity | null} */
    this.root = null;
    /** Whether a snapshot is being read, which brings a root. */
    this.isRootDue = false;
    /** @type {Entity[]} what was created or taken away */
    this.loose = [];
    /** @type {Entity[]} what had its id given to another entity */
    this.replaced = [];
    // Of which entities one operation speaks. They outlive it so that an update, once a
    // tree has seen one of its size, allocates nothing for them.
    /** @type {number[]} */
    this.ids = [];
    /** @type {Entity[]} */
    this.rows = [];
    /** @type {Record<string, any>[]} */
    this.objects = [];
  }

  /** @param {number} id */
  entity(id) {
    const entity = this.table.get(id);
    if (entity === undefined) throw new PeerError(`there is no entity ${id}`);
    return entity;
  }

  /**
   * Enters a new entity; its fields are for the caller to fill.
   * @param {number} id
   * @param {Kind} kind
   */
  create(id, kind) {
    if (id === 0 && (!this.isRootDue || this.root !== null)) throw new PeerError("a second root");
    const older = this.table.get(id);
    if (older !== undefined) this.replaced.push(older);
    const entity = new Entity(id, kind);
    this.before?.place(entity);
    this.table.set(id, entity);
    if (id === 0) this.root = entity;
    else this.loose.push(entity);
    return entity;
  }

  /**
   * Takes an entity from its place; the caller takes its object out of the field.
   * @param {object | null | undefined} object
   */
  take(object) {
    if (object == null) return;
    const entity = entityOf(object);
    if (entity.holder === null) return;
    this.before?.place(entity);
    entity.holder.held--;
    entity.holder = null;
    this.loose.push(entity);
  }

  /**
   * Takes all entities that stand in a field.
   * @param {Field} field
   * @param {any} content
   */
  takeAll(field, content) {
    if (field.column !== null) return;
    for (const object of objectsIn(field, content)) this.take(object);
  }

  /**
   * Gives an entity its place; the caller puts its object into the field.
   * @param {number} id
   * @param {Entity} holder
   * @param {Field} field
   * @param {string | undefined} key
   */
  put(id, holder, field, key) {
    const entity = this.entity(id);
    if (entity.holder !== null) throw new PeerError(`entity ${id} would stand at two places`);
    if (id === 0) throw new PeerError("the root stands nowhere else");
    if (!entity.kind.is(/** @type {Kind} */ (field.kind))) {
      throw new PeerError(`entity ${id} is no ${field.kind?.name}`);
    }
    refuseDepth(entity, holder);
    this.before?.place(entity);
    entity.holder = holder;
    entity.field = field;
    entity.key = key;
    holder.held++;
    return entity.object;
  }

  /** Ends a payload: forgets what stands nowhere. When it is refused, nothing is forgotten. */
  settle() {
    if (this.loose.length === 0) return;
    /** @type {Entity[]} */
    const gone = [];
    /** @type {Set<Entity>} */
    const seen = new Set();
    try {
      for (const entity of this.loose) {
        if (entity.holder === null && entity !== this.root) gather(entity, gone);
        else checkDepth(entity, seen);
      }
      for (const entity of this.replaced) {
        if (!entity.forgotten) throw new PeerError(`entity ${entity.id} stands there still, but its id is another's`);
      }
    } catch (error) {
      for (const entity of gone) entity.forgotten = false;
      throw error;
    }
    for (const entity of gone) if (this.table.get(entity.id) === entity) this.table.delete(entity.id);
    this.loose = [];
    this.replaced = [];
  }
}

/**
 * Marks an entity as forgotten, with all that stands below it.
 * @param {Entity} first
 * @param {Entity[]} gone gets them
 */
function gather(first, gone) {
  const waiting = [first];
  for (let entity = waiting.pop(); entity !== undefined; entity = waiting.pop()) {
    if (entity.forgotten) continue;
    entity.forgotten = true;
    gone.push(entity);
    for (const child of below(entity)) waiting.push(child);
  }
}

/**
 * Refuses what was built too deep, from the top or from the bottom.
 * @param {Entity} first what was put somewhere, perhaps with much below it
 * @param {Set<Entity>} seen what was looked at already
 */
function checkDepth(first, seen) {
  let depth = 0;
  for (let above = /** @type {Entity | null} */ (first); above !== null && depth <= DEPTH; above = above.holder) depth++;
  /** @type {[Entity, number][]} */
  const waiting = [[first, depth]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [entity, level] = next;
    if (level > DEPTH) throw new PeerError(`entities stand at most ${DEPTH} deep`);
    if (seen.has(entity)) continue;
    seen.add(entity);
    for (const child of below(entity)) waiting.push([child, level + 1]);
  }
}

/**
 * The entities directly below one.
 * @param {Entity} entity
 * @returns {Entity[]}
 */
function below(entity) {
  /** @type {Entity[]} */
  const found = [];
  if (entity.held === 0) return found;
  for (const field of entity.kind.nests) {
    for (const object of objectsIn(field, entity.object[field.name])) found.push(entityOf(object));
  }
  return found;
}
