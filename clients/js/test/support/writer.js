// Writes payloads for the tests, item by item.

const text = new TextEncoder();

/** Bytes that are written as a bin. */
export const bin = (/** @type {number[]} */ ...bytes) => Uint8Array.from(bytes);

/**
 * @param {any} item
 * @returns {number[]}
 */
function pack(item) {
  if (item === null) return [0xc0];
  if (typeof item === "boolean") return [item ? 0xc3 : 0xc2];
  if (typeof item === "bigint") return [item < 0n ? 0xd3 : 0xcf, ...big(BigInt.asUintN(64, item))];
  if (typeof item === "string") {
    const bytes = text.encode(item);
    return [...(bytes.length < 32 ? [0xa0 + bytes.length] : [0xd9, bytes.length]), ...bytes];
  }
  if (item instanceof Uint8Array) {
    const { length } = item;
    return [...(length < 256 ? [0xc4, length] : [0xc5, length >> 8, length & 255]), ...item];
  }
  if (Array.isArray(item)) {
    const { length } = item;
    return [...(length < 16 ? [0x90 + length] : [0xdc, length >> 8, length & 255]), ...item.flatMap(pack)];
  }
  if (Number.isInteger(item)) {
    if (item >= 0 && item < 128) return [item];
    if (item < 0 && item >= -32) return [256 + item];
    if (item >= 0 && item < 65536) return [0xcd, item >> 8, item & 255];
    return pack(BigInt(item));
  }
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, item);
  return [0xcb, ...bytes];
}

/** @param {bigint} value */
function big(value) {
  return Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(56 - 8 * i)) & 255n));
}

/** @param {any[]} items */
export function payload(...items) {
  return Uint8Array.from(items.flatMap(pack));
}

/** Bytes of numbers as they lie in a column. */
export function column(/** @type {ArrayBufferView} */ values) {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
