// What the page knows of its node: asked every two seconds while somebody looks.

const EVERY = 2000;
/** So long an answer may take. */
const PATIENCE = 8000;

/**
 * @typedef {{type: string, raw: boolean, shape: string, sample?: any}} MessageCard
 * @typedef {{name: string, shape: string, type: string, holds: string, limited: boolean}} FieldCard
 * @typedef {{root: string, classes: Record<string, FieldCard[]>}} StateCard
 * @typedef {{name: string, room: string, about: string, maxClients: number | null, patchInterval: number | null,
 *   listed: boolean, codes: boolean, options: string[], messages: MessageCard[], rest: boolean,
 *   state: StateCard | null}} KindCard
 * @typedef {{version: string, python: string, app: string, process: string, pages: string[], kinds: KindCard[]}} NodeCard
 * @typedef {{id: string, code: string | null, kind: string, clients: number, maxClients: number | null,
 *   locked: boolean, age: number}} RoomCard
 * @typedef {{process: string, uptime: number, rooms: RoomCard[], offset: number, count: number, total: number,
 *   clients: number}} Rooms
 * @typedef {"connecting" | "live" | "away"} Link
 */

/** Follows one node. */
export class Server {
  /** @type {NodeCard | null} */
  node = null;
  /** @type {Rooms | null} */
  rooms = null;
  /** @type {Link} */
  link = "connecting";
  /** What of the rooms is asked for. */
  wish = { kind: "", find: "", offset: 0, limit: 20 };
  /** @type {Set<() => void>} */
  #watchers = new Set();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #turn = 0;

  /** Begins to ask, and stops while nobody looks. */
  start() {
    document.addEventListener("visibilitychange", () => this.ask());
    this.ask();
  }

  /**
   * Calls back whenever something is new.
   * @param {() => void} callback
   */
  watch(callback) {
    this.#watchers.add(callback);
  }

  /**
   * Finds a kind by its name.
   * @param {string} name
   */
  kind(name) {
    return this.node?.kinds.find((kind) => kind.name === name) ?? null;
  }

  /**
   * Asks for other rooms, at once.
   * @param {Partial<Server["wish"]>} wish
   */
  want(wish) {
    Object.assign(this.wish, { offset: 0 }, wish);
    this.ask();
  }

  /** Asks now, and from then on every while. */
  async ask() {
    clearTimeout(this.#timer);
    this.#turn += 1;
    const turn = this.#turn;
    if (document.hidden) return;
    try {
      const { kind, find, offset, limit } = this.wish;
      const query = new URLSearchParams({ kind, find, offset: String(offset), limit: String(limit) });
      const rooms = await read(`/nexus/dev/rooms?${query}`);
      if (turn !== this.#turn) return;
      // Another process may serve other kinds.
      if (this.node?.process !== rooms.process) this.node = await read("/nexus/dev/node");
      if (turn !== this.#turn) return;
      this.rooms = rooms;
      this.link = "live";
    } catch {
      if (turn !== this.#turn) return;
      this.link = "away";
    }
    this.#timer = setTimeout(() => this.ask(), EVERY);
    for (const callback of this.#watchers) callback();
  }
}

/**
 * @param {string} path
 * @returns {Promise<any>}
 */
async function read(path) {
  const answer = await fetch(path, { signal: AbortSignal.timeout(PATIENCE), credentials: "same-origin" });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
  return answer.json();
}
