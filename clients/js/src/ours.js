// The messages that only clients of ours send and get: their types begin with `__nexus.`.

import { ROOM_DATA } from "./codes.js";
import { refuse } from "./errors.js";

/** @typedef {{pack(value: any): Uint8Array, unpack(bytes: Uint8Array): any}} Packer */
/** @typedef {{type: string, body: any}} Message */

export const OURS = "__nexus.";

const SHORT_STR = 0xa0;

/** @param {string} text */
const ascii = (text) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

/**
 * The type of a message, if it is a short text.
 * @param {Uint8Array} frame
 */
const typeOf = (frame) => String.fromCharCode(...frame.subarray(2, 2 + (frame[1] & 31)));

/**
 * Tells whether a frame is one of these messages.
 * @param {Uint8Array} frame
 */
export function isOurs(frame) {
  // Hardly any type of a game begins with this, so hardly any is made a text for nothing.
  const isLikely = frame[0] === ROOM_DATA && frame[2] === 0x5f;
  return isLikely && frame[1] >> 5 === SHORT_STR >> 5 && typeOf(frame).startsWith(OURS);
}

/** @param {any} value */
const isNatural = (value) => Number.isSafeInteger(value) && value >= 0;

/**
 * @param {(value: any) => boolean} check
 * @returns {(body: any) => boolean} for an array with a number, and then what is checked
 */
const isPair = (check) => (body) => Array.isArray(body) && isNatural(body[0]) && check(body[1]);

/**
 * What packs objects in a way of its own takes others for what they are on the wire: Maps.
 * @param {any} value
 * @returns {any}
 */
function plain(value) {
  if (value instanceof Map) return Object.fromEntries(Array.from(value, ([key, held]) => [key, plain(held)]));
  return Array.isArray(value) ? value.map(plain) : value;
}

/** @type {Record<string, (body: any) => boolean>} what the server may say in each */
const CHECKS = {
  // Nothing of what every object inherits.
  __proto__: /** @type {any} */ (null),
  ack: isNatural,
  commanded: isNatural,
  pong: isPair(Number.isFinite),
  refused: isPair((reason) => typeof reason === "string"),
  resumed: (body) => Number.isSafeInteger(body?.version) && typeof body.how === "string",
  saved: isPair(isNatural),
  verdict: isPair((status) => [0, 1, 2].includes(status)),
};

/**
 * Reads one; of those that we do not know the type alone, as servers may be newer.
 * @param {Uint8Array} frame
 * @param {Packer} packer
 * @returns {Message} its type without the mark
 * @throws {PeerError} it says what it cannot say
 */
export function readOurs(frame, packer) {
  const end = 2 + (frame[1] & 31);
  if (end > frame.length) refuse("half a message");
  const type = typeOf(frame).slice(OURS.length);
  const check = CHECKS[type];
  if (!check) return { type, body: undefined };
  let body;
  try {
    body = packer.unpack(frame.subarray(end));
  } catch {
    refuse(`${OURS}${type} is no msgpack`);
  }
  body = plain(body);
  if (!check(body)) refuse(`${OURS}${type} with a body that it cannot have`);
  return { type, body };
}

/**
 * @param {string} type without the mark
 * @param {Uint8Array[]} parts what follows it
 */
function frameOf(type, ...parts) {
  const name = ascii(OURS + type);
  const pieces = [[ROOM_DATA, SHORT_STR | name.length], name, ...parts];
  const frame = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    frame.set(piece, at);
    at += piece.length;
  }
  return frame;
}

/**
 * Writes a message of ours.
 * @param {string} type without the mark
 * @param {any} body
 * @param {Packer} packer
 */
export function writeOurs(type, body, packer) {
  return frameOf(type, packer.pack(body));
}

/**
 * @param {any} type of a message of an author
 * @throws {TypeError} it cannot be that
 */
export function checkType(type) {
  if (typeof type !== "string" && !Number.isSafeInteger(type)) throw new TypeError("a type is text or a whole number");
  if (String(type).startsWith(OURS)) throw new TypeError(`types that begin with ${OURS} are not for authors`);
}

/**
 * Encodes what an author sends, all but its number.
 * @param {[string | number] | [string | number, any] | [string | number, Uint8Array, true]} parts
 * @param {Packer} packer
 */
export function encodeLetter(parts, packer) {
  // A copy: the packer reuses its memory.
  return Uint8Array.from(packer.pack(parts));
}

/**
 * Writes what has a number: a message of the outbox, or a command.
 * @param {"out" | "command"} type
 * @param {number} id
 * @param {Uint8Array} encoded
 * @param {Packer} packer
 */
export function writeLetter(type, id, encoded, packer) {
  // The array that was encoded begins one item earlier: its head is one byte.
  return frameOf(type, Uint8Array.of(encoded[0] + 1), packer.pack(id), encoded.subarray(1));
}

/**
 * What was sent, as the server would have read it; undefined where it was nothing.
 * @param {Uint8Array} encoded
 * @param {Packer} packer
 */
export function bodyOf(encoded, packer) {
  return packer.unpack(encoded)[1];
}
