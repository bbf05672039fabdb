// What things were before a payload, as far as somebody listens: what callbacks tell is
// the difference between that and what they are now.

import { LIST, MAP, ONE } from "./outline.js";

/**
 * @typedef {import("./entity.js").Entity} Entity
 * @typedef {import("./outline.js").Field} Field
 */

/** What an entry was that did not exist. */
export const GONE = Symbol("gone");

/** The first word on each thing stays: a later payload may add to what one left behind. */
export class Before {
  /** @param {Entity | null} root */
  constructor(root) {
    this.root = root;
    /** @type {Map<Entity, {holder: Entity | null, field: Field | null, key: string | undefined}>} */
    this.places = new Map();
    /**
     * For each entity and field that was touched: its value or object; of a list a copy;
     * of a map or set the entries that were touched, by key.
     * @type {Map<Entity, Map<Field, any>>}
     */
    this.fields = new Map();
  }

  /** @param {Entity} entity */
  place(entity) {
    if (this.places.has(entity)) return;
    const { holder, field, key } = entity;
    this.places.set(entity, { holder, field, key });
  }

  /**
   * @param {Entity} entity
   * @param {Field} field
   * @param {any} [missing] what is taken down when the field was not touched yet
   */
  touched(entity, field, missing) {
    let fields = this.fields.get(entity);
    if (fields === undefined) this.fields.set(entity, (fields = new Map()));
    if (!fields.has(field)) fields.set(field, missing);
    return fields.get(field);
  }

  /**
   * Takes down an entry of a map or set; `previous` is GONE where there is none.
   * @param {Entity} entity
   * @param {Field} field
   * @param {any} key
   * @param {any} previous
   */
  entry(entity, field, key, previous) {
    const entries = this.entries(entity, field);
    if (!entries.has(key)) entries.set(key, previous);
  }

  /**
   * Takes down all that a field holds.
   * @param {Entity} entity
   * @param {Field} field
   */
  whole(entity, field) {
    const content = entity.object[field.name];
    if (field.shape === ONE) this.touched(entity, field, content);
    else if (field.shape === LIST) {
      if (this.fields.get(entity)?.has(field) !== true) this.touched(entity, field, content?.slice() ?? []);
    } else {
      this.entries(entity, field);
      const isMap = field.shape === MAP;
      for (const [name, value] of content?.entries() ?? []) {
        this.entry(entity, field, isMap ? name : field.column?.key(name), value);
      }
    }
  }

  /**
   * The entries of a map or set that were taken down, none at first.
   * @param {Entity} entity
   * @param {Field} field
   * @returns {Map<any, any>}
   */
  entries(entity, field) {
    let entries = this.touched(entity, field);
    if (entries === undefined) {
      entries = new Map();
      this.fields.get(entity)?.set(field, entries);
    }
    return entries;
  }
}
