// <nexus-status>: a small sign on a page that tells how good the connection of a room is.

import { Status } from "./status.js";

/**
 * @typedef {import("./quality.js").Rating} Rating
 * @typedef {import("./status.js").Shown} Shown
 */
/**
 * @typedef {object} WatchedConnection what the widget needs of a room
 * @property {Rating} quality
 * @property {(event: any, callback: (value: any) => void) => () => void} on
 */
/** @typedef {Record<"box" | "dot" | "value" | "word" | "live", HTMLElement>} Parts */

const STYLE = `
:host { display: inline-block; }
:host([hidden]) { display: none; }
.box {
  position: relative; display: inline-flex; align-items: center; gap: .54em; padding: .385em .77em .385em .69em;
  border: 1px solid var(--nexus-status-border, #1d233026);
  border: 1px solid var(--nexus-status-border, light-dark(#1d233026, #ffffff26));
  border-radius: var(--nexus-status-radius, 99em);
  color: var(--nexus-status-color, #1d2330);
  color: var(--nexus-status-color, light-dark(#1d2330, #eef1f6));
  background: var(--nexus-status-background, #fff);
  background: var(--nexus-status-background, light-dark(#fff, #1b202b));
  font: var(--nexus-status-font, 500 13px/16px system-ui, sans-serif);
  font-variant-numeric: tabular-nums; white-space: nowrap;
}
.dot {
  --tone: var(--nexus-status-offline, #79818f);
  flex: none; width: .616em; height: .616em; border-radius: 50%;
  background: var(--tone); box-shadow: 0 0 0 .2em color-mix(in srgb, var(--tone) 25%, transparent);
  forced-color-adjust: none; transition: background .3s, box-shadow .3s;
}
.excellent .dot { --tone: var(--nexus-status-excellent, #1fa355); }
.good .dot { --tone: var(--nexus-status-good, #6c960d); }
.fair .dot { --tone: var(--nexus-status-fair, #c77f00); }
.poor .dot { --tone: var(--nexus-status-poor, #e0413a); }
.offline .dot { background: transparent; box-shadow: inset 0 0 0 .16em var(--tone); }
.unknown .dot { animation: breathe 1.6s ease-in-out infinite; }
.word { opacity: .72; font-weight: 400; }
.word:empty, :host([compact]) .word { display: none; }
.live { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
@keyframes breathe { 50% { opacity: .3; } }
@media (prefers-reduced-motion: reduce) { .dot { animation: none !important; transition: none; } }
`;

/** @type {CSSStyleSheet | null} one for all widgets */
let sheet = null;

function style() {
  if (sheet === null) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
  }
  return sheet;
}

// Where there are no pages, as in Node.js, the package can be imported nevertheless.
const Element = /** @type {typeof HTMLElement} */ (globalThis.HTMLElement ?? class {});

/**
 * The custom element, once `defineWidget` has given it a name. Give it a room:
 * `document.querySelector("nexus-status").room = room`.
 *
 * Its look is changed by custom properties (`--nexus-status-background`, `-color`,
 * `-border`, `-radius`, `-font`, and a colour for each level, as `-poor`) and by its parts
 * `box`, `dot`, `value` and `word`. With the attribute `compact` it shows no word. Its
 * attribute `level` says how good the connection is.
 */
export class StatusWidget extends Element {
  /** @type {WatchedConnection | null} */
  #room = null;
  #status = new Status();
  /** @type {(() => void)[]} what ends listening to the room */
  #ends = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {Parts | null} */
  #parts = null;

  /** The room whose connection is shown, null for none yet. */
  get room() {
    return this.#room;
  }

  set room(room) {
    this.#room = room;
    if (this.isConnected) this.#watch();
  }

  connectedCallback() {
    this.#parts ??= this.#build();
    // A page may have set the property before the element was defined.
    if (Object.hasOwn(this, "room")) {
      const { room } = this;
      Reflect.deleteProperty(this, "room");
      this.#room = room;
    }
    this.#watch();
  }

  disconnectedCallback() {
    this.#unwatch();
  }

  #build() {
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [style()];
    /** @param {string} name */
    const make = (name, tag = "span") => {
      const element = document.createElement(tag);
      element.className = name;
      element.setAttribute("part", name);
      return element;
    };
    const parts = { box: make("box"), dot: make("dot"), value: make("value"), word: make("word"), live: make("live") };
    // What is read aloud is apart from what is seen, which changes too often for that.
    for (const part of [parts.dot, parts.value, parts.word]) part.setAttribute("aria-hidden", "true");
    parts.live.setAttribute("role", "status");
    parts.live.setAttribute("aria-live", "polite");
    parts.box.append(parts.dot, parts.value, parts.word, parts.live);
    root.append(parts.box);
    return parts;
  }

  #watch() {
    this.#unwatch();
    const room = this.#room;
    const status = new Status(room?.quality);
    this.#status = status;
    if (room !== null) {
      /** @type {Record<string, (value: any) => void>} */
      const listeners = {
        latency: () => status.rated(room.quality),
        connectionQuality: () => status.rated(room.quality),
        drop: () => status.dropped(),
        reconnecting: (attempt) => status.waits(attempt, performance.now()),
        reconnected: () => status.returned(room.quality),
        reconnectionFailed: () => status.failed(),
        leave: () => status.left(),
      };
      for (const [event, take] of Object.entries(listeners)) {
        this.#ends.push(room.on(event, (value) => {
          take(value);
          this.#show();
        }));
      }
    }
    this.#show();
  }

  #unwatch() {
    clearTimeout(this.#timer);
    for (const end of this.#ends.splice(0)) end();
  }

  #show() {
    clearTimeout(this.#timer);
    const now = performance.now();
    const shown = this.#status.at(now);
    const { box, value, word, live } = /** @type {Parts} */ (this.#parts);
    this.setAttribute("level", shown.level);
    box.className = `box ${shown.level}`;
    box.title = shown.title;
    value.textContent = shown.value;
    word.textContent = shown.word;
    // The same text again would be read again.
    if (live.textContent !== shown.spoken) live.textContent = shown.spoken;
    if (shown.next !== null) this.#timer = setTimeout(() => this.#show(), Math.max(1, shown.next - now));
  }
}

/**
 * Makes the widget known to pages.
 * @param {string} [name] of the element, with a dash in it
 * @returns {typeof StatusWidget} the class of the element, to make more of them with `new`
 */
export function defineWidget(name = "nexus-status") {
  if (globalThis.customElements === undefined) throw new Error("there are no custom elements here: this needs a page");
  // A class has one name only, but may be wanted under two.
  if (customElements.get(name) === undefined) customElements.define(name, class extends StatusWidget {});
  return /** @type {typeof StatusWidget} */ (customElements.get(name));
}
