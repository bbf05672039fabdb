// The playground: join rooms as several clients, and see what each of them sees.

import { fill, h } from "./dom.js";
import { JoinForm } from "./join.js";
import { Panel } from "./panel.js";
import { Tabs } from "./tabs.js";
import { Visit } from "./visit.js";

/** @typedef {import("./server.js").RoomCard} RoomCard */
/** @typedef {import("./join.js").Wish} Wish */

const UNBUILT = "the JavaScript client is not there: run `sh scripts/setup.sh run` in the repository of nexus, and load this page again";

/** @type {Promise<any> | null} */
let loading = null;

/** The client, loaded when somebody wants to play. */
async function load() {
  // By a name, so that whoever checks types does not look for it.
  const path = "/nexus/client/nexus.mjs";
  loading ??= import(path).catch(() => {
    loading = null;
    throw new Error(UNBUILT);
  });
  const nexus = await loading;
  nexus.defineWidget();
  return nexus;
}

/** Where a developer plays. */
export class Playground {
  /** @type {Map<string, Panel>} */
  #panels = new Map();
  #serial = 0;

  /**
   * @param {HTMLElement} place
   * @param {import("./server.js").Server} server
   */
  constructor(place, server) {
    this.server = server;
    this.form = new JoinForm(server, (wish) => this.join(wish));
    this.tabs = new Tabs("Clients");
    this.beside = h("button.small", { type: "button", id: "beside", "aria-pressed": "false", onclick: () => this.arrange(this.beside.getAttribute("aria-pressed") !== "true") }, "Side by side");
    this.head = h("div.tabs-head", { hidden: true }, this.tabs.list, this.beside);
    this.empty = h(
      "div.card.empty.stage",
      {},
      h("p", {}, "Nobody has joined yet."),
      h("p.hint", {}, "Join one room twice and look at both clients side by side: what one does, the other sees."),
    );
    fill(place, h("h1.away", {}, "Playground"), this.form.element, h("section", { "aria-label": "Clients" }, this.head, this.empty, this.tabs.panels));
    setInterval(() => this.beat(), 1000);
  }

  /** Shows what the server knows. */
  update() {
    this.form.update();
  }

  /** @param {boolean} visible */
  show(visible) {
    this.visible = visible;
    if (visible) {
      for (const panel of this.#panels.values()) panel.render();
    }
  }

  /** Lets what depends on time go on. */
  beat() {
    if (!this.visible || document.hidden) return;
    for (const panel of this.#panels.values()) panel.beat();
  }

  /**
   * Chooses a kind for the next client.
   * @param {string} kind
   */
  pick(kind) {
    this.form.pick(kind);
  }

  /**
   * Joins a room that runs.
   * @param {RoomCard} room
   */
  joinRoom(room) {
    this.form.point(room);
    this.form.submit();
  }

  /** @param {boolean} beside */
  arrange(beside) {
    this.beside.setAttribute("aria-pressed", String(beside));
    this.tabs.arrange(beside);
    for (const panel of this.#panels.values()) panel.render();
  }

  /**
   * Joins as one more client.
   * @param {Wish} wish
   * @throws {Error} the node refused, or the client is not there
   */
  async join(wish) {
    const nexus = await load();
    const client = new nexus.Client(location.origin);
    const room = await begin(client, wish);
    this.#serial += 1;
    const id = `client-${this.#serial}`;
    const visit = new Visit(room, this.server.kind(room.name ?? wish.kind), this.#serial);
    const panel = new Panel(visit, {
      again: () => this.join(wish),
      close: () => this.close(id),
    });
    this.#panels.set(id, panel);
    this.tabs.add(id, panel.label, panel.element);
    this.head.hidden = false;
    this.empty.hidden = true;
    panel.render();
    // Two on a wide screen are there to be compared.
    if (this.tabs.size === 2 && window.matchMedia("(min-width: 1000px)").matches) this.arrange(true);
    this.server.ask();
  }

  /** @param {string} id */
  close(id) {
    const panel = this.#panels.get(id);
    panel?.visit.close();
    this.#panels.delete(id);
    this.tabs.remove(id);
    const isEmpty = this.tabs.size === 0;
    this.head.hidden = isEmpty;
    this.empty.hidden = !isEmpty;
    if (isEmpty) this.form.focus();
    this.server.ask();
  }
}

/**
 * @param {any} client
 * @param {Wish} wish
 */
function begin(client, wish) {
  if (wish.how === "joinById") return client.joinById(wish.id, wish.options);
  if (wish.how === "join") return client.join(wish.kind, wish.options);
  if (wish.how === "create") return client.create(wish.kind, wish.options);
  return client.joinOrCreate(wish.kind, wish.options);
}
