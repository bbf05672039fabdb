// What a field is that holds the rows of a table.

import { isSame } from "./column.js";
import { refuse } from "./errors.js";
import { ADDED, CHANGED, REMOVED } from "./listeners.js";
import { ONE } from "./outline.js";
import { takeDown } from "./row_operations.js";
import { Row } from "./row.js";
import { Rows, Store } from "./rows.js";

/**
 * @typedef {import("./before.js").Before} Before
 * @typedef {import("./entity.js").Entity} Entity
 * @typedef {import("./listeners.js").Segment} Segment
 * @typedef {import("./outline.js").Field} Field
 * @typedef {import("./outline.js").Kind} Kind
 */

/** A field that holds rows. */
export class Table {
  /**
   * @param {Kind} kind the class of the rows
   * @param {Kind[]} kinds
   */
  constructor(kind, kinds) {
    const columns = kind.present.every(({ shape, optional, form }) => shape === ONE && !optional && form !== null && form.width > 0);
    if (!columns || kinds.some((other) => other !== kind && other.is(kind))) refuse(`${kind.name} is no class of rows`);
    this.kind = kind;
  }

  /**
   * What is to become an object of JSON, null for what is of no table.
   * @param {any} value
   */
  static entries(value) {
    return value instanceof Rows ? [...value] : value instanceof Row ? Object.entries(Row.values(value)) : null;
  }

  make() {
    return new Rows(new Store(this.kind));
  }

  /**
   * What holds the rows.
   * @param {Rows} rows
   */
  store(rows) {
    return Rows.store(rows);
  }

  /**
   * Takes down all rows.
   * @param {Before} before
   * @param {Entity} entity
   * @param {Field} field
   * @param {Rows | null} [rows]
   */
  takeDown(before, entity, field, rows) {
    for (const id of rows?.keys() ?? []) takeDown(before, entity, field, Rows.store(/** @type {Rows} */ (rows)), id);
  }

  /**
   * What differs in the rows of a table.
   * @param {import("./calls.js").Calls} calls
   * @param {Segment} segment the table's
   * @param {Entity} entity
   * @param {Field} field
   * @param {Map<number, import("./rows.js").Taken | undefined>} taken
   */
  differ(calls, segment, entity, field, taken) {
    for (const [id, was] of taken) {
      const now = entity.object[field.name]?.get(id);
      const path = [...calls.path(now ? ADDED : REMOVED, entity), field.name, id];
      if (was === undefined || now === undefined) {
        if (was !== now) calls.call(now ? ADDED : REMOVED, segment, now ?? was?.row, path);
        continue;
      }
      for (const child of segment.entry(id)) {
        for (const { name, form } of this.kind.present) {
          const [value, previous] = [now[name], was.values[name]];
          if (isSame(form, previous, value)) continue;
          for (const leaf of child.entry(name)) calls.call(CHANGED, leaf, value, previous, [...path, name]);
        }
      }
    }
  }
}
