// The columns of numbers.

import { Column } from "./column.js";

/**
 * @typedef {import("./reader.js").Reader} Reader
 * @typedef {import("./column.js").Fields} Fields
 */

/** @typedef {(view: DataView, at: number) => number} Read */
/** @typedef {(view: DataView, at: number, objects: Fields[], count: number, name: string) => void} Pour */

// One loop for each type, so that each is compiled for what it reads; a shared one that
// calls `read` took twice the time.
/** @type {Record<string, {width: number, low: number, high: number, read: Read, pour: Pour}>} */
export const INTEGERS = {
  int8: {
    width: 1, low: -128, high: 127,
    read: (view, at) => view.getInt8(at),
    pour(view, at, objects, count, name) {
      for (let i = 0; i < count; i++) objects[i][name] = view.getInt8(at + i);
    },
  },
  int16: {
    width: 2, low: -32768, high: 32767,
    read: (view, at) => view.getInt16(at, true),
    pour(view, at, objects, count, name) {
      for (let i = 0; i < count; i++) objects[i][name] = view.getInt16(at + 2 * i, true);
    },
  },
  int32: {
    width: 4, low: -2147483648, high: 2147483647,
    read: (view, at) => view.getInt32(at, true),
    pour(view, at, objects, count, name) {
      for (let i = 0; i < count; i++) objects[i][name] = view.getInt32(at + 4 * i, true);
    },
  },
  uint8: {
    width: 1, low: 0, high: 255,
    read: (view, at) => view.getUint8(at),
    pour(view, at, objects, count, name) {
      for (let i = 0; i < count; i++) objects[i][name] = view.getUint8(at + i);
    },
  },
  uint16: {
    width: 2, low: 0, high: 65535,
    read: (view, at) => view.getUint16(at, true),
    pour(view, at, objects, count, name) {
      for (let i = 0; i < count; i++) objects[i][name] = view.getUint16(at + 2 * i, true);
    },
  },
  uint32: {
    width: 4, low: 0, high: 4294967295,
    read: (view, at) => view.getUint32(at, true),
    pour(view, at, objects, count, name) {
      for (let i = 0; i < count; i++) objects[i][name] = view.getUint32(at + 4 * i, true);
    },
  },
};

export class Integer extends Column {
  /** @param {string} name */
  constructor(name) {
    const { width, low, high, read, pour } = INTEGERS[name];
    super(name, width, name === "uint32" ? 0.5 : 0);
    this.low = low;
    this.high = high;
    this.read = read;
    this.pour = pour;
  }

  /** @param {Reader} reader */
  one(reader) {
    const value = reader.int();
    return value >= this.low && value <= this.high ? value : this.refuse(value);
  }
}

export class Wide64 extends Column {
  /** @param {boolean} signed */
  constructor(signed) {
    super(signed ? "int64" : "uint64", 8, 0n);
    this.low = signed ? -(2n ** 63n) : 0n;
    this.high = signed ? 2n ** 63n - 1n : 2n ** 64n - 1n;
    this.signed = signed;
  }

  /** @param {Reader} reader */
  one(reader) {
    const value = reader.bigint();
    return value >= this.low && value <= this.high ? value : this.refuse(value);
  }

  /**
   * @param {DataView} view
   * @param {number} at
   */
  read(view, at) {
    return this.signed ? view.getBigInt64(at, true) : view.getBigUint64(at, true);
  }
}

export class Float32 extends Column {
  constructor() {
    super("float32", 4, 0.5);
  }

  /** @param {Reader} reader */
  one(reader) {
    if (reader.bytes[reader.at] === 0xca) return reader.float32();
    const value = reader.number();
    return Object.is(Math.fround(value), value) ? value : this.refuse(value);
  }

  /**
   * @param {DataView} view
   * @param {number} at
   */
  read(view, at) {
    return view.getFloat32(at, true);
  }

  /** @type {Pour} */
  pour(view, at, objects, count, name) {
    for (let i = 0; i < count; i++) objects[i][name] = view.getFloat32(at + 4 * i, true);
  }
}

export class Float64 extends Column {
  constructor() {
    super("float64", 8, 0.5);
  }

  /** @param {Reader} reader */
  one(reader) {
    return reader.number();
  }

  /**
   * @param {DataView} view
   * @param {number} at
   */
  read(view, at) {
    return view.getFloat64(at, true);
  }

  /** @type {Pour} */
  pour(view, at, objects, count, name) {
    for (let i = 0; i < count; i++) objects[i][name] = view.getFloat64(at + 8 * i, true);
  }
}

export class Quantized extends Column {
  /**
   * @param {number} low
   * @param {number} high
   * @param {number} bits
   * @param {boolean} wrap
   */
  constructor(low, high, bits, wrap) {
    super("quantized", bits / 8, 0.5);
    this.low = low;
    this.span = high - low;
    this.steps = 2 ** bits - (wrap ? 0 : low === -high ? 2 : 1);
  }

  /** @param {number} q */
  value(q) {
    if (q < 0 || q > this.steps) this.refuse(q);
    return this.low + (q / this.steps) * this.span;
  }

  /** @param {Reader} reader */
  one(reader) {
    return this.value(reader.int());
  }

  /**
   * @param {DataView} view
   * @param {number} at
   */
  read(view, at) {
    if (this.width === 2) return this.value(view.getUint16(at, true));
    return this.value(this.width === 1 ? view.getUint8(at) : view.getUint32(at, true));
  }
}

export class Numeral extends Column {
  constructor() {
    super("number", 0, 0);
  }

  /** @param {Reader} reader */
  one(reader) {
    const value = reader.number();
    return Number.isFinite(value) ? value : this.refuse(value);
  }
}
