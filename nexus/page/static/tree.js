// A state as a tree that can be folded, and that flashes where something changed.
//
// Only what can be seen is looked at: of each container so many entries, and nothing below
// what is folded. A state of thousands of entities costs no more than one of some hundred.

import { h, write } from "./dom.js";
import { scalar, shown, writeBrief, writeValue } from "./value.js";

/** So many entries are shown of a container at first, and with each wish for more. */
const SHOWN = 50;
/** What is folded shows so much of what it holds. */
const GLIMPSE = 90;
/** As deep as this all is unfolded at first, where it does not hold too many. */
const OPEN_DEPTH = 2;

const still = window.matchMedia("(prefers-reduced-motion: reduce)");

/**
 * Marks what has changed.
 * @param {HTMLElement} element
 */
function flash(element) {
  if (still.matches) {
    element.classList.add("changed");
    setTimeout(() => element.classList.remove("changed"), 600);
    return;
  }
  element.animate([{ backgroundColor: "var(--flash)" }, { backgroundColor: "transparent" }], 900);
}

/**
 * What a container holds, by names; null: it is none.
 * @param {any} value
 * @returns {{names: any[], at: (name: any) => any, word: string} | null}
 */
function contents(value) {
  if (scalar(value, 0) !== null) return null;
  if (value instanceof Map) return { names: [...value.keys()], at: (name) => value.get(name), word: "map" };
  if (value instanceof Set) {
    const items = [...value];
    return { names: items.map((_, i) => i), at: (i) => items[i], word: "set" };
  }
  if (Array.isArray(value)) return { names: value.map((_, i) => i), at: (i) => value[i], word: "list" };
  const fields = shown(value);
  return { names: fields.map(([name]) => name), at: (name) => value[name], word: "" };
}

/** One line, and those below it. */
class Branch {
  /** @type {Map<any, Branch>} */
  below = new Map();
  /** @type {boolean | null} null until it holds something */
  open = null;
  most = SHOWN;
  text = "";
  /** @type {any} what it shows */
  value = undefined;

  /**
   * @param {StateTree} tree
   * @param {any} name
   * @param {number} depth
   */
  constructor(tree, name, depth) {
    this.tree = tree;
    this.depth = depth;
    this.mark = h("span.mark", { "aria-hidden": "true" });
    this.said = h("span.value");
    this.line = h("div.line", {}, this.mark, h("span.key", {}, String(name)), this.said);
    // Written when somebody points at it, not with each patch.
    this.line.addEventListener("pointerenter", () => { this.line.title = writeValue(this.value); });
    this.group = h("ul", { role: "group" });
    this.more = h("li.more", { role: "treeitem", tabindex: "-1", hidden: true });
    this.more.addEventListener("click", (/** @type {Event} */ event) => { event.stopPropagation(); this.grow(); });
    this.element = h("li", { role: "treeitem", tabindex: "-1", "aria-level": String(depth) }, this.line, this.group);
    this.line.addEventListener("click", () => this.toggle());
    tree.branches.set(this.element, this);
    tree.growers.set(this.more, this);
  }

  toggle() {
    if (!this.element.hasAttribute("aria-expanded")) return;
    this.open = !this.open;
    this.tree.render();
  }

  grow() {
    this.most += SHOWN * 2;
    const hadFocus = document.activeElement === this.more;
    this.tree.render();
    if (hadFocus && this.more.hidden) this.element.focus();
  }

  /**
   * Shows a value.
   * @param {any} value
   * @param {boolean} quiet whether nothing is to flash
   */
  show(value, quiet) {
    this.value = value;
    const inside = contents(value);
    if (inside === null) {
      this.element.removeAttribute("aria-expanded");
      this.trim(new Set());
      this.more.hidden = true;
      this.say(scalar(value) ?? "", quiet);
      return;
    }
    const count = inside.names.length;
    if (this.open === null && count > 0) this.open = this.depth < OPEN_DEPTH || (this.depth === OPEN_DEPTH && inside.word !== "" && count <= SHOWN);
    const isOpen = this.open === true && count > 0;
    if (count === 0) this.element.removeAttribute("aria-expanded");
    else this.element.setAttribute("aria-expanded", String(isOpen));
    if (inside.word !== "" && (isOpen || this.depth <= OPEN_DEPTH)) this.say(`${inside.word} of ${count.toLocaleString("en")}`, quiet);
    else this.say(isOpen ? "" : writeBrief(value, GLIMPSE), quiet || isOpen);
    this.enter(isOpen ? inside : null, quiet);
  }

  /**
   * Shows what it holds.
   * @param {ReturnType<typeof contents>} inside
   * @param {boolean} quiet
   */
  enter(inside, quiet) {
    const names = inside === null ? [] : inside.names.slice(0, this.most);
    this.trim(new Set(names));
    names.forEach((name, i) => {
      let branch = this.below.get(name);
      const isNew = branch === undefined;
      if (branch === undefined) {
        branch = new Branch(this.tree, name, this.depth + 1);
        this.below.set(name, branch);
      }
      branch.show(inside?.at(name), quiet || isNew);
      if (this.group.children[i] !== branch.element) this.group.insertBefore(branch.element, this.group.children[i] ?? null);
      if (isNew && !quiet) flash(branch.line);
    });
    const left = inside === null ? 0 : inside.names.length - names.length;
    this.more.hidden = left === 0;
    if (left > 0) {
      write(this.more, `show more: ${left.toLocaleString("en")} are not shown`);
      // What is moved loses the focus.
      if (this.group.lastElementChild !== this.more) this.group.append(this.more);
    }
  }

  /** @param {Set<any>} names what stays */
  trim(names) {
    for (const [name, branch] of this.below) {
      if (names.has(name)) continue;
      branch.element.remove();
      this.below.delete(name);
    }
    if (names.size === 0) this.more.remove();
  }

  /**
   * @param {string} text
   * @param {boolean} quiet
   */
  say(text, quiet) {
    if (text === this.text) return;
    this.text = text;
    this.said.textContent = text;
    if (!quiet) flash(this.said);
  }
}

/** The state of one client. */
export class StateTree {
  /** @type {WeakMap<Element, Branch>} */
  branches = new WeakMap();
  /** @type {WeakMap<Element, Branch>} */
  growers = new WeakMap();
  /** @type {Branch | null} */
  #root = null;
  /** @type {any} */
  #state;

  /** @param {string} label */
  constructor(label) {
    this.element = h("ul.tree", { role: "tree", "aria-label": label, onkeydown: (/** @type {KeyboardEvent} */ event) => this.#walk(event), onfocusin: (/** @type {Event} */ event) => this.#hold(/** @type {any} */ (event.target)) });
    this.empty = h("p.empty", {}, "No state yet.");
    this.place = h("div.tree-place", {}, this.empty, this.element);
  }

  /**
   * Shows a state.
   * @param {any} state
   */
  update(state) {
    this.#state = state;
    this.empty.hidden = state !== undefined && state !== null;
    this.element.hidden = !this.empty.hidden;
    if (this.element.hidden) return;
    const quiet = this.#root === null;
    if (this.#root === null) {
      this.#root = new Branch(this, "state", 1);
      this.#root.element.tabIndex = 0;
      this.element.append(this.#root.element);
    }
    this.#root.show(state, quiet);
    // What had the focus may be gone.
    if (this.element.querySelector('[tabindex="0"]') === null) this.#root.element.tabIndex = 0;
  }

  /** Shows what it shows once more. */
  render() {
    this.update(this.#state);
  }

  /**
   * Lets the tab key come back to where the focus was.
   * @param {HTMLElement} element
   */
  #hold(element) {
    if (element.getAttribute("role") !== "treeitem") return;
    for (const each of this.element.querySelectorAll('[tabindex="0"]')) each.setAttribute("tabindex", "-1");
    element.tabIndex = 0;
  }

  /** @param {KeyboardEvent} event */
  #walk(event) {
    const here = /** @type {HTMLElement} */ (event.target);
    const branch = this.branches.get(here);
    const items = /** @type {HTMLElement[]} */ ([...this.element.querySelectorAll('[role="treeitem"]:not([hidden])')]);
    const i = items.indexOf(here);
    const expanded = here.getAttribute("aria-expanded");
    /** @type {HTMLElement | null | undefined} */
    let to = null;
    if (event.key === "ArrowDown") to = items[i + 1];
    else if (event.key === "ArrowUp") to = items[i - 1];
    else if (event.key === "Home") to = items[0];
    else if (event.key === "End") to = items[items.length - 1];
    else if (event.key === "ArrowRight" && expanded === "false") branch?.toggle();
    else if (event.key === "ArrowRight" && expanded === "true") to = items[i + 1];
    else if (event.key === "ArrowLeft" && expanded === "true") branch?.toggle();
    else if (event.key === "ArrowLeft") to = here.parentElement?.closest('[role="treeitem"]');
    else if (event.key === "Enter" || event.key === " ") (this.growers.get(here)?.grow() ?? branch?.toggle());
    else return;
    event.preventDefault();
    event.stopPropagation();
    to?.focus();
  }
}
