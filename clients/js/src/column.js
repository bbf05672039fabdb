// A column: how the values of one type stand in a payload, alone or many in a bin.

/** @typedef {import("./reader.js").Reader} Reader */

/** @param {any} value */
const itself = (value) => value;

/**
 * A type of value. One without a width is wide: many stand in an array.
 * @typedef {object} Column
 * @property {string} name
 * @property {number} width bytes in a bin, 0 when wide
 * @property {(reader: Reader) => any} one reads a value that stands by itself
 * @property {(view: DataView, at: number) => any} read reads the value at an offset
 * @property {(value: any) => any} key what stands for a value where values are compared
 *   and looked up, where equal ones may be different objects; nothing for nothing
 * @property {string[]} [names] those of an enum
 */

/**
 * @param {string} name
 * @param {number} width
 * @param {Column["one"]} one
 * @param {Column["read"]} read
 * @param {Column["key"]} [key]
 * @returns {Column}
 */
export const makeColumn = (name, width, one, read, key = itself) => ({ name, width, one, read, key });

/**
 * Tells whether two values are the same one, as NaN and NaN, and 0 and -0, are.
 * @param {Column | null} column null for entities
 * @param {any} a
 * @param {any} b
 */
export function isSame(column, a, b) {
  if (column) [a, b] = [column.key(a), column.key(b)];
  return a === b || (a !== a && b !== b);
}
