// The replica: a copy of a room's state that follows what its server sends.

import { Before } from "./before.js";
import { Calls } from "./calls.js";
import { reconcile } from "./difference.js";
import { Tree } from "./entity.js";
import { OutlineError, refuse } from "./errors.js";
import { toJSON } from "./json.js";
import { ADDED, CHANGED, Listeners, REMOVED } from "./listeners.js";
import { applyOperations } from "./operation.js";
import { readOutline } from "./outline.js";
import { Reader } from "./reader.js";

/** @typedef {import("./listeners.js").Pattern} Pattern */
/** @typedef {import("./outline.js").Outline} Outline */
/** @typedef {any[]} Path field names, keys and positions from the root on */

/**
 * A copy of the state of a room.
 *
 * Entities are plain objects with their fields as properties; a field that this client
 * may not see is `undefined`. Maps are `Map`, lists arrays, sets `Set`. They belong to the
 * replica: read them, do not write to them.
 */
export class Replica {
  /** @type {Outline | null} */
  #outline = null;
  /** @type {Tree | null} */
  #tree = null;
  /** @type {Before | null} what listeners were last told of, while that is not the state */
  #before = null;
  #listeners = new Listeners();
  #inStep = false;
  #version = -1;
  #reader = new Reader(new Uint8Array(0));

  /** @param {Uint8Array | ArrayBuffer} [outline] the bytes of the outline */
  constructor(outline) {
    if (outline !== undefined) this.setOutline(outline);
  }

  /**
   * The root entity, undefined before the first snapshot.
   * @returns {any}
   */
  get state() {
    return this.#tree?.root?.object;
  }

  /** The version of the state, -1 before the first snapshot. */
  get version() {
    return this.#version;
  }

  /** Whether the next patch can be applied; if not, a snapshot is needed. */
  get inStep() {
    return this.#inStep;
  }

  /** How many entities there are. */
  get size() {
    return this.#tree?.table.size ?? 0;
  }

  /** How much the last payload held: `values` in it, `steps` of work, its `bytes`. */
  get effort() {
    const { counted, looked, end } = this.#reader;
    return { values: counted, steps: looked, bytes: end };
  }

  /**
   * Takes another outline. The state stays as it is until a snapshot comes.
   * @param {Uint8Array | ArrayBuffer} bytes
   * @throws {PeerError} they are no outline; the one before is kept
   */
  setOutline(bytes) {
    const outline = readOutline(bytesOf(bytes));
    if (isSame(outline.fingerprint, this.#outline?.fingerprint)) return;
    this.#outline = outline;
    this.#listeners.isStale = true;
    this.#inStep = false;
  }

  /**
   * Takes over a whole state: an entity that is known stays the same object.
   * @param {Uint8Array | ArrayBuffer} bytes
   * @throws {OutlineError} it was written for another outline: fetch that, and ask again
   * @throws {PeerError} it is no snapshot: ask for another one
   */
  applySnapshot(bytes) {
    const reader = this.#begin(bytes);
    const version = reader.natural();
    const fingerprint = reader.bin();
    const outline = this.#outline;
    if (!outline || !isSame(fingerprint, outline.fingerprint)) {
      throw new OutlineError("the snapshot was written for another outline");
    }
    const fresh = new Tree(outline);
    applyOperations(fresh, reader);
    if (fresh.root?.kind !== outline.root) refuse(`a snapshot without its root, a ${outline.root.name}`);
    reconcile(this.#tree, fresh, this.#takeDown(outline));
    this.#tree = fresh;
    this.#end(fresh, version);
  }

  /**
   * Takes over what leads to a later version.
   * @param {Uint8Array | ArrayBuffer} bytes
   * @throws {PeerError} it does not fit, or is no patch: ask for a snapshot
   */
  applyPatch(bytes) {
    const tree = this.#tree;
    if (!this.#inStep || !tree) return refuse("out of step: a snapshot is needed");
    const reader = this.#begin(bytes);
    const check = reader.natural();
    const ahead = check < 64 ? 1 : reader.natural();
    const version = this.#version + ahead;
    if (check > 127 || ahead === 0 || check % 64 !== this.#version % 64 || !Number.isSafeInteger(version)) {
      refuse(`a patch with check ${check} does not lead from version ${this.#version}`);
    }
    tree.before = this.#takeDown(tree.outline);
    applyOperations(tree, reader);
    this.#end(tree, version);
  }

  /**
   * Calls back for each entry that comes: of a container, or the entity of a field.
   * @param {Pattern} pattern names a container, or a field for an entity
   * @param {(value: any, path: Path) => void} callback
   * @returns {() => void} ends it
   */
  onAdd(pattern, callback) {
    return this.#listeners.add(ADDED, pattern, callback);
  }

  /**
   * Calls back when a value is another one.
   * @param {Pattern} pattern names a field, or an entry of a container of values
   * @param {(value: any, previous: any, path: Path) => void} callback
   * @returns {() => void} ends it
   */
  onChange(pattern, callback) {
    return this.#listeners.add(CHANGED, pattern, callback);
  }

  /**
   * Calls back for each entry that goes: of a container, or the entity of a field.
   * @param {Pattern} pattern names a container, or a field for an entity
   * @param {(value: any, path: Path) => void} callback
   * @returns {() => void} ends it
   */
  onRemove(pattern, callback) {
    return this.#listeners.add(REMOVED, pattern, callback);
  }

  /** The state as JSON values, for `JSON.stringify`. */
  toJSON() {
    return toJSON(this.state) ?? null;
  }

  /**
   * Out of step until all is applied.
   * @param {Uint8Array | ArrayBuffer} bytes
   */
  #begin(bytes) {
    this.#inStep = false;
    this.#reader.begin(bytesOf(bytes));
    return this.#reader;
  }

  /**
   * Begins to take down what was, if somebody listens. What a refused payload left behind
   * stays: nobody was told yet what it changed.
   * @param {Outline} outline
   */
  #takeDown(outline) {
    if (this.#listeners.first.children.size === 0) return (this.#before = null);
    this.#listeners.mark(outline);
    return (this.#before ??= new Before(this.#tree?.root ?? null));
  }

  /**
   * All is applied. Calls the listeners, every one, even when some throw: the first error
   * comes last.
   * @param {Tree} tree
   * @param {number} version
   */
  #end(tree, version) {
    const before = this.#before;
    this.#before = tree.before = null;
    this.#version = version;
    this.#inStep = true;
    if (!before || !tree.root) return;
    /** @type {unknown[]} */
    const errors = [];
    for (const { listener, values } of new Calls(tree.root, before, this.#listeners.first).all) {
      try {
        // One may end another.
        if (listener.active) listener.callback(...values);
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}

/** @param {Uint8Array | ArrayBuffer} bytes */
function bytesOf(bytes) {
  if (bytes instanceof Uint8Array) return bytes;
  if (bytes instanceof ArrayBuffer) return new Uint8Array(bytes);
  throw new TypeError("bytes are a Uint8Array or an ArrayBuffer");
}

/**
 * @param {Uint8Array} a
 * @param {Uint8Array} [b]
 */
function isSame(a, b) {
  return String(a) === String(b);
}
