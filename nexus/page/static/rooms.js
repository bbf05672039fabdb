// The running rooms, a page at a time.

import { counted, duration, fill, h, unique, write } from "./dom.js";

/** @typedef {import("./server.js").RoomCard} RoomCard */
/** @typedef {import("./server.js").Rooms} Rooms */

/** A table that follows the rooms without moving what somebody looks at. */
export class RoomTable {
  /** @type {Map<string, Row>} */
  #rows = new Map();

  /**
   * @param {import("./server.js").Server} server
   * @param {{join: (room: RoomCard) => void}} ways
   */
  constructor(server, ways) {
    this.server = server;
    this.ways = ways;
    this.count = h("span.count", { id: "rooms-count" });
    this.kind = h("select", { id: "rooms-kind", onchange: () => server.want({ kind: this.kind.value }) });
    this.find = h("input", {
      id: "rooms-find",
      type: "search",
      placeholder: "id or code",
      autocomplete: "off",
      spellcheck: "false",
      maxlength: "64",
      oninput: () => server.want({ find: this.find.value.trim() }),
    });
    this.body = h("tbody", { id: "rooms" });
    this.table = h(
      "table",
      {},
      h("caption.away", {}, "Running rooms, the newest first"),
      h(
        "thead",
        {},
        h("tr", {}, h("th", { scope: "col" }, "Room"), h("th.wide", { scope: "col" }, "Kind"), h("th", { scope: "col" }, "Clients"), h("th.wide", { scope: "col" }, "Age"), h("th", { scope: "col" }, h("span.away", {}, "Action"))),
      ),
      this.body,
    );
    this.empty = h("p.empty", { id: "rooms-empty", hidden: true });
    this.range = h("p.range", { id: "rooms-range", role: "status" });
    this.before = h("button.small", { type: "button", id: "rooms-before", onclick: () => this.turn(-1) }, "Newer");
    this.after = h("button.small", { type: "button", id: "rooms-after", onclick: () => this.turn(1) }, "Older");
    this.pager = h("nav.pager", { "aria-label": "Pages of rooms" }, this.range, this.before, this.after);
    const title = unique("title");
    this.element = h(
      "section",
      { "aria-labelledby": title },
      h(
        "div.section-head",
        {},
        h("h2", { id: title }, "Rooms ", this.count),
        h("div.filters", {}, h("label.away", { for: this.kind.id }, "Kind of the rooms"), this.kind, h("label.away", { for: this.find.id }, "Find a room"), this.find),
      ),
      h("div.card.flush", {}, this.table, this.empty, this.pager),
    );
  }

  /**
   * Offers the kinds of a node.
   * @param {import("./server.js").NodeCard} node
   */
  meet(node) {
    const chosen = this.kind.value;
    fill(this.kind, h("option", { value: "" }, "all kinds"), ...node.kinds.map(({ name }) => h("option", { value: name }, name)));
    this.kind.value = chosen;
    if (this.kind.value !== chosen) this.server.want({ kind: (this.kind.value = "") });
  }

  /** @param {number} pages */
  turn(pages) {
    const { offset, limit } = this.server.wish;
    this.server.want({ offset: Math.max(0, offset + pages * limit) });
  }

  /** @param {Rooms} rooms */
  update(rooms) {
    write(this.count, rooms.total.toLocaleString("en"));
    // The last page may have emptied meanwhile.
    if (rooms.rooms.length === 0 && rooms.count > 0 && rooms.offset > 0) {
      this.server.want({ offset: Math.max(0, rooms.count - this.server.wish.limit) });
      return;
    }
    const ids = new Set(rooms.rooms.map(({ id }) => id));
    for (const [id, row] of this.#rows) {
      if (ids.has(id)) continue;
      row.element.remove();
      this.#rows.delete(id);
    }
    rooms.rooms.forEach((card, i) => {
      let row = this.#rows.get(card.id);
      if (row === undefined) {
        row = new Row(card, this.ways.join);
        this.#rows.set(card.id, row);
      }
      row.update(card);
      // What stands right is left alone: a row that is moved loses the focus.
      if (this.body.children[i] !== row.element) this.body.insertBefore(row.element, this.body.children[i] ?? null);
    });
    this.table.hidden = rooms.count === 0;
    this.empty.hidden = rooms.count > 0;
    const isFiltered = this.server.wish.kind !== "" || this.server.wish.find !== "";
    write(this.empty, isFiltered ? "No room is like that." : "No room runs now. One opens when somebody joins.");
    this.pager.hidden = rooms.count <= this.server.wish.limit;
    const last = rooms.offset + rooms.rooms.length;
    write(this.range, `${rooms.offset + 1}–${last} of ${counted(rooms.count, "room")}`);
    this.before.disabled = rooms.offset === 0;
    this.after.disabled = last >= rooms.count;
  }
}

/** One room. */
class Row {
  /**
   * @param {RoomCard} card
   * @param {(room: RoomCard) => void} join
   */
  constructor(card, join) {
    this.card = card;
    this.clients = h("span");
    this.meter = h("meter", { min: "0", "aria-hidden": "true" });
    this.locked = h("span.badge", { hidden: true }, "locked");
    this.age = h("td.wide.age");
    this.join = h("button.small", { type: "button", onclick: () => join(this.card), "aria-label": `Join ${card.kind} ${card.id}` }, "Join");
    this.element = h(
      "tr",
      { "data-room": card.id },
      h("th", { scope: "row" }, h("span.narrow.kind-name", {}, card.kind), h("code.id", {}, card.id), card.code !== null && h("span.badge", {}, `code ${card.code}`), this.locked),
      h("td.wide", {}, card.kind),
      h("td.clients", {}, this.clients, this.meter),
      this.age,
      h("td.action", {}, this.join),
    );
  }

  /** @param {RoomCard} card */
  update(card) {
    this.card = card;
    const { clients, maxClients } = card;
    write(this.clients, maxClients === null ? String(clients) : `${clients} / ${maxClients}`);
    this.meter.hidden = maxClients === null;
    if (maxClients !== null) {
      this.meter.max = maxClients;
      this.meter.value = clients;
    }
    this.locked.hidden = !card.locked;
    this.join.disabled = card.locked;
    write(this.age, duration(card.age));
  }
}
