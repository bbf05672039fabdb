// Values on their way between the tests and an SDK: see sdk.mjs for how JSON spells them.

const ODD = { nan: NaN, inf: Infinity, "-inf": -Infinity, "-0": -0 };

const PARSERS = {
  $undefined: () => undefined,
  $int: (digits) => BigInt(digits),
  $float: (name) => ODD[name],
  $date: (milliseconds) => new Date(milliseconds ?? NaN),
  $bytes: (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16)),
  $map: (pairs) => new Map(pairs.map(([key, value]) => [parse(key), parse(value)])),
  $set: (items) => new Set(items.map(parse)),
  $object: (pairs) => assemble(pairs),
};

/** Make an object, also one with a key "__proto__". */
function assemble(pairs) {
  const made = {};
  for (const [key, value] of pairs) {
    const how = { value: parse(value), writable: true, enumerable: true, configurable: true };
    Object.defineProperty(made, key, how);
  }
  return made;
}

/** Turn what JSON.parse made of a value into the value. */
function parse(value) {
  if (Array.isArray(value)) return value.map(parse);
  if (value === null || typeof value !== "object") return value;
  const pairs = Object.entries(value);
  if (pairs.length === 1 && Object.hasOwn(PARSERS, pairs[0][0])) {
    return PARSERS[pairs[0][0]](pairs[0][1]);
  }
  return assemble(pairs);
}

function renderNumber(value) {
  if (Number.isNaN(value)) return { $float: "nan" };
  if (!Number.isFinite(value)) return { $float: value > 0 ? "inf" : "-inf" };
  return Object.is(value, -0) ? { $float: "-0" } : value;
}

/** Name what keeps a map's order, and its keys that are no text. */
const pairsOf = (value, render) => {
  const pairs = [];
  value.forEach((item, key) => pairs.push([render(key), render(item)]));
  return pairs;
};

const itemsOf = (value, render) => {
  const items = [];
  value.forEach((item) => items.push(render(item)));
  return items;
};

/** Give both directions for one copy of @colyseus/schema, or for a library without one. */
export function codec(schema) {
  const is = (value, name) => schema !== undefined && value instanceof schema[name];

  /** Not `name in value`: a name such as "constructor" is found on the prototype too. */
  function isField(value, name) {
    if (Object.hasOwn(value, name)) return true;
    // A class of the game's own has accessors.
    for (let each = Object.getPrototypeOf(value); each !== Object.prototype; ) {
      if (Object.getOwnPropertyDescriptor(each, name)?.get) return true;
      each = Object.getPrototypeOf(each);
    }
    return false;
  }

  function renderInstance(value) {
    const fields = [];
    const metadata = value.constructor[Symbol.metadata] ?? {};
    for (let index = 0; metadata[index] !== undefined; index++) {
      const { name } = metadata[index];
      const item = isField(value, name) ? value[name] : undefined;
      if (item !== undefined) fields.push([name, render(item)]);
    }
    return Object.fromEntries(fields);
  }

  function renderObject(value) {
    if (is(value, "ArraySchema")) {
      return Array.from({ length: value.length }, (_, index) => render(value[index]));
    }
    if (is(value, "MapSchema")) return { $map: pairsOf(value, render) };
    if (is(value, "SetSchema")) return { $set: itemsOf(value, render) };
    if (is(value, "CollectionSchema")) {
      return { $collection: itemsOf(value, render) };
    }
    if (is(value, "Schema")) return renderInstance(value);
    if (Array.isArray(value)) return Array.from(value, render);
    if (value instanceof Date) {
      return { $date: Number.isNaN(value.getTime()) ? null : value.getTime() };
    }
    if (ArrayBuffer.isView(value)) {
      const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
      const pairs = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"));
      return { $bytes: pairs.join("") };
    }
    if (value instanceof Map) return { $map: pairsOf(value, render) };
    if (value instanceof Set) return { $set: itemsOf(value, render) };
    const pairs = Object.entries(value).map(([key, item]) => [key, render(item)]);
    const odd = pairs.some(([key]) => key.startsWith("$") || key === "__proto__");
    return odd ? { $object: pairs } : Object.fromEntries(pairs);
  }

  /** Turn a value into what JSON.stringify keeps whole. */
  function render(value) {
    switch (typeof value) {
      case "undefined": return { $undefined: true };
      case "bigint": return { $int: String(value) };
      case "number": return renderNumber(value);
      case "object": return value === null ? null : renderObject(value);
      case "string":
      case "boolean": return value;
      default: return { $unexpected: typeof value };
    }
  }

  return { render, parse };
}
