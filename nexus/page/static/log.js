// A log on the page: the last entries of a ring, with a filter.

import { counted, h, unique, write } from "./dom.js";

/**
 * @template T
 * @typedef {object} Look
 * @property {string} name what its elements are called
 * @property {string} title
 * @property {string} label the same, for those who do not see where it stands
 * @property {string} noun what one entry is
 * @property {(entry: T) => HTMLElement} line
 * @property {(entry: T) => string} text what the filter looks at
 */

/** @template T */
export class LogView {
  #seen = 0;
  #cleared = 0;
  /** @type {{element: HTMLElement, text: string}[]} */
  #lines = [];

  /**
   * @param {import("./ring.js").Ring<T>} ring
   * @param {Look<T>} look
   */
  constructor(ring, look) {
    this.ring = ring;
    this.look = look;
    this.count = h("span.count");
    this.filter = h("input.filter", { type: "search", id: unique("filter"), placeholder: "filter", autocomplete: "off", spellcheck: "false", "aria-label": `Filter ${look.label}`, oninput: () => this.#sift() });
    this.clear = h("button.small", { type: "button", "aria-label": `Clear ${look.label}`, onclick: () => { ring.clear(); this.render(); } }, "Clear");
    this.list = h("ol");
    this.place = h(`div.log.${look.name}`, { role: "log", "aria-live": "off", "aria-label": look.label, tabindex: "0" }, this.list);
    this.element = h(
      "section.log-view",
      { "data-log": look.name },
      h("div.log-head", {}, h("h3", {}, look.title, " ", this.count), this.filter, this.clear),
      this.place,
    );
  }

  /** Brings in what is new. */
  render() {
    const { ring, list, place } = this;
    if (ring.cleared !== this.#cleared) {
      this.#cleared = ring.cleared;
      this.#lines = [];
      list.replaceChildren();
      this.#seen = ring.count - ring.items.length;
    }
    if (this.#seen === ring.count) {
      this.#say();
      return;
    }
    const isAtEnd = place.scrollHeight - place.scrollTop - place.clientHeight < 40;
    const fresh = ring.last(ring.count - this.#seen);
    this.#seen = ring.count;
    const wanted = this.filter.value.toLowerCase();
    for (const entry of fresh) {
      const line = { element: this.look.line(entry), text: this.look.text(entry).toLowerCase() };
      line.element.hidden = !line.text.includes(wanted);
      this.#lines.push(line);
      list.append(line.element);
    }
    for (const { element } of this.#lines.splice(0, this.#lines.length - ring.most)) element.remove();
    if (isAtEnd) place.scrollTop = place.scrollHeight;
    this.#say();
  }

  #sift() {
    const wanted = this.filter.value.toLowerCase();
    for (const { element, text } of this.#lines) element.hidden = !text.includes(wanted);
    this.#say();
  }

  #say() {
    const shown = this.filter.value === "" ? this.#lines.length : this.#lines.filter(({ element }) => !element.hidden).length;
    const all = this.ring.count > this.ring.most && this.#lines.length === this.ring.most;
    write(this.count, `${shown.toLocaleString("en")}${all ? ` of ${this.ring.count.toLocaleString("en")}` : ""}`);
    this.count.title = counted(this.ring.count, this.look.noun);
  }
}

/**
 * A time of the day, as logs write it.
 * @param {number} at
 */
export function time(at) {
  const date = new Date(at);
  const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}
