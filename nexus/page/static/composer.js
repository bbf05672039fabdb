// The form with which a client says something.

import { field, fill, h, unique, write } from "./dom.js";
import { told } from "./join.js";
import { readHex, readValue } from "./value.js";

/** @typedef {import("./visit.js").Visit} Visit */

/** Sends messages, requests and bytes. */
export class Composer {
  /** What was put into the payload by us, not by the developer. */
  #template = "";

  /** @param {Visit} visit */
  constructor(visit) {
    this.visit = visit;
    const types = h("datalist", { id: unique("types") }, ...(visit.kind?.messages ?? []).map(({ type, shape }) => h("option", { value: type }, shape)));
    this.type = h("input.code", { list: types.id, autocomplete: "off", spellcheck: "false", maxlength: "200", required: true, oninput: () => this.typed(), "data-field": "type" });
    this.how = h(
      "select",
      { onchange: () => this.typed(), "data-field": "how" },
      h("option", { value: "message" }, "message"),
      h("option", { value: "request" }, "request"),
      h("option", { value: "bytes" }, "raw bytes"),
    );
    this.payload = h("textarea.code", {
      rows: "2",
      spellcheck: "false",
      autocomplete: "off",
      oninput: () => this.payloadField.wrong(""),
      onkeydown: (/** @type {KeyboardEvent} */ event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.send(event); },
      "data-field": "payload",
    });
    this.typeField = field("Type", this.type);
    this.payloadField = field("Payload", this.payload);
    this.button = h("button.main", { type: "submit" }, "Send");
    this.answer = h("p.answer", { role: "status", "data-field": "answer" });
    this.element = h(
      "form.composer",
      { "aria-label": `Send as client ${visit.number}`, onsubmit: (/** @type {Event} */ event) => this.send(event) },
      h("div.composer-head", {}, this.typeField.element, field("As", this.how).element),
      this.payloadField.element,
      h("div.composer-foot", {}, this.button, this.answer),
      types,
    );
    this.offers = h("div.offers", { role: "group", "aria-label": `Messages that ${visit.name} declares` });
    fill(this.offers, ...(visit.kind?.messages ?? []).slice(0, 12).map(({ type, raw }) => h("button.chip", { type: "button", onclick: () => this.take(type, raw) }, type)));
    this.typeField.element.append(this.offers);
    this.typed();
  }

  /**
   * Takes a type that the room declares.
   * @param {string} type
   * @param {boolean} raw
   */
  take(type, raw) {
    this.type.value = type;
    if (raw !== (this.how.value === "bytes")) this.how.value = raw ? "bytes" : "message";
    this.typed();
    this.payload.focus();
  }

  /** Shows what belongs to the type. */
  typed() {
    const isRaw = this.how.value === "bytes";
    const card = this.visit.kind?.messages.find((each) => each.type === this.type.value && each.raw === isRaw);
    this.typeField.wrong("");
    this.payloadField.wrong("");
    if (isRaw) this.payloadField.hint("hexadecimal digits, such as 00 ff 7f");
    else this.payloadField.hint(card === undefined ? "JSON; nothing at all sends no payload" : `takes ${card.shape}`);
    // What somebody typed is never overwritten.
    if (this.payload.value !== this.#template) return;
    this.#template = card?.sample === undefined ? "" : JSON.stringify(card.sample);
    this.payload.value = this.#template;
  }

  /** @param {Event} event */
  async send(event) {
    event.preventDefault();
    write(this.answer, "");
    const type = this.type.value.trim();
    this.typeField.wrong(type === "" ? "say which type of message" : "");
    if (type === "") {
      this.type.focus();
      return;
    }
    const how = this.how.value;
    try {
      const payload = how === "bytes" ? readHex(this.payload.value) : readValue(this.payload.value);
      this.payloadField.wrong("");
      if (how === "bytes") this.visit.sendBytes(type, /** @type {Uint8Array} */ (payload));
      else if (how === "message") this.visit.send(type, payload);
      else await this.ask(type, payload);
    } catch (error) {
      this.payloadField.wrong(told(error));
    }
  }

  /**
   * @param {string} type
   * @param {any} payload
   */
  async ask(type, payload) {
    write(this.answer, "waiting for the answer …");
    try {
      write(this.answer, await this.visit.request(type, payload));
    } catch (error) {
      write(this.answer, `refused: ${told(error)}`);
    }
  }

  /** @param {boolean} able whether something can be sent */
  enable(able) {
    this.button.disabled = !able;
  }
}
