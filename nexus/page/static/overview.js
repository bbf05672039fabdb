// The welcome page: what the node is, which rooms run, which kinds there are.

import { duration, fill, h, write } from "./dom.js";
import { kindCard } from "./kinds.js";
import { RoomTable } from "./rooms.js";

/** @typedef {import("./server.js").Server} Server */
/** @typedef {{join: (room: import("./server.js").RoomCard) => void, pick: (kind: string) => void}} Ways */

const DOCS = ["first-room.md", "concepts.md", "rooms.md", "state.md", "messages.md", "clients.md", "playground.md"];

/** The first thing that a developer sees. */
export class Overview {
  /**
   * @param {HTMLElement} place
   * @param {Server} server
   * @param {Ways} ways
   */
  constructor(place, server, ways) {
    this.server = server;
    this.ways = ways;
    /** @type {import("./server.js").NodeCard | null} */
    this.shown = null;
    this.lead = h("p.lead", {}, "Asking the node what it serves …");
    this.pages = h("p.pages");
    /** @type {Record<string, HTMLElement>} */
    this.numbers = {};
    this.table = new RoomTable(server, ways);
    this.steps = h("details.card.steps", { id: "steps" });
    this.kinds = h("div.kinds", { id: "kinds" });
    this.kindCount = h("span.count");
    fill(
      place,
      h("section.hero", { "aria-labelledby": "hello" }, h("h1", { id: "hello" }, "Your node is running"), this.lead, this.pages),
      h("dl.stats", { id: "stats" }, this.stat("rooms", "Rooms"), this.stat("clients", "Clients"), this.stat("kinds", "Kinds"), this.stat("uptime", "Up for")),
      this.table.element,
      this.steps,
      h("section", { "aria-labelledby": "kinds-title" }, h("h2", { id: "kinds-title" }, "Kinds ", this.kindCount), this.kinds),
    );
  }

  /**
   * @param {string} name
   * @param {string} label
   */
  stat(name, label) {
    this.numbers[name] = h("dd", { id: `stat-${name}` }, "–");
    return h("div.stat", {}, h("dt", {}, label), this.numbers[name]);
  }

  /** Shows what the server knows. */
  update() {
    const { node, rooms } = this.server;
    if (node !== null && node !== this.shown) this.meet(node);
    if (rooms !== null && node !== null) {
      write(this.numbers.rooms, rooms.total.toLocaleString("en"));
      write(this.numbers.clients, rooms.clients.toLocaleString("en"));
      write(this.numbers.kinds, String(node.kinds.length));
      write(this.numbers.uptime, duration(rooms.uptime));
      this.table.update(rooms);
    }
  }

  /**
   * Takes note of the node, when it is met or is another one.
   * @param {import("./server.js").NodeCard} node
   */
  meet(node) {
    const isFirst = this.shown === null;
    this.shown = node;
    fill(
      this.lead,
      ...(node.app === ""
        ? ["It serves no app yet: start it with ", h("code", {}, "twistd -n nexus --app package.module"), "."]
        : ["It serves ", h("code", {}, node.app), ` at ${location.host}, with Nexus ${node.version} on Python ${node.python}.`]),
    );
    fill(this.pages, ...node.pages.map((page) => h("a.button", { href: page }, `Open ${page}`)));
    this.table.meet(node);
    write(this.kindCount, String(node.kinds.length));
    fill(this.kinds, ...node.kinds.map((kind) => kindCard(kind, this.ways.pick)));
    if (node.kinds.length === 0) fill(this.kinds, h("p.card.empty", {}, "No kinds: a kind is a name under which an app defines a class of rooms."));
    fill(this.steps, h("summary", {}, "First steps"), ...steps(node.kinds[0]?.name ?? "arena"));
    // Whoever starts with nothing is shown how to go on.
    if (isFirst) this.steps.open = this.server.rooms?.total === 0;
  }
}

/**
 * What to do with a new node.
 * @param {string} kind
 * @returns {HTMLElement[]}
 */
function steps(kind) {
  const origin = location.origin;
  const page = `<script type="module">
  import { Client } from "${origin}/nexus/client/nexus.mjs";

  const client = new Client("${origin}");
  const room = await client.joinOrCreate("${kind}");
  room.onStateChange((state) => console.log(state));
</script>`;
  const python = `from twisted.internet import defer, task

from nexus.client import Client


async def main(reactor):
    room = await Client("${origin}").join_or_create("${kind}")
    await room.ready()
    print(room.state)


task.react(lambda reactor: defer.ensureDeferred(main(reactor)))`;
  return [
    h(
      "ol.steps-list",
      {},
      h("li", {}, h("strong", {}, "Try it here. "), "Join a room in the ", h("a", { href: "#/play" }, "playground"), ", twice, and see both follow one state."),
      h("li", {}, h("strong", {}, "Join from a web page. "), "Nothing to install: this node serves the client.", snippet("JavaScript", page)),
      h("li", {}, h("strong", {}, "Join from Python, "), "for bots and tests.", snippet("Python", python)),
      h("li", {}, h("strong", {}, "Read on "), "in the folder docs: ", ...DOCS.flatMap((name, i) => [i > 0 ? ", " : "", h("code", {}, name)]), "."),
    ),
  ];
}

/**
 * Code, and a button that copies it.
 * @param {string} language
 * @param {string} code
 */
function snippet(language, code) {
  const copied = h("span.hint", { role: "status" });
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(code);
      write(copied, "copied");
    } catch {
      write(copied, "this browser does not let pages copy: select the text");
    }
    setTimeout(() => write(copied, ""), 4000);
  };
  return h(
    "div.snippet",
    {},
    h("div.snippet-head", {}, h("span", {}, language), copied, h("button.small", { type: "button", onclick: copy, "aria-label": `Copy the ${language}` }, "Copy")),
    h("pre", { tabindex: "0", role: "region", "aria-label": `${language} to join with` }, h("code", {}, code)),
  );
}
