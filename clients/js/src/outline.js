// The outline: which classes of entities there are, and what their fields hold.

import { refuse } from "./errors.js";
import { missing, parts } from "./parts.js";
import { INT, Reader } from "./reader.js";
import { readType } from "./type.js";

/** @typedef {import("./column.js").Column} Column */
/** @typedef {import("./tables.js").Table} Table */

/** The shapes of fields. */
export const ONE = 0;
export const MAP = 1;
export const LIST = 2;
export const SET = 3;
export const TABLE = 4;

/** How many classes may stand above one; it bounds what `lineage` takes. */
const HEIGHT = 64;

/** One field of one class; a class has its own for what it inherits, too. */
export class Field {
  /**
   * @param {string} name
   * @param {number} shape
   * @param {boolean} optional
   * @param {Column | null} column the type of its values, null where entities or rows stand
   * @param {number} held the number of the class of those entities, or of rows, else -1
   */
  constructor(name, shape, optional, column, held) {
    this.name = name;
    this.shape = shape;
    this.optional = optional;
    this.column = column;
    this.held = held;
    /** @type {Kind | null} the class of the entities that stand here */
    this.kind = null;
    /** @type {Table | null} what knows of the rows of a table */
    this.table = null;
    /** Whether somebody listens to what changes here or below. */
    this.watched = false;
  }
}

/** One class of entities. */
export class Kind {
  /** @type {Kind[]} the classes above it from the first on, then itself */
  lineage = [];

  /**
   * @param {string} name
   * @param {Kind | null} parent the class above it
   * @param {(Field | null)[]} fields
   */
  constructor(name, parent, fields) {
    this.name = name;
    this.fields = fields;
    if (parent !== null) this.lineage.push(...parent.lineage);
    this.lineage.push(this);
    /** The fields that this reader gets, in order. */
    this.present = fields.filter((field) => field !== null);
    /** The fields where entities stand. */
    this.nests = this.present.filter((field) => field.column === null);
    this.weight = 6 + (fields.length >> 3);
    /** @type {{low: number, high: number, fields: Field[]}} what the mask before stood for */
    this.latest = { low: 0, high: 0, fields: [] };
    // JSON.parse gives the object room for exactly these, and objects that are spread from
    // it share its hidden class. A number with a fraction has its own representation.
    const values = this.present.map(({ name: key, shape, column }) => {
      return `${JSON.stringify(key)}:${shape === ONE && column?.fraction ? 0.5 : null}`;
    });
    /** @type {Record<string, any>} what the objects of its entities are copied from */
    this.template = JSON.parse(`{${values}}`);
  }

  /**
   * Tells whether this is `other` or a class below it.
   * @param {Kind | null} other
   */
  is(other) {
    return other !== null && this.lineage.includes(other);
  }
}

/** The table of classes, as a room's server told it. */
export class Outline {
  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    const reader = new Reader(bytes);
    readHead(reader, 4, "an outline");
    const format = reader.int();
    if (format !== 1) refuse(`format ${format} of the state is unknown`);
    this.fingerprint = reader.bin();
    if (this.fingerprint.length !== 8) refuse("a fingerprint has 8 bytes");
    const root = reader.natural();
    const count = reader.array();
    /** @type {Kind[]} */
    this.kinds = [];
    for (let i = 0; i < count; i++) this.kinds.push(readKind(reader, this.kinds));
    if (reader.at !== reader.end) refuse("bytes after the outline");
    this.root = this.kind(root);
    for (const kind of this.kinds) {
      for (const field of kind.nests) {
        const held = this.kind(field.held);
        if (field.shape !== TABLE) field.kind = held;
        else if (parts.Table === null) throw missing(`${kind.name} has a Table`, "tables");
        else field.table = new parts.Table(held, this.kinds);
      }
      kind.nests = kind.nests.filter((field) => field.kind !== null);
    }
  }

  /** @param {number} number */
  kind(number) {
    return this.kinds[number] ?? refuse(`there is no class ${number}`);
  }
}

/**
 * @param {Reader} reader
 * @param {number} size
 * @param {string} what
 */
function readHead(reader, size, what) {
  if (reader.array() !== size) refuse(`${what} has ${size} items`);
}

/**
 * @param {Reader} reader
 * @param {Kind[]} above the classes before it in the table
 */
function readKind(reader, above) {
  readHead(reader, 3, "a class");
  const name = reader.str();
  const number = reader.int();
  const parent = number === -1 ? null : above[number] ?? refuse(`class ${name} stands before its parent ${number}`);
  const count = reader.array();
  if (count > 63) refuse(`class ${name} has ${count} fields`);
  const fields = Array.from({ length: count }, () => (reader.nil() ? null : readField(reader)));
  const kind = new Kind(name, parent, fields);
  if (kind.lineage.length > HEIGHT + 1) refuse(`more than ${HEIGHT} classes above ${name}`);
  if (new Set(kind.present.map((field) => field.name)).size !== kind.present.length) {
    refuse(`two fields of class ${name} have one name`);
  }
  // The fields of the class above come first: what is read for it fits this one.
  const fits = parent?.fields.every((field, i) => {
    const own = fields[i];
    return own?.name === field?.name && own?.shape === field?.shape && own?.column?.name === field?.column?.name;
  });
  return fits === false ? refuse(`class ${name} lacks fields of the class above it`) : kind;
}

/** @param {Reader} reader */
function readField(reader) {
  readHead(reader, 4, "a field");
  const [name, shape, optional] = [reader.str(), reader.int(), reader.int()];
  const held = reader.next === INT ? reader.natural() : -1;
  // An entity field may be optional, as may a value; a container is not, nor are its values.
  const sound = shape >= ONE && shape <= TABLE && (optional === 0 || (optional === 1 && shape === ONE)) && (held < 0 ? shape !== TABLE : shape !== SET);
  if (!sound || name.startsWith("_")) refuse(`a field ${name} with shape ${shape}, optional ${optional}`);
  return new Field(name, shape, optional === 1, held < 0 ? readType(reader) : null, held);
}
