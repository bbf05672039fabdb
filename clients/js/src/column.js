// A column: how the values of one type stand in a payload, alone or many in a bin.

/** @typedef {import("./reader.js").Reader} Reader */

/** @param {any} value */
const itself = (value) => value;

/** A type of value. One without a width is wide: many stand in an array. */
export class Column {
  /**
   * @param {string} name
   * @param {number} width bytes in a bin, 0 when wide
   * @param {(reader: Reader) => any} one reads a value that stands by itself
   * @param {(view: DataView, at: number) => any} read reads the value at an offset
   * @param {(value: any) => any} [key] what stands for a value where values are compared
   *   and looked up, where equal ones may be different objects; nothing for nothing
   */
  constructor(name, width, one, read, key = itself) {
    this.name = name;
    this.width = width;
    this.one = one;
    this.read = read;
    this.key = key;
    /** Whether most values are numbers that memory holds as a float. */
    this.fraction = false;
    /** @type {string[] | null} those of an enum */
    this.names = null;
  }
}

/**
 * Tells whether two values are the same one, as NaN and NaN, and 0 and -0, are.
 * @param {Column | null} column null for entities
 * @param {any} a
 * @param {any} b
 */
export function isSame(column, a, b) {
  if (column !== null) [a, b] = [column.key(a), column.key(b)];
  return a === b || (a !== a && b !== b);
}
