// A column: how the values of one type stand in a payload, alone or many in a bin.

import { PeerError } from "./errors.js";

/**
 * @typedef {import("./reader.js").Reader} Reader
 * @typedef {Record<string, any>} Fields the plain object of an entity
 */

/** A type of value. One without a width is wide: many stand in an array. */
export class Column {
  /**
   * @param {string} name
   * @param {number} width bytes in a bin, 0 when wide
   * @param {any} zero what has the same representation in memory as most values
   */
  constructor(name, width, zero) {
    this.name = name;
    this.width = width;
    this.zero = zero;
  }

  /** Whether equal values may be different objects. */
  get keyed() {
    return false;
  }

  /**
   * Reads one value that stands by itself.
   * @param {Reader} _reader
   * @returns {any}
   */
  one(_reader) {
    throw new Error(`${this.name} does not say how it is read`);
  }

  /**
   * Reads the value at an offset.
   * @param {DataView} _view
   * @param {number} _at
   * @returns {any}
   */
  read(_view, _at) {
    throw new Error(`${this.name} has no width`);
  }

  /**
   * Writes values that lie one after the other to a field of many objects.
   * @param {DataView} view
   * @param {number} at
   * @param {Fields[]} objects
   * @param {number} count
   * @param {string} name
   */
  pour(view, at, objects, count, name) {
    for (let i = 0; i < count; i++) objects[i][name] = this.read(view, at + i * this.width);
  }

  /**
   * Tells whether two values are the same one, as NaN and NaN, and 0 and -0, are.
   * @param {any} a
   * @param {any} b
   */
  same(a, b) {
    return a === b || (a !== a && b !== b);
  }

  /**
   * What stands for a value where values are looked up; itself, unless it is an object.
   * @param {any} value
   */
  key(value) {
    return value;
  }

  /**
   * @param {unknown} value
   * @returns {never}
   */
  refuse(value) {
    throw new PeerError(`${String(value)} is no ${this.name}`);
  }
}
