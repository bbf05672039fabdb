// What things were before a payload, as far as somebody listens: what callbacks tell is
// the difference between that and what they are now.

import { keyOf } from "./content.js";
import { ensure } from "./ensure.js";
import { LIST, ONE } from "./outline.js";

/**
 * @typedef {import("./entity.js").Entity} Entity
 * @typedef {import("./outline.js").Field} Field
 */

/** The first word on each thing stays: a later payload may add to what one left behind. */
export class Before {
  /** @type {Map<Entity, {holder: Entity | null, field: Field | null, key: string | undefined}>} */
  places = new Map();
  /**
   * For each entity and field that was touched: its value or object; of a list a copy; of
   * a map or set the entries that were touched, by key, undefined where there was none.
   * @type {Map<Entity, Map<Field, any>>}
   */
  fields = new Map();

  /** @param {Entity | null} root */
  constructor(root) {
    this.root = root;
  }

  /** @param {Entity} entity */
  place(entity) {
    const { holder, field, key } = entity;
    ensure(this.places, entity, () => ({ holder, field, key }));
  }

  /**
   * @param {Entity} entity
   * @param {Field} field
   * @param {() => any} make what is taken down when the field was not touched yet
   */
  touched(entity, field, make) {
    let fields = this.fields.get(entity);
    if (!fields) this.fields.set(entity, (fields = new Map()));
    return ensure(fields, field, make);
  }

  /**
   * Takes down an entry of a map or set.
   * @param {Entity} entity
   * @param {Field} field
   * @param {any} key
   * @param {any} previous
   */
  entry(entity, field, key, previous) {
    ensure(this.touched(entity, field, () => new Map()), key, () => previous);
  }

  /**
   * Takes down all that a field holds.
   * @param {Entity} entity
   * @param {Field} field
   */
  whole(entity, field) {
    const content = entity.object[field.name];
    if (field.shape === ONE) this.touched(entity, field, () => content);
    else if (field.shape === LIST) this.touched(entity, field, () => [...(content ?? [])]);
    else if (field.table) field.table.takeDown(this, entity, field, content);
    else for (const [name, value] of content?.entries() ?? []) this.entry(entity, field, keyOf(field, name), value);
  }
}
