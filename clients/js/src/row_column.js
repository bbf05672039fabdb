// The values of one field of the rows of a table, in a typed array.

import { BIN } from "./reader.js";
import { readBin } from "./type.js";

/**
 * @typedef {import("./column.js").Column} Column
 * @typedef {import("./outline.js").Field} Field
 * @typedef {import("./reader.js").Reader} Reader
 */

/** Where values are held; those of other types as floats of 64 bits. @type {Record<string, any>} */
const ARRAYS = {
  bool: Uint8Array, int8: Int8Array, int16: Int16Array, int32: Int32Array, int64: BigInt64Array,
  uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array, uint64: BigUint64Array, float32: Float32Array,
};

/**
 * @param {any} array a typed array
 * @param {number} room
 */
export function grown(array, room) {
  const made = new array.constructor(room);
  made.set(array);
  return made;
}

/** The values of one field, by slot. */
export class RowColumn {
  /** @type {any} a typed array, null when no row shows the field */
  held = null;
  /** @type {Uint8Array | null} which rows show it, null when all do */
  shown = null;

  /** @param {Field} field */
  constructor({ form }) {
    this.form = /** @type {Column} */ (form);
    const { name, names, width } = this.form;
    this.type = !names ? ARRAYS[name] ?? Float64Array : width === 1 ? Uint8Array : Uint16Array;
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
    const { form, hold } = this;
    if (this.held === null) {
      this.held = new this.type(room);
      this.shown = others > 0 ? new Uint8Array(room) : null;
    }
    const { held, shown } = this;
    if (count > 1 || reader.next === BIN) {
      readBin(reader, form, count);
      const { view, start } = reader;
      for (let i = 0; i < count; i++) held[slots[i]] = hold(form.read(view, start + i * form.width));
    } else {
      reader.count(1);
      held[slots[0]] = hold(form.one(reader));
    }
    if (shown !== null) for (let i = 0; i < count; i++) shown[slots[i]] = 1;
  }
}
