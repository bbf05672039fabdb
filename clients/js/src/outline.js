// The outline: which classes of entities there are, and what their fields hold.

import { PeerError } from "./errors.js";
import { INT, Reader } from "./reader.js";
import { readType } from "./type.js";

/** @typedef {import("./column.js").Column} Column */

/** The shapes of fields. */
export const ONE = 0;
export const MAP = 1;
export const LIST = 2;
export const SET = 3;

/** How many classes may stand above one; it bounds what `lineage` takes. */
const HEIGHT = 64;

/** One field of one class; a class has its own for what it inherits, too. */
export class Field {
  /**
   * @param {string} name
   * @param {number} shape
   * @param {boolean} optional
   * @param {Column | null} column the type of its values, null where entities stand
   * @param {number} held the number of the class of those entities, else -1
   */
  constructor(name, shape, optional, column, held) {
    this.name = name;
    this.shape = shape;
    this.optional = optional;
    this.column = column;
    this.held = held;
    /** @type {Kind | null} the class of the entities that stand here */
    this.kind = null;
    /** Whether somebody listens to what changes here or below. */
    this.watched = false;
  }
}

/** One class of entities. */
export class Kind {
  /** @type {Kind[]} the classes above it from the first on, then itself */
  lineage = [];

  /**
   * @param {number} number
   * @param {string} name
   * @param {Kind | null} parent
   * @param {(Field | null)[]} fields
   */
  constructor(number, name, parent, fields) {
    this.number = number;
    this.name = name;
    this.fields = fields;
    if (parent !== null) this.lineage.push(...parent.lineage);
    this.lineage.push(this);
    /** The fields that this reader gets, in order. */
    this.present = /** @type {Field[]} */ (fields.filter((field) => field !== null));
    /** The fields where entities stand. */
    this.nests = this.present.filter((field) => field.column === null);
    this.weight = 6 + Math.floor(fields.length / 8);
    /** @type {Record<string, any>} what the objects of its entities are copied from */
    this.template = makeTemplate(this.present);
  }

  /**
   * Tells whether this is `other` or a class below it.
   * @param {Kind} other
   */
  is(other) {
    return this.lineage[other.lineage.length - 1] === other;
  }
}

/**
 * Makes an object with these fields, in this order. Those that are spread from it share
 * its hidden class.
 * @param {Field[]} fields
 */
function makeTemplate(fields) {
  // JSON.parse gives the object room for exactly these. A number with a fraction has its
  // own representation in it.
  const zeros = fields.map(({ name, shape, column }) => {
    const zero = shape === ONE && typeof column?.zero !== "bigint" ? column?.zero : null;
    return `${JSON.stringify(name)}:${JSON.stringify(zero ?? null)}`;
  });
  const template = JSON.parse(`{${zeros.join()}}`);
  // A container is absent until it is made.
  for (const { name, shape } of fields) if (shape !== ONE) template[name] = undefined;
  return template;
}

/** The table of classes, as a room's server told it. */
export class Outline {
  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    const reader = new Reader(bytes);
    if (reader.array() !== 4) throw new PeerError("an outline has four items");
    const format = reader.int();
    if (format !== 1) throw new PeerError(`format ${format} of the state is unknown`);
    this.fingerprint = reader.bin();
    if (this.fingerprint.length !== 8) throw new PeerError("a fingerprint has 8 bytes");
    const root = reader.natural();
    const count = reader.array();
    /** @type {Kind[]} */
    this.kinds = [];
    for (let i = 0; i < count; i++) this.kinds.push(readKind(reader, this.kinds));
    if (reader.at !== reader.end) throw new PeerError("bytes after the outline");
    this.root = this.kind(root);
    for (const kind of this.kinds) {
      for (const field of kind.nests) field.kind = this.kind(field.held);
    }
    for (const kind of this.kinds) checkInherited(kind);
  }

  /** @param {number} number */
  kind(number) {
    const kind = this.kinds[number];
    if (kind === undefined) throw new PeerError(`there is no class ${number}`);
    return kind;
  }
}

/**
 * @param {Reader} reader
 * @param {Kind[]} above the classes before it in the table
 */
function readKind(reader, above) {
  if (reader.array() !== 3) throw new PeerError("a class has three items");
  const name = reader.str();
  const number = reader.int();
  const parent = number === -1 ? null : above[number];
  if (parent === undefined) throw new PeerError(`class ${name} stands before its parent ${number}`);
  if (parent !== null && parent.lineage.length > HEIGHT) throw new PeerError(`more than ${HEIGHT} classes above ${name}`);
  const count = reader.array();
  if (count > 63) throw new PeerError(`class ${name} has ${count} fields`);
  const fields = [];
  for (let i = 0; i < count; i++) fields.push(reader.nil() ? null : readField(reader));
  const kind = new Kind(above.length, name, parent, fields);
  if (new Set(kind.present.map((field) => field.name)).size !== kind.present.length) {
    throw new PeerError(`two fields of class ${name} have one name`);
  }
  return kind;
}

/** @param {Reader} reader */
function readField(reader) {
  if (reader.array() !== 4) throw new PeerError("a field has four items");
  const [name, shape, optional] = [reader.str(), reader.int(), reader.int()];
  if (name.startsWith("_")) throw new PeerError(`the name of field ${name} begins with an underscore`);
  if (shape < ONE || shape > SET) throw new PeerError(`field ${name} has shape ${shape}`);
  if (optional !== 0 && (optional !== 1 || shape !== ONE)) throw new PeerError(`field ${name} is optional: ${optional}`);
  const held = reader.next === INT ? reader.natural() : -1;
  if (held !== -1 && shape === SET) throw new PeerError(`field ${name} is a set of entities`);
  return new Field(name, shape, optional === 1, held === -1 ? readType(reader) : null, held);
}

/**
 * The fields of the class above come first: what is read for it fits this one.
 * @param {Kind} kind
 */
function checkInherited(kind) {
  const parent = kind.lineage.at(-2);
  const fits = parent?.fields.every((field, i) => {
    const own = kind.fields[i];
    if (field === null || own == null) return own === field;
    return own.name === field.name && own.shape === field.shape && own.column?.name === field.column?.name;
  });
  if (fits === false) throw new PeerError(`class ${kind.name} lacks fields of the class above it`);
}
