// The columns of what is no number.

import { Column } from "./column.js";

/** @typedef {import("./reader.js").Reader} Reader */

/** What Python's datetime holds: from the year 1 to the end of 9999. */
const FIRST_MOMENT = -62135596800000;
const LAST_MOMENT = 253402300799999;

export class Bool extends Column {
  constructor() {
    super("bool", 1, false);
  }

  /** @param {Reader} reader */
  one(reader) {
    return reader.bool();
  }

  /**
   * @param {DataView} view
   * @param {number} at
   */
  read(view, at) {
    const raw = view.getUint8(at);
    return raw < 2 ? raw === 1 : this.refuse(raw);
  }
}

export class Moment extends Column {
  constructor() {
    super("datetime", 8, null);
  }

  get keyed() {
    return true;
  }

  /** @param {bigint} raw */
  value(raw) {
    const time = Number(raw);
    return time >= FIRST_MOMENT && time <= LAST_MOMENT ? new Date(time) : this.refuse(raw);
  }

  /** @param {Reader} reader */
  one(reader) {
    return this.value(reader.bigint());
  }

  /**
   * @param {DataView} view
   * @param {number} at
   */
  read(view, at) {
    return this.value(view.getBigInt64(at, true));
  }

  /**
   * @param {any} a
   * @param {any} b
   */
  same(a, b) {
    return a === b || (a instanceof Date && b instanceof Date && a.getTime() === b.getTime());
  }

  /** @param {Date} value */
  key(value) {
    return value.getTime();
  }
}

export class Choice extends Column {
  /** @param {string[]} names */
  constructor(names) {
    super("enum", names.length <= 256 ? 1 : 2, "");
    this.names = names;
  }

  /** @param {number} raw */
  value(raw) {
    return raw >= 0 && raw < this.names.length ? this.names[raw] : this.refuse(raw);
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
    return this.value(this.width === 1 ? view.getUint8(at) : view.getUint16(at, true));
  }
}

export class Text extends Column {
  constructor() {
    super("str", 0, "");
  }

  /** @param {Reader} reader */
  one(reader) {
    return reader.str();
  }
}

export class Bytes extends Column {
  constructor() {
    super("bytes", 0, null);
  }

  get keyed() {
    return true;
  }

  /** @param {Reader} reader */
  one(reader) {
    return reader.bin();
  }

  /**
   * @param {any} a
   * @param {any} b
   */
  same(a, b) {
    if (a === b) return true;
    if (!(a instanceof Uint8Array && b instanceof Uint8Array) || a.length !== b.length) return false;
    return a.every((byte, i) => byte === b[i]);
  }

  /** @param {Uint8Array} value */
  key(value) {
    let text = "";
    for (const byte of value) text += String.fromCharCode(byte);
    return text;
  }
}
