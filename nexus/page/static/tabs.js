// Tabs: one panel at a time, or all of them beside each other.

import { h } from "./dom.js";

/** A row of tabs that the arrow keys walk along. */
export class Tabs {
  /** @type {{id: string, tab: any, panel: any}[]} */
  #all = [];
  #current = "";
  #beside = false;

  /** @param {string} label */
  constructor(label) {
    this.list = h("div.tabs", { role: "tablist", "aria-label": label, onkeydown: (/** @type {KeyboardEvent} */ event) => this.#walk(event) });
    this.panels = h("div.panels");
  }

  /** How many there are. */
  get size() {
    return this.#all.length;
  }

  /**
   * @param {string} id
   * @param {any} content what stands in the tab
   * @param {any} panel
   */
  add(id, content, panel) {
    const tab = h("button.tab", { type: "button", role: "tab", id: `tab-${id}`, "aria-controls": `panel-${id}`, onclick: () => this.#pick(id) }, content);
    panel.id = `panel-${id}`;
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", tab.id);
    this.#all.push({ id, tab, panel });
    this.list.append(tab);
    this.panels.append(panel);
    this.select(id);
  }

  /** @param {string} id */
  remove(id) {
    const i = this.#all.findIndex((each) => each.id === id);
    if (i < 0) return;
    const [{ tab, panel }] = this.#all.splice(i, 1);
    tab.remove();
    panel.remove();
    const next = this.#all[Math.min(i, this.#all.length - 1)];
    if (next !== undefined && this.#current === id) this.select(next.id);
    next?.tab.focus();
  }

  /** @param {boolean} beside whether all panels are shown */
  arrange(beside) {
    this.#beside = beside;
    this.panels.classList.toggle("beside", beside);
    this.select(this.#current);
  }

  /** @param {string} id */
  select(id) {
    this.#current = id;
    for (const each of this.#all) {
      const isIt = each.id === id;
      each.tab.setAttribute("aria-selected", String(isIt));
      each.tab.tabIndex = isIt ? 0 : -1;
      const wasHidden = each.panel.hidden;
      each.panel.hidden = !isIt && !this.#beside;
      if (wasHidden && !each.panel.hidden) each.panel.dispatchEvent(new Event("shown"));
    }
  }

  /** @param {string} id */
  #pick(id) {
    this.select(id);
    if (this.#beside) this.#all.find((each) => each.id === id)?.panel.scrollIntoView({ block: "nearest" });
  }

  /** @param {KeyboardEvent} event */
  #walk(event) {
    const i = this.#all.findIndex((each) => each.id === this.#current);
    const last = this.#all.length - 1;
    const to = { ArrowRight: i === last ? 0 : i + 1, ArrowLeft: i === 0 ? last : i - 1, Home: 0, End: last }[event.key];
    if (to === undefined || i < 0) return;
    event.preventDefault();
    this.select(this.#all[to].id);
    this.#all[to].tab.focus();
  }
}
