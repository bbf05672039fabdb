// Who wants to be told of what. Patterns are kept as a tree of their segments, so that
// what happened at a path finds its listeners without looking at the others.

import { checkCallback } from "./emitter.js";
import { ensure } from "./ensure.js";
import { ONE } from "./outline.js";

/**
 * @typedef {import("./outline.js").Kind} Kind
 * @typedef {import("./outline.js").Outline} Outline
 */

/**
 * @typedef {string | readonly (string | number)[]} Pattern segments with dots between
 *   them, or an array of segments where a key may have a dot in it
 */
/** @typedef {0 | 1 | 2} Event */
/** @typedef {{callback: (...values: any[]) => void, active: boolean}} Listener */

// What happens, in the order in which it is told.
export const REMOVED = 0;
export const ADDED = 1;
export const CHANGED = 2;

/** Stands for any field, key or position. */
const ANY = "*";

/** Where patterns that begin alike have come to. */
export class Segment {
  /** @type {Map<string, Segment>} by field name or key */
  children = new Map();
  /** @type {Set<Listener>[]} who listens just here, by event */
  heard = [new Set(), new Set(), new Set()];

  /**
   * The children for a field, or for an entry of a container.
   * @param {any} key
   * @returns {Segment[]}
   */
  entry(key) {
    // Asked for each thing that changed: a Set, flatMap or loop over names here takes longer.
    const any = this.children.get(ANY);
    const named = key === ANY ? undefined : this.children.get(String(key));
    if (!any) return named ? [named] : [];
    return named ? [any, named] : [any];
  }

  /**
   * The segments for what stands in a field: itself, or the entry of a container.
   * @param {number} shape of the field
   * @param {any} key
   */
  below(shape, key) {
    return shape === ONE ? [this] : this.entry(key);
  }
}

/** All listeners of one replica. */
export class Listeners {
  first = new Segment();
  /** Whether fields may lack their mark. */
  isStale = false;

  /**
   * @param {Event} event
   * @param {Pattern} pattern
   * @param {(...values: any[]) => void} callback
   * @returns {() => void} ends it
   */
  add(event, pattern, callback) {
    checkCallback(callback);
    const names = typeof pattern === "string" ? pattern.split(".") : pattern.map(String);
    if (!names[0]) throw new TypeError("a pattern names a field first");
    const way = [this.first];
    for (const name of names) way.unshift(ensure(way[0].children, name, () => new Segment()));
    const listener = { callback, active: true };
    way[0].heard[event].add(listener);
    this.isStale = true;
    return () => {
      if (!way[0].heard[event].delete(listener)) return;
      listener.active = false;
      // Drops what no listener needs any more; fields stay marked, as that costs less.
      way.slice(1).forEach((above, i) => {
        const { children, heard } = way[i];
        if (children.size === 0 && heard.every(({ size }) => size === 0)) above.children.delete(names[names.length - 1 - i]);
      });
    };
  }

  /**
   * Marks the fields that patterns lead through.
   * @param {Outline} outline
   */
  mark(outline) {
    if (this.isStale) watch(outline, outline.root, this.first, new Map());
    this.isStale = false;
  }
}

/**
 * Marks the fields that lead on from a segment, in a class that may stand there.
 * @param {Outline} outline
 * @param {Kind} kind
 * @param {Segment} segment
 * @param {Map<Segment, Set<Kind>>} seen
 */
function watch(outline, kind, segment, seen) {
  const kinds = ensure(seen, segment, () => new Set());
  if (kinds.has(kind)) return;
  kinds.add(kind);
  for (const field of kind.present) {
    for (const child of segment.entry(field.name)) {
      field.watched = true;
      for (const inner of field.shape === ONE ? [child] : child.children.values()) {
        if (field.kind) for (const held of outline.kinds) if (held.is(field.kind)) watch(outline, held, inner, seen);
      }
    }
  }
}
