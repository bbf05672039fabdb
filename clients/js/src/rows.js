// The rows of a table, in typed arrays.

import { ensure } from "./ensure.js";
import { Row, rowClass } from "./row.js";
import { RowColumn, grown } from "./row_column.js";

/**
 * @typedef {import("./outline.js").Field} Field
 * @typedef {import("./outline.js").Kind} Kind
 */
/** @typedef {{row: any, values: Record<string, any>}} Taken a row, and what it held once */

/** For how many rows there is room at first. */
const ROOM = 16;

/** What is known of the rows of one table. */
export class Store {
  size = 0;
  room = ROOM;
  ids = new Float64Array(ROOM);
  /** @type {Map<number, number>} by id */
  slots = new Map();
  cells = new Float64Array(ROOM);
  /** @type {Map<number, Set<number>>} the ids by cell */
  members = new Map();
  /** @type {Map<number, any>} the objects of rows, by id, of which somebody has one */
  objects = new Map();
  /** @type {Map<number, any>} those of rows that went with the payload that is being read */
  gone = new Map();

  /** @param {Kind} kind */
  constructor(kind) {
    this.kind = kind;
    this.columns = new Map(kind.present.map((field) => [field.name, new RowColumn(field)]));
  }

  /**
   * @param {number} id
   * @param {string} name
   */
  value(id, name) {
    const slot = this.slots.get(id);
    return slot === undefined ? undefined : this.columns.get(name)?.at(slot);
  }

  /** @param {number} id */
  object(id) {
    return this.slots.has(id) ? ensure(this.objects, id, () => new (rowClass(this.kind))(this, id)) : undefined;
  }

  /**
   * A row as it is now, undefined where there is none.
   * @param {number} id
   * @returns {Taken | undefined}
   */
  take(id) {
    const row = this.object(id);
    return row && { row, values: Row.values(row) };
  }

  /**
   * Has a row be in a cell.
   * @param {number} id
   * @param {number} cell
   * @returns {number} its slot
   */
  put(id, cell) {
    let slot = this.slots.get(id);
    if (slot === undefined) {
      slot = this.size++;
      if (slot === this.room) {
        this.room *= 2;
        this.ids = grown(this.ids, this.room);
        this.cells = grown(this.cells, this.room);
        for (const column of this.columns.values()) column.grow(this.room);
      }
      this.slots.set(id, slot);
      this.ids[slot] = id;
      const object = this.gone.get(id);
      if (object !== undefined) this.#revive(id, object);
    } else {
      if (this.cells[slot] === cell) return slot;
      this.#leave(slot);
    }
    this.cells[slot] = cell;
    ensure(this.members, cell, () => new Set()).add(id);
    return slot;
  }

  /**
   * Has rows from a slot on lack the fields that are not among these.
   * @param {number} from
   * @param {Field[]} fields
   */
  lack(from, fields) {
    if (from === this.size) return;
    for (const [name, column] of this.columns) {
      if (column.held !== null && !fields.some((field) => field.name === name)) column.shown ??= new Uint8Array(this.room).fill(1, 0, from);
    }
  }

  /** @param {number} id */
  remove(id) {
    const slot = /** @type {number} */ (this.slots.get(id));
    const object = this.objects.get(id);
    if (object !== undefined) {
      Row.end(object, Row.values(object));
      this.objects.delete(id);
      this.gone.set(id, object);
    }
    this.#leave(slot);
    const last = --this.size;
    this.slots.set((this.ids[slot] = this.ids[last]), slot);
    this.slots.delete(id);
    this.cells[slot] = this.cells[last];
    for (const { held, shown } of this.columns.values()) {
      if (held !== null) held[slot] = held[last];
      if (shown !== null) {
        shown[slot] = shown[last];
        shown[last] = 0;
      }
    }
  }

  /**
   * The ids of the rows in a cell.
   * @param {number} cell
   */
  inside(cell) {
    return [...(this.members.get(cell) ?? [])];
  }

  clear() {
    for (const id of this.objects.keys()) this.remove(id);
    const { gone } = this;
    Object.assign(this, new Store(this.kind), { gone });
  }

  /**
   * Holds the rows of another one, which is not to be used any more.
   * @param {Store} other
   */
  become(other) {
    if (other === this) return;
    const objects = new Map([...this.gone, ...this.objects]);
    for (const [id, object] of this.objects) if (!other.slots.has(id)) Row.end(object, Row.values(object));
    Object.assign(this, other, { objects: new Map(), gone: new Map() });
    for (const [id, object] of objects) if (this.slots.has(id)) this.#revive(id, object);
  }

  /**
   * @param {number} id
   * @param {any} object
   */
  #revive(id, object) {
    Row.end(object, null);
    this.objects.set(id, object);
  }

  /** @param {number} slot */
  #leave(slot) {
    const cell = this.cells[slot];
    const ids = this.members.get(cell);
    ids?.delete(this.ids[slot]);
    if (ids?.size === 0) this.members.delete(cell);
  }
}

/**
 * The rows of a table, by id. They have no order that means anything: each has a slot, its
 * place in `ids` and in every column, and one that goes leaves its slot to the last.
 * @template [Item=any] what a row is as an object
 */
export class Rows {
  #store;

  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
  }

  /** @param {Rows} rows */
  static store(rows) {
    return rows.#store;
  }

  /** How many there are. */
  get size() {
    return this.#store.size;
  }

  /**
   * The ids, by slot. This and what `column` gives are views: they show what a later
   * payload changes, but to see rows that came or went, ask again.
   */
  get ids() {
    return this.#store.ids.subarray(0, this.size);
  }

  /**
   * The values of a field, by slot: of a `datetime` milliseconds, of an `enum` positions in
   * `names`, of a `bool` 0 or 1. Where a row does not show the field stands anything.
   * @param {string} field
   * @returns {any} a typed array, undefined when no row has shown the field
   */
  column(field) {
    return this.#column(field).held?.subarray(0, this.size);
  }

  /**
   * The names of an enum.
   * @param {string} field
   * @returns {readonly string[] | null} null for another type
   */
  names(field) {
    return this.#column(field).form.names ?? null;
  }

  /** @param {number} id */
  has(id) {
    return this.#store.slots.has(id);
  }

  /**
   * A row as an object, the same one for as long as it is there.
   * @param {number} id
   * @returns {Item | undefined} undefined where there is none
   */
  get(id) {
    return this.#store.object(id);
  }

  /**
   * The slot of a row, -1 where there is none.
   * @param {number} id
   */
  slot(id) {
    return this.#store.slots.get(id) ?? -1;
  }

  /**
   * The cell in which a row came, undefined where there is none.
   * @param {number} id
   * @returns {number | undefined}
   */
  cell(id) {
    return this.#store.cells[this.slot(id)];
  }

  keys() {
    return this.ids.values();
  }

  /** @returns {Generator<[number, Item]>} */
  *entries() {
    for (const id of this.ids) yield [id, this.#store.object(id)];
  }

  /** @returns {Generator<Item>} */
  *values() {
    for (const id of this.ids) yield this.#store.object(id);
  }

  [Symbol.iterator]() {
    return this.entries();
  }

  /** @param {string} field */
  #column(field) {
    const column = this.#store.columns.get(field);
    if (column === undefined) throw new RangeError(`${this.#store.kind.name} has no field ${field}`);
    return column;
  }
}
