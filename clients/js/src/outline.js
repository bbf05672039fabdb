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

/** Types of which most values are numbers that memory holds as a float. */
const FRACTIONS = ["uint32", "float32", "float64", "quantized"];

/** How many classes may stand above one; it bounds what `lineage` takes. */
const HEIGHT = 64;

/**
 * One field of one class; a class has its own for what it inherits, too.
 * @typedef {object} Field
 * @property {string} name
 * @property {number} shape
 * @property {boolean} optional
 * @property {Column | null} form the type of its values, null where entities or rows stand
 * @property {number} held the number of the class of those entities, or of rows, else -1
 * @property {Kind | null} kind the class of the entities that stand here
 * @property {Table | null} table what knows of the rows of a table
 * @property {boolean} watched whether somebody listens to what changes here or below
 */

/**
 * One class of entities.
 * @typedef {object} Kind
 * @property {string} name
 * @property {(Field | null)[]} fields
 * @property {Kind[]} lineage the classes above it from the first on, then itself
 * @property {Field[]} present the fields that this reader gets, in order
 * @property {Field[]} nests the fields where entities stand
 * @property {number} weight
 * @property {{low: number, high: number, fields: Field[]}} latest what the mask before stood for
 * @property {Record<string, any>} template what the objects of its entities are copied from
 * @property {(other: Kind | null) => boolean} is whether it is another one or a class below it
 */

/**
 * @param {string} name
 * @param {Kind | null} parent the class above it
 * @param {(Field | null)[]} fields
 * @returns {Kind}
 */
function makeKind(name, parent, fields) {
  const present = fields.flatMap((field) => field ?? []);
  // JSON.parse gives the object room for exactly these, and objects that are spread from
  // it share its hidden class. A number with a fraction has its own representation.
  const values = present.map(({ name: key, shape, form }) => {
    return `${JSON.stringify(key)}:${shape === ONE && form && FRACTIONS.includes(form.name) ? 0.5 : null}`;
  });
  /** @type {Kind} */
  const kind = {
    name,
    fields,
    lineage: [...(parent?.lineage ?? [])],
    present,
    nests: [],
    weight: 6 + (fields.length >> 3),
    latest: { low: 0, high: 0, fields: [] },
    template: JSON.parse(`{${values}}`),
    is: (other) => kind.lineage.includes(/** @type {Kind} */ (other)),
  };
  kind.lineage.push(kind);
  return kind;
}

/**
 * The table of classes, as a room's server told it.
 * @typedef {object} Outline
 * @property {Uint8Array} fingerprint
 * @property {Kind[]} kinds
 * @property {Kind} root
 * @property {(number: number) => Kind} kind by its number
 */

/**
 * @param {Uint8Array} bytes
 * @returns {Outline}
 */
export function readOutline(bytes) {
  const reader = new Reader(bytes);
  readHead(reader, 4, "an outline");
  const format = reader.int();
  if (format !== 1) refuse(`format ${format} of the state is unknown`);
  const fingerprint = reader.bin();
  if (fingerprint.length !== 8) refuse("a fingerprint has 8 bytes");
  const root = reader.natural();
  /** @type {Kind[]} */
  const kinds = [];
  for (let left = reader.array(); left > 0; left--) kinds.push(readKind(reader, kinds));
  if (reader.here !== reader.end) refuse("bytes after the outline");
  /** @param {number} number */
  const kindOf = (number) => kinds[number] ?? refuse(`there is no class ${number}`);
  for (const kind of kinds) {
    for (const field of kind.present) {
      if (field.form) continue;
      const held = kindOf(field.held);
      if (field.shape !== TABLE) {
        field.kind = held;
        kind.nests.push(field);
      } else if (parts.Table) field.table = new parts.Table(held, kinds);
      else throw missing(`${kind.name} has a Table`, "tables");
    }
  }
  return { fingerprint, kinds, root: kindOf(root), kind: kindOf };
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
  const kind = makeKind(name, parent, fields);
  if (kind.lineage.length > HEIGHT + 1) refuse(`more than ${HEIGHT} classes above ${name}`);
  if (new Set(kind.present.map((field) => field.name)).size !== kind.present.length) {
    refuse(`two fields of class ${name} have one name`);
  }
  // The fields of the class above come first: what is read for it fits this one.
  const fits = parent?.fields.every((field, i) => {
    const own = fields[i];
    return own?.name === field?.name && own?.shape === field?.shape && own?.form?.name === field?.form?.name;
  });
  return fits === false ? refuse(`class ${name} lacks fields of the class above it`) : kind;
}

/**
 * @param {Reader} reader
 * @returns {Field}
 */
function readField(reader) {
  readHead(reader, 4, "a field");
  const [name, shape, optional] = [reader.str(), reader.int(), reader.int()];
  const held = reader.next === INT ? reader.natural() : -1;
  // An entity field may be optional, as may a value; a container is not, nor are its values.
  const sound = shape >= ONE && shape <= TABLE && (optional === 0 || (optional === 1 && shape === ONE)) && (held < 0 ? shape !== TABLE : shape !== SET);
  if (!sound || name.startsWith("_")) refuse(`a field ${name} with shape ${shape}, optional ${optional}`);
  const form = held < 0 ? readType(reader) : null;
  return { name, shape, optional: optional === 1, form, held, kind: null, table: null, watched: false };
}
