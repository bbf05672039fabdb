// The form with which a client joins.

import { field, fill, h, unique, write } from "./dom.js";
import { readOptions } from "./value.js";

/** @typedef {"joinOrCreate" | "join" | "create" | "joinById"} How */
/** @typedef {{how: How, kind: string, id: string, options: Record<string, any>}} Wish */

/** @type {[How, string][]} */
const WAYS = [
  ["joinOrCreate", "join or create"],
  ["join", "join"],
  ["create", "create"],
  ["joinById", "by id or code"],
];

/** What is to be joined, and how. */
export class JoinForm {
  /** @type {unknown} the node whose kinds are offered */
  #node = null;
  #busy = false;

  /**
   * @param {import("./server.js").Server} server
   * @param {(wish: Wish) => Promise<void>} join
   */
  constructor(server, join) {
    this.server = server;
    this.join = join;
    this.kind = h("select", { id: "join-kind", onchange: () => this.chosen() });
    this.how = h("select", { id: "join-how", onchange: () => this.chosen() }, ...WAYS.map(([value, text]) => h("option", { value }, text)));
    const list = h("datalist", { id: unique("rooms") });
    this.ids = list;
    this.id = h("input", { id: "join-id", list: list.id, autocomplete: "off", spellcheck: "false", maxlength: "64", placeholder: "id of a room" });
    this.options = h("textarea.code", { id: "join-options", rows: "1", spellcheck: "false", autocomplete: "off", placeholder: "{}", oninput: () => this.optionsField.wrong("") });
    this.kindField = field("Kind", this.kind);
    this.idField = field("Room", this.id);
    this.optionsField = field("Join options (JSON)", this.options);
    this.offers = h("div.offers");
    this.optionsField.element.append(this.offers);
    this.button = h("button.main", { type: "submit", id: "join-button" }, "Join");
    this.error = h("p.error", { id: "join-error", role: "alert" });
    this.element = h(
      "form.card.join",
      { "aria-label": "Join a room", onsubmit: (/** @type {Event} */ event) => { event.preventDefault(); this.submit(); } },
      h("div.join-grid", {}, this.kindField.element, field("How", this.how).element, this.idField.element, this.optionsField.element, h("div.field.go", {}, this.button)),
      this.error,
      list,
    );
    this.chosen();
  }

  /** Offers what the server has. */
  update() {
    const { node, rooms } = this.server;
    if (node !== null && node !== this.#node) {
      this.#node = node;
      const chosen = this.kind.value;
      fill(this.kind, ...node.kinds.map(({ name }) => h("option", { value: name }, name)));
      if (node.kinds.some(({ name }) => name === chosen)) this.kind.value = chosen;
      this.button.disabled = node.kinds.length === 0;
      this.chosen();
    }
    if (rooms !== null && document.activeElement !== this.id) {
      fill(this.ids, ...rooms.rooms.filter(({ locked }) => !locked).map(({ id, kind }) => h("option", { value: id }, kind)));
    }
  }

  /** Shows what belongs to what was chosen. */
  chosen() {
    const isById = this.how.value === "joinById";
    this.kindField.element.hidden = isById;
    this.idField.element.hidden = !isById;
    const names = this.server.kind(this.kind.value)?.options ?? [];
    fill(this.offers, ...names.map((name) => h("button.chip", { type: "button", onclick: () => this.offer(name), "aria-label": `Add the option ${name}` }, `+ ${name}`)));
    this.offers.hidden = isById || names.length === 0;
    write(this.error, "");
  }

  /**
   * Adds an option that the kind knows.
   * @param {string} name
   */
  offer(name) {
    try {
      const options = readOptions(this.options.value);
      this.options.value = JSON.stringify({ [name]: "", ...options });
      this.optionsField.wrong("");
      this.options.focus();
    } catch (error) {
      this.optionsField.wrong(told(error));
    }
  }

  /** @param {string} kind */
  pick(kind) {
    this.how.value = "joinOrCreate";
    this.kind.value = kind;
    this.chosen();
    this.button.focus();
  }

  /** @param {import("./server.js").RoomCard} room */
  point(room) {
    this.kind.value = room.kind;
    this.how.value = "joinById";
    this.id.value = room.id;
    this.chosen();
  }

  /** Puts the focus where the next client begins. */
  focus() {
    this.button.focus();
  }

  /** Joins, or says why not. */
  async submit() {
    if (this.#busy || this.button.disabled) return;
    write(this.error, "");
    let options;
    try {
      options = readOptions(this.options.value);
      this.optionsField.wrong("");
    } catch (error) {
      this.optionsField.wrong(told(error));
      this.options.focus();
      return;
    }
    const how = this.how.value;
    const id = this.id.value.trim();
    this.idField.wrong(how === "joinById" && id === "" ? "say which room: its id or its code" : "");
    if (how === "joinById" && id === "") {
      this.id.focus();
      return;
    }
    // Not disabled: the focus stays where it is.
    this.#busy = true;
    write(this.button, "Joining …");
    try {
      await this.join({ how, kind: this.kind.value, id, options });
    } catch (error) {
      write(this.error, told(error));
    } finally {
      this.#busy = false;
      write(this.button, "Join");
    }
  }
}

/**
 * What an error says, with its code where it has one.
 * @param {any} error
 * @returns {string}
 */
export function told(error) {
  const text = error?.message || String(error);
  return typeof error?.code === "number" ? `${text} (${error.code})` : text;
}
