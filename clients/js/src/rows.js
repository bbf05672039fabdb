// The rows of a table, in typed arrays. There is an object for a row only when somebody
// asked for it.

import { BIN } from "./reader.js";
import { readBin } from "./type.js";

/**
 * @typedef {import("./column.js").Column} Column
 * @typedef {import("./outline.js").Field} Field
 * @typedef {import("./outline.js").Kind} Kind
 * @typedef {import("./reader.js").Reader} Reader
 */
/** @typedef {{row: any, values: Record<string, any>}} Taken a row, and what it held once */

/** Where values are held; those of other types as floats of 64 bits. @type {Record<string, any>} */
const ARRAYS = {
  bool: Uint8Array, int8: Int8Array, int16: Int16Array, int32: Int32Array, int64: BigInt64Array,
  uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array, uint64: BigUint64Array, float32: Float32Array,
};

/** For how many rows there is room at first. */
const ROOM = 16;

/**
 * @param {any} array a typed array
 * @param {number} room
 */
function grown(array, room) {
  const made = new array.constructor(room);
  made.set(array);
  return made;
}

/** The values of one field, by slot. */
class RowColumn {
  /** @type {any} a typed array, null when no row shows the field */
  held = null;
  /** @type {Uint8Array | null} which rows show it, null when all do */
  shown = null;

  /** @param {Field} field */
  constructor({ column }) {
    this.column = /** @type {Column} */ (column);
    const { name, names, width } = this.column;
    this.type = names === null ? ARRAYS[name] ?? Float64Array : width === 1 ? Uint8Array : Uint16Array;
    const numbers = names && new Map(names.map((text, i) => [text, i]));
    /** @type {(value: any) => any} what an array turns into what it holds */
    this.hold = numbers ? (value) => numbers.get(value) : (value) => value;
    /** @type {(held: any) => any} */
    this.value = names ? (held) => names[held] : name === "bool" ? Boolean : name === "datetime" ? (held) => new Date(held) : (held) => held;
  }

  /** @param {number} slot */
  at(slot) {
    return this.held === null || this.shown?.[slot] === 0 ? undefined : this.value(this.held[slot]);
  }

  /** @param {number} room */
  grow(room) {
    if (this.held !== null) this.held = grown(this.held, room);
    if (this.shown !== null) this.shown = grown(this.shown, room);
  }

  /**
   * Reads values of some rows.
   * @param {Reader} reader
   * @param {number[]} slots
   * @param {number} count
   * @param {number} others how many rows there are besides
   * @param {number} room
   */
  read(reader, slots, count, others, room) {
    const { column, hold } = this;
    if (this.held === null) {
      this.held = new this.type(room);
      this.shown = others > 0 ? new Uint8Array(room) : null;
    }
    const { held, shown } = this;
    if (count > 1 || reader.next === BIN) {
      readBin(reader, column, count);
      const { view, from } = reader;
      for (let i = 0; i < count; i++) held[slots[i]] = hold(column.read(view, from + i * column.width));
    } else {
      reader.count(1);
      held[slots[0]] = hold(column.one(reader));
    }
    if (shown !== null) for (let i = 0; i < count; i++) shown[slots[i]] = 1;
  }
}

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
    let found = this.objects.get(id);
    if (found === undefined && this.slots.has(id)) this.objects.set(id, (found = new (rowClass(this.kind))(this, id)));
    return found;
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
    const ids = this.members.get(cell);
    if (ids === undefined) this.members.set(cell, new Set([id]));
    else ids.add(id);
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
 */
function rowClass(kind) {
  let made = classes.get(kind);
  if (made === undefined) {
    made = class extends Row {};
    for (const { name } of kind.present) {
      Object.defineProperty(made.prototype, name, {
        enumerable: true,
        get() {
          return Row.value(this, name);
        },
      });
    }
    classes.set(kind, made);
  }
  return made;
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
   * @returns {any} a typed array, undefined when no row shows the field
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
    return this.#column(field).column.names;
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
