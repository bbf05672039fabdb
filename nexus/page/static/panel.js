// What one client of the playground sees, and what can be done with it.

import { Composer } from "./composer.js";
import { fill, h, size, write } from "./dom.js";
import { told } from "./join.js";
import { LogView, time } from "./log.js";
import { StateTree } from "./tree.js";

/** @typedef {import("./visit.js").Visit} Visit */
/** @typedef {import("./visit.js").Entry} Entry */
/** @typedef {import("./visit.js").Step} Step */

/** @type {Record<Entry["way"], [string, string]>} */
const WAYS = { in: ["↓", "received"], out: ["↑", "sent"], note: ["•", "note"], error: ["!", "error"] };

/** One client. */
export class Panel {
  /** @type {Record<string, HTMLElement>} */
  #facts = {};
  #due = false;

  /**
   * @param {Visit} visit
   * @param {{again: () => Promise<void>, close: () => void}} ways
   */
  constructor(visit, ways) {
    this.visit = visit;
    this.ways = ways;
    this.label = h("span.tab-text", {}, h("span.dot", { "aria-hidden": "true" }), `${visit.number} · ${visit.name}`);
    this.widget = h("nexus-status");
    this.widget.room = visit.room;
    this.notice = h("p.notice", { role: "status" });
    this.error = h("p.error", { role: "alert" });
    this.tree = new StateTree(`State of client ${visit.number}`);
    this.composer = new Composer(visit);
    this.steps = new LogView(visit.steps, { name: "steps", title: "Patches", label: `patches of client ${visit.number}`, noun: "patch", line: stepLine, text: stepText });
    this.steps.filter.placeholder = "filter by path";
    this.messages = new LogView(visit.messages, { name: "messages", title: "Messages", label: `messages of client ${visit.number}`, noun: "entry", line: entryLine, text: ({ type, text }) => `${type} ${text}` });
    this.element = h("div.card.panel", { "data-client": String(visit.number) }, this.#head(), this.notice, this.error, this.#table(), this.#parts());
    this.element.addEventListener("shown", () => this.render());
    visit.changed = () => this.#schedule();
  }

  #head() {
    const { visit } = this;
    this.drop = h("button.small", { type: "button", "data-act": "drop", onclick: () => visit.drop() }, "Drop connection");
    this.leave = h("button.small", { type: "button", "data-act": "leave", onclick: () => this.#try(() => visit.leave()) }, "Leave");
    this.again = h("button.small", { type: "button", "data-act": "again", hidden: true, onclick: () => this.#try(() => this.ways.again()) }, "Join again");
    this.close = h("button.small", { type: "button", "data-act": "close", onclick: () => this.ways.close(), "aria-label": `Close client ${visit.number}` }, "Close");
    return h(
      "header.panel-head",
      {},
      h("h2", {}, `${visit.name} `, h("code.id", {}, visit.sessionId)),
      this.widget,
      h("div.acts", {}, this.drop, this.leave, this.again, this.close),
    );
  }

  #table() {
    const facts = [["room", "Room"], ["time", "Server time"], ["latency", "Latency"], ["loss", "Loss"], ["version", "Version"], ["patches", "Patches"], ["bytes", "Received"], ["waiting", "Outbox"]];
    return h(
      "dl.facts",
      {},
      ...facts.map(([name, label]) => {
        this.#facts[name] = h("dd", { "data-fact": name }, "–");
        return h("div", {}, h("dt", {}, label), this.#facts[name]);
      }),
    );
  }

  #parts() {
    return h(
      "div.parts",
      {},
      h("div.part", {}, h("section", { "data-part": "state" }, h("h3", {}, "State"), this.tree.place), this.steps.element),
      h("div.part", {}, this.composer.element, this.messages.element),
    );
  }

  #schedule() {
    if (this.#due) return;
    this.#due = true;
    requestAnimationFrame(() => {
      this.#due = false;
      // What nobody sees is shown when somebody looks.
      if (this.element.offsetParent !== null) this.render();
      else this.#status();
    });
  }

  /** Shows what is. */
  render() {
    const { visit } = this;
    this.#status();
    this.tree.update(visit.room.state);
    this.steps.render();
    this.messages.render();
    write(this.#facts.room, visit.roomId);
    write(this.#facts.version, visit.room.replica.version < 0 ? "–" : String(visit.room.replica.version));
    write(this.#facts.patches, visit.steps.count.toLocaleString("en"));
    write(this.#facts.bytes, size(visit.bytes));
    this.beat();
  }

  /** Shows what depends on time. */
  beat() {
    const { room, status } = this.visit;
    const { latency, loss } = room.quality;
    write(this.#facts.time, status === "left" ? "–" : time(room.serverTime()).slice(0, 8));
    write(this.#facts.latency, latency === null ? "–" : `${Math.round(latency)} ms`);
    write(this.#facts.loss, `${Math.round(loss * 100)} %`);
    write(this.#facts.waiting, String(room.outbox.size));
  }

  #status() {
    const { status, notice } = this.visit;
    this.element.dataset.status = this.label.dataset.status = status;
    write(this.notice, notice);
    const isGone = status === "left";
    // Focus must not fall off the page with the button that had it.
    const hadFocus = isGone && (document.activeElement === this.leave || document.activeElement === this.drop);
    this.drop.disabled = status !== "joined";
    this.drop.hidden = this.leave.hidden = isGone;
    this.again.hidden = !isGone;
    this.composer.enable(!isGone);
    if (hadFocus) this.again.focus();
  }

  /** @param {() => Promise<unknown>} act */
  async #try(act) {
    write(this.error, "");
    try {
      await act();
    } catch (error) {
      write(this.error, told(error));
    }
  }
}

/** @param {Entry} entry */
function entryLine({ at, way, type, text }) {
  const [arrow, word] = WAYS[way];
  return h("li.entry", { "data-way": way }, h("time", {}, time(at)), h("span.way", { title: word }, arrow, h("span.away", {}, ` ${word} `)), type !== "" && h("code.type", {}, type), h("span.text", {}, text));
}

/** @param {Step} step */
function stepLine({ at, from, to, bytes, calls, more }) {
  const line = h("li.step", {}, h("div.step-head", {}, h("time", {}, time(at)), h("code", {}, from < 0 ? `v${to}` : `v${from} → v${to}`), h("span.bytes", {}, from < 0 ? `${size(bytes)}, whole state` : size(bytes))));
  if (calls.length > 0) {
    const list = h("ul.calls");
    fill(list, ...calls.map(({ sign, path, text, full }) => h("li", { "data-sign": sign, title: full || null }, h("b", {}, sign), ` ${path} `, h("span.text", {}, text))));
    if (more > 0) list.append(h("li", {}, `and ${more.toLocaleString("en")} more`));
    line.append(list);
  }
  return line;
}

/** @param {Step} step */
function stepText({ to, calls }) {
  return `v${to} ${calls.map(({ path }) => path).join(" ")}`;
}
