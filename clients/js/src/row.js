// One row of a table as an object, which is there only when somebody asked for it.

import { ensure } from "./ensure.js";

/**
 * @typedef {import("./outline.js").Kind} Kind
 * @typedef {import("./rows.js").Store} Store
 */

/** One row, whose fields are properties; of one that went they are what they were last. */
export class Row {
  #store;
  #id;
  /** @type {Record<string, any> | null} */
  #last = null;

  /**
   * @param {Store} store
   * @param {number} id
   */
  constructor(store, id) {
    this.#store = store;
    this.#id = id;
  }

  /**
   * @param {Row} row
   * @param {string} name
   */
  static value(row, name) {
    return row.#last === null ? row.#store.value(row.#id, name) : row.#last[name];
  }

  /**
   * @param {Row} row
   * @param {Record<string, any> | null} last what it held when it went, null when it is back
   */
  static end(row, last) {
    row.#last = last;
  }

  /**
   * All that a row has, by name; undefined where it is absent.
   * @param {Row} row
   * @returns {Record<string, any>}
   */
  static values(row) {
    return Object.fromEntries(row.#store.kind.present.map(({ name }) => [name, Row.value(row, name)]));
  }
}

/** @type {WeakMap<Kind, typeof Row>} */
const classes = new WeakMap();

/**
 * The class of the objects of rows, with a property for each field.
 * @param {Kind} kind
 * @returns {typeof Row}
 */
export function rowClass(kind) {
  return ensure(classes, kind, () => {
    const made = class extends Row {};
    for (const { name } of kind.present) {
      Object.defineProperty(made.prototype, name, {
        enumerable: true,
        get() {
          return Row.value(this, name);
        },
      });
    }
    return made;
  });
}
