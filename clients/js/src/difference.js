// A snapshot as a difference: what is the same entity stays the same object.

import { empty, fill, keyOf } from "./content.js";
import { entityOf } from "./entity.js";
import { LIST, ONE } from "./outline.js";

/**
 * @typedef {import("./before.js").Before} Before
 * @typedef {import("./entity.js").Entity} Entity
 * @typedef {import("./entity.js").Tree} Tree
 */

/**
 * Puts the entities of an older tree into a new one, in place of those with their ids.
 * @param {Tree | null} older is not to be used any more
 * @param {Tree} fresh what a snapshot made
 * @param {Before | null} before
 */
export function reconcile(older, fresh, before) {
  // Listeners know the first of those that had an id, whatever took it since.
  const olds = new Map(older?.table);
  for (const entity of older?.replaced.reverse() ?? []) olds.set(entity.id, entity);
  /** @param {Entity} entity */
  const stay = (entity) => {
    const known = olds.get(entity.id);
    return known?.kind === entity.kind ? known : entity;
  };

  for (const entity of fresh.table.values()) {
    const known = stay(entity);
    for (const field of entity.kind.present) {
      const { name, shape, kind, table, watched } = field;
      const now = entity.object[name];
      const adopt = (/** @type {any} */ value) => (kind && value ? stay(entityOf(value)).object : value);
      if (watched && before && known !== entity) {
        before.whole(known, field);
        // Of what comes, that it was not there.
        if (shape !== ONE && shape !== LIST) for (const name of now?.keys() ?? []) before.entry(known, field, keyOf(field, name), undefined);
      }
      if (shape === ONE || now === undefined) {
        known.object[name] = adopt(now);
        continue;
      }
      const content = (known.object[name] ??= empty(field));
      if (table) {
        table.store(content).become(table.store(now));
        continue;
      }
      // It stays the same Map, array or Set.
      const entries = Array.from(now.entries(), ([key, value]) => /** @type {[any, any]} */ ([key, adopt(value)]));
      fill(field, content, entries);
    }
  }
  for (const known of olds.values()) {
    before?.place(known);
    known.forgotten = true;
  }
  for (const entity of fresh.table.values()) {
    const { holder, field, key } = entity;
    // What was not there before stood nowhere.
    entity.holder = null;
    before?.place(entity);
    const known = stay(entity);
    Object.assign(known, { holder: holder && stay(holder), field, key, forgotten: false });
    fresh.table.set(entity.id, known);
  }
  fresh.root = fresh.root && stay(fresh.root);
}
