// Values as a developer types and reads them: JSON, and what JSON lacks by objects of one
// key: {"$bytes": "00ff"}, {"$date": "2026-01-31T12:00:00Z"}, {"$bigint": "9007199254740993"}.

/** @type {Record<string, (text: any) => any>} */
const READ = {
  $bytes: (text) => readHex(String(text)),
  $date: (text) => {
    const date = new Date(text);
    if (Number.isNaN(date.getTime())) throw new Error(`$date is no time: ${JSON.stringify(text)}`);
    return date;
  },
  $bigint: (text) => {
    if (!/^-?\d{1,20}$/.test(String(text))) throw new Error(`$bigint is no whole number: ${JSON.stringify(text)}`);
    return BigInt(text);
  },
};

/**
 * Reads what was typed; nothing at all is `undefined`.
 * @param {string} text
 * @returns {any}
 * @throws {Error} it is no JSON; the message says where
 */
export function readValue(text) {
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text, revive);
  } catch (error) {
    if (error instanceof SyntaxError) throw new Error(`not JSON: ${where(error.message, text)}`);
    throw error;
  }
}

/**
 * Reads join options.
 * @param {string} text
 * @returns {Record<string, any>}
 * @throws {Error} they are no JSON object
 */
export function readOptions(text) {
  const value = readValue(text) ?? {};
  if (typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype) {
    throw new Error('options are a JSON object, such as {"name": "Ada"}');
  }
  return value;
}

/**
 * @param {string} _name
 * @param {any} value
 */
function revive(_name, value) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  const names = Object.keys(value);
  const read = names.length === 1 && Object.hasOwn(READ, names[0]) ? READ[names[0]] : null;
  return read === null ? value : read(value[names[0]]);
}

/**
 * Says where a mistake is by line and column, in whatever words a browser has for it.
 * @param {string} message
 * @param {string} text
 */
function where(message, text) {
  const found = /position (\d+)/.exec(message);
  if (found === null || /line \d+/.test(message)) return message;
  const lines = text.slice(0, Number(found[1])).split("\n");
  return `${message} (line ${lines.length} column ${lines[lines.length - 1].length + 1})`;
}

/**
 * Reads bytes as hexadecimal digits; spaces are for people.
 * @param {string} text
 * @throws {Error} they are none
 */
export function readHex(text) {
  const digits = text.replace(/\s+/g, "");
  if (!/^([0-9a-fA-F]{2})*$/.test(digits)) throw new Error("bytes are pairs of hexadecimal digits, such as 00 ff 7f");
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/**
 * Writes bytes as hexadecimal digits.
 * @param {Uint8Array} bytes
 */
export function writeHex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Writes a value on one line, but no more than so many characters of it.
 * @param {any} value
 * @param {number} [most]
 * @returns {string}
 */
export function writeValue(value, most = 2000) {
  const text = new Writer(most).write(value, 0);
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

/**
 * Writes a value as `writeValue`, its numbers with three decimals at most.
 * @param {any} value
 * @param {number} most
 * @returns {string}
 */
export function writeBrief(value, most) {
  const text = new Writer(most, brief).write(value, 0);
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

/** Writes until there is enough, so that a huge value costs no more than a large one. */
class Writer {
  /**
   * @param {number} most
   * @param {(value: number) => number} [round] what is written of a number
   */
  constructor(most, round = dustless) {
    this.left = most;
    this.round = round;
  }

  /**
   * @param {any} value
   * @param {number} depth
   * @returns {string}
   */
  write(value, depth) {
    const plain = scalar(value, this.left, this.round);
    if (plain !== null) {
      this.left -= plain.length;
      return plain;
    }
    if (depth > 20) return "…";
    if (Array.isArray(value)) return this.list("[", value, "]", (item) => this.write(item, depth + 1));
    if (value instanceof Set) return this.list("Set[", value, "]", (item) => this.write(item, depth + 1));
    const entries = value instanceof Map ? value : shown(value);
    return this.list("{", entries, "}", ([name, item]) => `${JSON.stringify(String(name))}: ${this.write(item, depth + 1)}`);
  }

  /**
   * @param {string} open
   * @param {Iterable<any>} items
   * @param {string} close
   * @param {(item: any) => string} write
   */
  list(open, items, close, write) {
    const written = [];
    for (const item of items) {
      if (this.left <= 0) {
        written.push("…");
        break;
      }
      written.push(write(item));
      this.left -= 4;
    }
    return open + written.join(", ") + close;
  }
}

/**
 * The fields of an object that can be seen.
 * @param {object} value
 */
export function shown(value) {
  return Object.entries(value).filter(([, item]) => item !== undefined);
}

/**
 * Writes what holds nothing else; null: it does.
 * @param {any} value
 * @param {number} most
 * @param {(value: number) => number} [round] what is written of a number
 * @returns {string | null}
 */
export function scalar(value, most = 500, round = dustless) {
  if (typeof value === "string") return JSON.stringify(value.length > most ? `${value.slice(0, Math.max(most, 0))}…` : value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "number") return String(Object.is(value, -0) ? 0 : round(value));
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "no date" : value.toISOString();
  if (value instanceof ArrayBuffer) return scalar(new Uint8Array(value), most);
  if (ArrayBuffer.isView(value)) {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    const some = writeHex(bytes.subarray(0, Math.max(0, most) / 2));
    return `<${some}${some.length < bytes.length * 2 ? "…" : ""}>`;
  }
  if (value === null || typeof value !== "object") return String(value);
  return null;
}

/**
 * A number without the dust of float32.
 * @param {number} value
 */
function dustless(value) {
  if (Math.fround(value) !== value || Number.isSafeInteger(value)) return value;
  for (let digits = 6; digits < 10; digits += 1) {
    const near = Number(value.toPrecision(digits));
    if (Math.fround(near) === value) return near;
  }
  return value;
}

/**
 * A number that people take in at a glance; what is tiny does not become nothing.
 * @param {number} value
 */
function brief(value) {
  const short = Number(value.toFixed(3));
  return short === 0 && value !== 0 ? Number(value.toPrecision(1)) : short;
}
