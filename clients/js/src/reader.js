// A reader of msgpack items that stand one after the other. It never builds nested
// values, and it counts what a payload holds before anything is allocated for it.

import { refuse } from "./errors.js";

// What the next item is. Of STR, BIN and ARRAY the order matters to `head`.
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

/** What begins with a byte from 0xc0 to 0xdf. */
const MIDDLE = "17225557773300000000777774446677";

const SORTS = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte < 0x80 || byte >= 0xe0) return INT;
  if (byte >= 0xc0) return Number(MIDDLE[byte - 0xc0]);
  return byte < 0x90 ? OTHER : byte < 0xa0 ? ARRAY : STR;
});

// ignoreBOM keeps a byte order mark: it is a character of the value like any other.
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const LARGEST = 2 ** 53;

/** Longer ones are left to the TextDecoder, which is quicker from about here on. */
const SHORT = 24;

// A DataView for a single number costs more than all else that a small patch takes.
const LONE = new Uint8Array(8);
const VIEW = new DataView(LONE.buffer);

/** Reads the items of one payload. */
export class Reader {
  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.payload = bytes;
    this.end = bytes.length;
    this.here = 0;
    /** How many items were looked at, a measure of the work done. */
    this.looked = 0;
    /** How many ids, keys and values the payload holds so far, at most 8 a byte. */
    this.counted = 0;
    /** What the entities weigh that the payload created so far, at most 1 a byte. */
    this.weight = 0;
    /** How many ids the payload names in bins so far, at most 1 a byte. */
    this.named = 0;
    /** The two halves of what `mask` read. */
    this.low = 0;
    this.high = 0;
    /** Where the bin begins whose size `span` returned. */
    this.start = 0;
    /** @type {DataView | null} made when first asked for: a small patch does without */
    this.seen = null;
  }

  /**
   * Begins anew with another payload.
   * @param {Uint8Array} bytes
   */
  begin(bytes) {
    this.payload = bytes;
    this.end = bytes.length;
    this.here = this.looked = this.counted = this.weight = this.named = this.start = 0;
    this.seen = null;
  }

  get view() {
    const { payload } = this;
    return (this.seen ??= new DataView(payload.buffer, payload.byteOffset, payload.length));
  }

  /** What stands here. */
  get next() {
    return this.here < this.end ? SORTS[this.payload[this.here]] : END;
  }

  /** Whether an int of 64 bits stands here. */
  get isLong() {
    const byte = this.payload[this.here];
    return byte === 0xcf || byte === 0xd3;
  }

  /**
   * Counts values before they are read.
   * @param {number} count
   */
  count(count) {
    if (count > 8 * this.end - this.counted) refuse("more values than the payload pays for");
    this.counted += count;
  }

  /**
   * Counts ids in a bin before they are looked up: a few bytes may stand for many.
   * @param {number} count
   */
  nameIds(count) {
    if (count > this.end - this.named) refuse("more ids than the payload pays for");
    this.named += count;
    this.count(count);
  }

  /**
   * Counts the weight of entities before they are created.
   * @param {number} weight
   */
  weigh(weight) {
    if (weight > this.end - this.weight) refuse("more entities than the payload pays for");
    this.weight += weight;
  }

  /**
   * Looks at an item that is to be of one sort.
   * @param {number} sort
   * @returns {number} its first byte
   */
  look(sort) {
    this.looked++;
    const { next } = this;
    if (next !== sort) refuse(`${NAMES[next]} at byte ${this.here} where ${NAMES[sort]} is due`);
    return this.payload[this.here];
  }

  /**
   * Steps over `size` bytes that must be there.
   * @param {number} size
   */
  skip(size) {
    const { here } = this;
    if (size > this.end - here) refuse(`the payload ends within an item at byte ${here}`);
    this.here = here + size;
    return here;
  }

  /**
   * Reads the bytes of a whole number that follow a first byte; beyond 2 ** 53 it is rounded.
   * @param {number} width
   * @param {boolean} [signed]
   */
  whole(width, signed) {
    let at = this.skip(1 + width) + 1;
    let value = signed ? (this.payload[at] << 24) >> 24 : this.payload[at];
    while (++at < this.here) value = value * 256 + this.payload[at];
    return value;
  }

  /**
   * Copies the bytes that follow a first byte to where they can be read as a number.
   * @param {number} width
   */
  raw(width) {
    this.looked++;
    const at = this.skip(1 + width) + 1;
    for (let i = 0; i < width; i++) LONE[i] = this.payload[at + i];
    return VIEW;
  }

  /** Reads an int that a number holds exactly. */
  int() {
    let value = this.payload[this.here];
    if (value < 0x80) {
      this.looked++;
      this.here++;
      return value;
    }
    const byte = this.look(INT);
    if (byte < 0xe0) value = this.whole(1 << (byte & 3), byte >= 0xd0);
    else value = this.payload[this.here++] - 256;
    return Number.isSafeInteger(value) ? value : refuse("an int out of range");
  }

  /** Reads an int of up to 64 bits. */
  bigint() {
    if (!this.isLong) return BigInt(this.int());
    return this.payload[this.here] === 0xcf ? this.raw(8).getBigUint64(0) : this.raw(8).getBigInt64(0);
  }

  /** Reads a mask into `low` (32 bits) and `high` (31 bits). */
  mask() {
    this.high = 0;
    if (this.isLong) {
      this.high = this.raw(8).getUint32(0);
      this.low = VIEW.getUint32(4);
    } else {
      this.low = this.natural();
    }
    if (this.high > 0x7fffffff) refuse("a mask of more than 63 bits");
  }

  /** Reads an int that counts or numbers something. */
  natural() {
    const value = this.int();
    return value < 0 ? refuse(`${value} where a number from 0 on is due`) : value;
  }

  /** Reads a float, or an int up to 2 ** 53, from where on a float skips some. */
  number() {
    const byte = this.payload[this.here];
    if (byte === 0xca) return this.raw(4).getFloat32(0);
    if (byte === 0xcb) return this.raw(8).getFloat64(0);
    if (!this.isLong) return this.int();
    const value = this.bigint();
    return value > LARGEST || value < -LARGEST ? refuse(`${value} is beyond 2 ** 53`) : Number(value);
  }

  flag() {
    const byte = this.look(BOOL);
    this.here++;
    return byte === 0xc3;
  }

  /** Steps over a nil if one stands here, and tells whether it did. */
  nil() {
    if (this.payload[this.here] !== 0xc0) return false;
    this.looked++;
    this.here++;
    return true;
  }

  /**
   * Reads the head of a str, a bin or an array: how much follows.
   * @param {number} sort
   */
  head(sort) {
    const byte = this.look(sort);
    // The first byte of a bin ends in 0, 1 or 2 for a size of 1, 2 or 4 bytes; that of a
    // str in one more; that of an array, which has no size of 1 byte, in one less.
    if (byte >= 0xc0) return this.whole(1 << ((byte + sort - BIN) & 3));
    this.here++;
    return byte & (sort === STR ? 31 : 15);
  }

  str() {
    const size = this.head(STR);
    const from = this.skip(size);
    if (size <= SHORT) {
      let text = "";
      let i = from;
      for (; i < this.here && this.payload[i] < 0x80; i++) text += String.fromCharCode(this.payload[i]);
      if (i === this.here) return text;
    }
    try {
      return UTF8.decode(this.payload.subarray(from, this.here));
    } catch {
      return refuse(`a str at byte ${from} is no UTF-8`);
    }
  }

  /** Reads a bin: returns its size, and leaves where it begins in `start`. */
  span() {
    const size = this.head(BIN);
    this.start = this.skip(size);
    return size;
  }

  /** Reads a bin as bytes of its own, which the payload's memory may outlive. */
  bin() {
    const size = this.span();
    return this.payload.slice(this.start, this.start + size);
  }

  /** Reads the head of an array: how many items follow. Each takes a byte at least. */
  array() {
    const size = this.head(ARRAY);
    return size > this.end - this.here ? refuse(`an array of ${size} items in too few bytes`) : size;
  }
}
