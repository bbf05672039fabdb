// A reader of msgpack items that stand one after the other. It never builds nested
// values, and it counts what a payload holds before anything is allocated for it.

import { PeerError } from "./errors.js";

/** What the next item is. */
export const INT = 0;
export const NIL = 1;
export const BOOL = 2;
export const FLOAT = 3;
export const STR = 4;
export const BIN = 5;
export const ARRAY = 6;
const OTHER = 7;
export const END = 8;

const NAMES = ["an int", "nil", "a bool", "a float", "a str", "a bin", "an array", "another type", "the end"];

/** @param {number} byte */
function sort(byte) {
  if (byte < 0x80 || byte >= 0xe0 || (byte >= 0xcc && byte <= 0xd3)) return INT;
  if ((byte >= 0xa0 && byte < 0xc0) || (byte >= 0xd9 && byte <= 0xdb)) return STR;
  if ((byte >= 0x90 && byte < 0xa0) || byte === 0xdc || byte === 0xdd) return ARRAY;
  if (byte >= 0xc4 && byte <= 0xc6) return BIN;
  if (byte === 0xca || byte === 0xcb) return FLOAT;
  if (byte === 0xc2 || byte === 0xc3) return BOOL;
  return byte === 0xc0 ? NIL : OTHER;
}

const SORTS = Uint8Array.from({ length: 256 }, (_, byte) => sort(byte));

// ignoreBOM keeps a byte order mark: it is a character of the value like any other.
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const LARGEST = 2n ** 53n;

/** Longer ones are left to the TextDecoder, which is quicker from about here on. */
const SHORT = 24;

// A DataView for a single float costs more than all else that a small patch takes.
const LONE = new Float32Array(1);
const RAW = new Uint8Array(LONE.buffer);
const [A, B, C, D] = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? [3, 2, 1, 0] : [0, 1, 2, 3];

/** Reads the items of one payload. */
export class Reader {
  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.bytes = bytes;
    /** @type {DataView | null} made when first asked for: a small patch does without */
    this.whole = null;
    this.end = bytes.length;
    this.at = 0;
    /** How many items were looked at, a measure of the work done. */
    this.steps = 0;
    /** How many ids, keys and values the payload holds so far, at most 8 a byte. */
    this.values = 0;
    /** What the entities weigh that the payload created so far, at most 1 a byte. */
    this.weight = 0;
    /** How many ids the payload names in bins so far, at most 1 a byte. */
    this.named = 0;
    /** The two halves of what `mask` read. */
    this.low = 0;
    this.high = 0;
    /** Where the bin begins whose size `span` returned. */
    this.from = 0;
  }

  /**
   * Begins anew with another payload.
   * @param {Uint8Array} bytes
   */
  begin(bytes) {
    this.bytes = bytes;
    this.whole = null;
    this.end = bytes.length;
    this.at = this.steps = this.values = this.weight = this.named = this.from = 0;
  }

  get view() {
    const { bytes } = this;
    return (this.whole ??= new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }

  /** What stands here. */
  get next() {
    return this.at < this.end ? SORTS[this.bytes[this.at]] : END;
  }

  /**
   * Counts values before they are read.
   * @param {number} count
   */
  count(count) {
    if (count > 8 * this.end - this.values) throw new PeerError("more values than 8 for each byte");
    this.values += count;
  }

  /**
   * Counts ids in a bin before they are looked up: a few bytes may stand for many.
   * @param {number} count
   */
  name(count) {
    if (count > this.end - this.named) throw new PeerError("more ids than the payload pays for");
    this.named += count;
    this.count(count);
  }

  /**
   * Counts the weight of entities before they are created.
   * @param {number} weight
   */
  weigh(weight) {
    if (weight > this.end - this.weight) throw new PeerError("more entities than the payload pays for");
    this.weight += weight;
  }

  /**
   * @param {string} wanted
   * @returns {never}
   */
  refuse(wanted) {
    throw new PeerError(`${NAMES[this.next]} at byte ${this.at} where ${wanted} is due`);
  }

  /**
   * Steps over `size` bytes that must be there.
   * @param {number} size
   */
  skip(size) {
    const at = this.at;
    if (size > this.end - at) throw new PeerError(`the payload ends within an item at byte ${at}`);
    this.at = at + size;
    return at;
  }

  /** Reads an int that a number holds exactly. */
  int() {
    this.steps++;
    const byte = this.bytes[this.at];
    if (byte < 0x80) {
      this.at++;
      return byte;
    }
    if (byte >= 0xe0) {
      this.at++;
      return byte - 256;
    }
    switch (byte) {
      case 0xcc: return this.bytes[this.skip(2) + 1];
      case 0xcd: return this.view.getUint16(this.skip(3) + 1);
      case 0xce: return this.view.getUint32(this.skip(5) + 1);
      case 0xd0: return this.view.getInt8(this.skip(2) + 1);
      case 0xd1: return this.view.getInt16(this.skip(3) + 1);
      case 0xd2: return this.view.getInt32(this.skip(5) + 1);
      case 0xcf:
      case 0xd3: {
        const at = this.skip(9) + 1;
        const high = byte === 0xcf ? this.view.getUint32(at) : this.view.getInt32(at);
        const value = high * 2 ** 32 + this.view.getUint32(at + 4);
        if (!Number.isSafeInteger(value)) throw new PeerError(`an int out of range at byte ${at - 1}`);
        return value;
      }
      default: return this.refuse("an int");
    }
  }

  /** Reads an int of up to 64 bits. */
  bigint() {
    const byte = this.bytes[this.at];
    if (byte !== 0xcf && byte !== 0xd3) return BigInt(this.int());
    this.steps++;
    const at = this.skip(9) + 1;
    return byte === 0xcf ? this.view.getBigUint64(at) : this.view.getBigInt64(at);
  }

  /** Reads a mask into `low` (32 bits) and `high` (31 bits). */
  mask() {
    if (this.bytes[this.at] === 0xcf || this.bytes[this.at] === 0xd3) {
      this.steps++;
      const at = this.skip(9) + 1;
      this.high = this.view.getUint32(at);
      this.low = this.view.getUint32(at + 4);
      if (this.high > 0x7fffffff) throw new PeerError("a mask of more than 63 bits");
      return;
    }
    const value = this.int();
    if (value < 0) throw new PeerError("a mask below zero");
    this.high = 0;
    this.low = value;
  }

  /** Reads an int that counts or numbers something. */
  natural() {
    const value = this.int();
    if (value < 0) throw new PeerError(`${value} where a number from 0 on is due`);
    return value;
  }

  /** Reads the float of 32 bits that stands here. */
  float32() {
    this.steps++;
    const at = this.skip(5);
    const { bytes } = this;
    RAW[A] = bytes[at + 1];
    RAW[B] = bytes[at + 2];
    RAW[C] = bytes[at + 3];
    RAW[D] = bytes[at + 4];
    return LONE[0];
  }

  /** Reads a float, or an int up to 2 ** 53, from where on a float skips some. */
  number() {
    switch (this.bytes[this.at]) {
      case 0xca:
        return this.float32();
      case 0xcb:
        this.steps++;
        return this.view.getFloat64(this.skip(9) + 1);
      case 0xcf:
      case 0xd3: {
        const whole = this.bigint();
        if (whole > LARGEST || whole < -LARGEST) throw new PeerError(`${whole} is beyond 2 ** 53`);
        return Number(whole);
      }
      default:
        return this.next === INT ? this.int() : this.refuse("a number");
    }
  }

  bool() {
    this.steps++;
    const byte = this.bytes[this.at];
    if (byte !== 0xc2 && byte !== 0xc3) this.refuse("a bool");
    this.at++;
    return byte === 0xc3;
  }

  /** Steps over a nil if one stands here, and tells whether it did. */
  nil() {
    if (this.bytes[this.at] !== 0xc0) return false;
    this.steps++;
    this.at++;
    return true;
  }

  /**
   * Reads the size that follows a first byte.
   * @param {number} width 1, 2 or 4
   */
  size(width) {
    const at = this.skip(1 + width) + 1;
    if (width === 1) return this.bytes[at];
    return width === 2 ? this.view.getUint16(at) : this.view.getUint32(at);
  }

  str() {
    this.steps++;
    if (this.next !== STR) this.refuse("a str");
    const byte = this.bytes[this.at];
    let size = byte & 31;
    if (byte < 0xc0) this.at++;
    else size = this.size(1 << (byte - 0xd9));
    const from = this.skip(size);
    if (size <= SHORT) {
      let text = "";
      let i = from;
      for (; i < this.at && this.bytes[i] < 0x80; i++) text += String.fromCharCode(this.bytes[i]);
      if (i === this.at) return text;
    }
    try {
      return UTF8.decode(this.bytes.subarray(from, this.at));
    } catch {
      throw new PeerError(`a str at byte ${from} is no UTF-8`);
    }
  }

  /** Reads a bin: returns its size, and leaves where it begins in `from`. */
  span() {
    this.steps++;
    if (this.next !== BIN) this.refuse("a bin");
    const size = this.size(1 << (this.bytes[this.at] - 0xc4));
    this.from = this.skip(size);
    return size;
  }

  /** Reads a bin as bytes of its own, which the payload's memory may outlive. */
  bin() {
    const size = this.span();
    return this.bytes.slice(this.from, this.from + size);
  }

  /** Reads the head of an array: how many items follow. Each takes a byte at least. */
  array() {
    this.steps++;
    if (this.next !== ARRAY) this.refuse("an array");
    const byte = this.bytes[this.at];
    let size;
    if (byte < 0xa0) {
      this.at++;
      size = byte & 15;
    } else {
      size = this.size(2 << (byte - 0xdc));
    }
    if (size > this.end - this.at) throw new PeerError(`an array of ${size} items in too few bytes`);
    return size;
  }
}
