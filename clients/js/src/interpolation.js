// Numbers of the state between two patches, so that what is drawn moves evenly although
// patches come only some times a second. What is shown is a little late on purpose: then
// there is most often a later value already to move towards.

import { ensure } from "./ensure.js";

/**
 * @typedef {object} Watched what Interpolation needs of a room
 * @property {any} state
 * @property {{(callback: () => void): unknown, remove(callback: () => void): void}} onStateChange
 */
/**
 * @typedef {object} InterpolationOptions
 * @property {number} [delay] how late values are, in milliseconds; not less than there are
 *   between two patches
 * @property {number} [snap] a difference that is greater is a jump, and is not filled in
 * @property {number} [hold] a value that stayed for longer stood still until one patch
 *   before the next value, in milliseconds; as long as the delay unless given
 * @property {() => number} [now] milliseconds, never less than before
 */
/** @typedef {{wrap?: number, snap?: number}} TrackOptions `wrap` is a full turn of an angle */
/** @typedef {{time: number, value: any}} Sample */
/** @typedef {{segments: string[], fields: readonly string[], wrap: number, snap: number}} Trail */

/** How many samples are kept of a field. */
const SAMPLES = 32;

/** What a field of one entity was, and when. */
class Track {
  /** @type {Sample[]} the oldest first */
  #samples = [];

  /** @param {Trail} trail */
  constructor({ wrap, snap }) {
    this.wrap = wrap;
    this.snap = snap;
  }

  /**
   * @param {Sample} sample
   * @param {number} hold
   * @param {number} interval how long before its end a value that was held began to move
   */
  take({ time, value }, hold, interval) {
    const last = this.#samples.at(-1);
    if (last !== undefined) {
      if (Object.is(last.value, value)) return;
      if (time <= last.time) {
        last.value = value;
        return;
      }
      if (time - last.time > Math.max(hold, interval)) this.#push({ time: time - interval, value: last.value });
    }
    this.#push({ time, value });
  }

  /** @param {Sample} sample */
  #push(sample) {
    this.#samples.push(sample);
    if (this.#samples.length > SAMPLES) this.#samples.shift();
  }

  /**
   * The value at a time; before the first sample it is the first, after the last the last.
   * @param {number} time
   */
  at(time) {
    let i = this.#samples.length - 1;
    while (i > 0 && this.#samples[i].time > time) i--;
    const [one, next] = [this.#samples[i], this.#samples[i + 1]];
    if (next === undefined || time <= one.time) return one.value;
    return this.#between(one.value, next.value, (time - one.time) / (next.time - one.time));
  }

  /**
   * @param {any} one
   * @param {any} next
   * @param {number} share of the way, below 1
   */
  #between(one, next, share) {
    // A field may also be null, hidden or a bigint.
    if (!Number.isFinite(one) || !Number.isFinite(next)) return one;
    const { wrap, snap } = this;
    let way = next - one;
    if (Number.isFinite(wrap)) way = within(way, -wrap / 2, wrap);
    if (Math.abs(way) > snap) return one;
    const value = one + way * share;
    return Number.isFinite(wrap) ? within(value, Math.min(one, next) < 0 ? -wrap / 2 : 0, wrap) : value;
  }
}

/**
 * The angle in a range of a full turn that is the same as another one.
 * @param {number} angle
 * @param {number} least
 * @param {number} wrap
 */
function within(angle, least, wrap) {
  return angle - wrap * Math.floor((angle - least) / wrap);
}

/**
 * The entities to which segments lead.
 * @param {any} value an entity or a container
 * @param {string[]} segments
 * @param {number} [at]
 * @returns {Generator<Record<string, any>>}
 */
function* entities(value, segments, at = 0) {
  if (typeof value !== "object" || value === null) return;
  const isEntity = Object.getPrototypeOf(value) === Object.prototype;
  if (at === segments.length) {
    if (isEntity) yield value;
    return;
  }
  const name = segments[at];
  if (!isEntity && !(value instanceof Map || Array.isArray(value) || value instanceof Set)) return;
  for (const [key, item] of isEntity ? Object.entries(value) : value.entries()) {
    if (name === "*" || name === String(key)) yield* entities(item, segments, at + 1);
  }
}

/**
 * @param {string} name
 * @param {number} value
 * @param {number} least
 */
function refuseBelow(name, value, least) {
  if (!(value >= least)) throw new RangeError(`${name} is ${value}, but is to be a number from ${least} on`);
}

/** Numbers of a room's state as they are to be drawn. */
export class Interpolation {
  #room;
  #delay;
  #hold;
  #snap;
  #now;
  /** @type {Trail[]} */
  #trails = [];
  /** @type {Set<string>} */
  #fields = new Set();
  /** @type {WeakMap<object, Map<string, Track>>} by entity: they go when it goes */
  #tracks = new WeakMap();
  /** How far patches are apart, on average. */
  #interval;
  /** @type {number | null} when the last patch came */
  #last = null;
  #follow = () => this.#patched();

  /**
   * @param {Watched} room
   * @param {InterpolationOptions} [options]
   */
  constructor(room, { delay = 100, snap = Infinity, hold = delay, now = () => performance.now() } = {}) {
    refuseBelow("delay", delay, 0);
    refuseBelow("snap", snap, 0);
    refuseBelow("hold", hold, 0);
    this.#room = room;
    this.#delay = delay;
    this.#snap = snap;
    this.#hold = hold;
    this.#now = now;
    this.#interval = delay / 2;
    room.onStateChange(this.#follow);
  }

  /**
   * Begins to follow fields of the entities at a pattern.
   * @param {string | readonly (string | number)[]} pattern such as `players.*`: a field of
   *   the state, and then fields, keys, positions, or `*` for all of them
   * @param {readonly string[]} fields those that are numbers
   * @param {TrackOptions} [options]
   * @returns {this}
   */
  track(pattern, fields, { wrap = Infinity, snap = this.#snap } = {}) {
    if (!(wrap > 0)) throw new RangeError(`wrap is ${wrap}, but is to be a full turn`);
    refuseBelow("snap", snap, 0);
    const segments = typeof pattern === "string" ? pattern.split(".") : pattern.map(String);
    if (segments.length === 0 || segments[0] === "") throw new TypeError("a pattern names a field first");
    if (!Array.isArray(fields) || fields.length === 0) throw new TypeError("name the fields in an array");
    const trail = { segments, fields, wrap, snap };
    this.#trails.push(trail);
    for (const name of fields) this.#fields.add(name);
    this.#take(trail, this.#now());
    return this;
  }

  /**
   * What a field is to be drawn as.
   * @param {Record<string, any>} entity an object of the room's state
   * @param {string} field one that is tracked
   * @param {number} [now] in the time of `performance.now()`
   * @returns {any} a number between two that it was, as it is where that cannot be; what
   *   the field is now for an entity that no pattern leads to
   */
  get(entity, field, now = this.#now()) {
    if (!this.#fields.has(field)) throw new RangeError(`${field} is not tracked`);
    const track = this.#tracks.get(entity)?.get(field);
    return track === undefined ? entity[field] : track.at(now - this.#delay);
  }

  /** Ends it: fields are from now on what they are. */
  close() {
    this.#room.onStateChange.remove(this.#follow);
    this.#trails = [];
    this.#tracks = new WeakMap();
  }

  #patched() {
    const now = this.#now();
    const gap = this.#last === null ? Infinity : now - this.#last;
    // Nothing is sent while nothing changes: such a gap says nothing of the pace. What the
    // network delayed comes all at once, and is right on average.
    if (gap <= this.#delay) this.#interval += (gap - this.#interval) / 8;
    this.#last = now;
    for (const trail of this.#trails) this.#take(trail, now);
  }

  /**
   * @param {Trail} trail
   * @param {number} time
   */
  #take(trail, time) {
    for (const entity of entities(this.#room.state, trail.segments)) {
      const tracks = ensure(this.#tracks, entity, () => new Map());
      for (const name of trail.fields) {
        ensure(tracks, name, () => new Track(trail)).take({ time, value: entity[name] }, this.#hold, this.#interval);
      }
    }
  }
}
