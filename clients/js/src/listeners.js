// Who wants to be told of what. Patterns are kept as a tree of their segments, so that
// what happened at a path finds its listeners without looking at the others.

import { ONE } from "./outline.js";

/**
 * @typedef {import("./outline.js").Kind} Kind
 * @typedef {import("./outline.js").Outline} Outline
 */

/**
 * @typedef {string | readonly (string | number)[]} Pattern segments with dots between
 *   them, or an array of segments where a key may have a dot in it
 */
/** @typedef {"added" | "changed" | "removed"} Event */
/** @typedef {{callback: (...values: any[]) => void, active: boolean}} Listener */

/** Where patterns that begin alike have come to. */
export class Segment {
  constructor() {
    /** @type {Map<string, Segment>} by field name or key */
    this.children = new Map();
    /** @type {Segment | null} the child for any field, key or position */
    this.any = null;
    /** @type {Record<Event, Set<Listener>>} who listens just here */
    this.listeners = { added: new Set(), changed: new Set(), removed: new Set() };
  }

  /** @param {string} name */
  child(name) {
    return name === "*" ? this.any : this.children.get(name) ?? null;
  }

  /** @param {string} name */
  grow(name) {
    let child = this.child(name);
    if (child === null) {
      child = new Segment();
      if (name === "*") this.any = child;
      else this.children.set(name, child);
    }
    return child;
  }

  /**
   * The children for a field, or for an entry of a container.
   * @param {any} key
   * @returns {Segment[]}
   */
  entry(key) {
    const child = this.children.size > 0 ? this.children.get(String(key)) : undefined;
    const found = this.any === null ? [] : [this.any];
    if (child !== undefined) found.push(child);
    return found;
  }

  get bare() {
    const { added, changed, removed } = this.listeners;
    return this.any === null && this.children.size + added.size + changed.size + removed.size === 0;
  }
}

/**
 * @param {Pattern} pattern
 * @returns {string[]}
 */
function split(pattern) {
  const segments = typeof pattern === "string" ? pattern.split(".") : pattern.map(String);
  if (segments.length === 0 || segments[0] === "") throw new TypeError("a pattern names a field first");
  return segments;
}

/** All listeners of one replica. */
export class Listeners {
  constructor() {
    this.first = new Segment();
    /** How many segments the longest pattern had so far. */
    this.depth = 0;
    this.size = 0;
    /** @type {Outline | null} */
    this.outline = null;
    /** @type {Map<string, string[]>} every pattern that was listened to, by its text */
    this.patterns = new Map();
  }

  /**
   * @param {Event} event
   * @param {Pattern} pattern
   * @param {(...values: any[]) => void} callback
   * @returns {() => void} ends it
   */
  add(event, pattern, callback) {
    if (typeof callback !== "function") throw new TypeError("a callback is a function");
    const segments = split(pattern);
    /** @type {Listener} */
    const listener = { callback, active: true };
    let segment = this.first;
    for (const name of segments) segment = segment.grow(name);
    segment.listeners[event].add(listener);
    this.size++;
    this.depth = Math.max(this.depth, segments.length);
    const text = JSON.stringify(segments);
    if (!this.patterns.has(text)) {
      this.patterns.set(text, segments);
      if (this.outline !== null) watch(this.outline, segments);
    }
    return () => {
      if (!listener.active) return;
      listener.active = false;
      segment.listeners[event].delete(listener);
      this.size--;
      this.prune(segments, text);
    };
  }

  /**
   * Drops what no listener needs any more of a pattern.
   * @param {string[]} segments
   * @param {string} text
   */
  prune(segments, text) {
    /** @type {Segment[]} */
    const way = [this.first];
    for (const name of segments) {
      const child = way[way.length - 1].child(name);
      if (child === null) return;
      way.push(child);
    }
    const { added, changed, removed } = way[segments.length].listeners;
    // The fields stay marked as watched: to find out which others need them costs more.
    if (added.size + changed.size + removed.size === 0) this.patterns.delete(text);
    for (let i = segments.length; i > 0 && way[i].bare; i--) {
      if (segments[i - 1] === "*") way[i - 1].any = null;
      else way[i - 1].children.delete(segments[i - 1]);
    }
  }

  /** @param {Outline} outline */
  setOutline(outline) {
    this.outline = outline;
    for (const segments of this.patterns.values()) watch(outline, segments);
  }
}

/**
 * Marks the fields that a pattern leads through, in all classes that may stand there.
 * @param {Outline} outline
 * @param {string[]} segments
 */
function watch(outline, segments) {
  /** @type {[Kind, number][]} */
  const waiting = [[outline.root, 0]];
  const seen = new Set();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [kind, at] = next;
    const mark = kind.number * segments.length + at;
    if (seen.has(mark)) continue;
    seen.add(mark);
    for (const field of kind.present) {
      if (segments[at] !== "*" && segments[at] !== field.name) continue;
      field.watched = true;
      const held = field.kind;
      const after = at + (field.shape === ONE ? 1 : 2);
      if (held === null || after >= segments.length) continue;
      for (const other of outline.kinds) if (other.is(held)) waiting.push([other, after]);
    }
  }
}
