// Many bots with one client library, in Node.js and in browsers alike: see sdk.mjs for what
// they can be asked.

import { codec } from "./sdk_value.mjs";

/**
 * What a library is to the bots.
 * @typedef {object} Kit
 * @property {(arguments_: {endpoint: string, settings?: any}) => any} client makes a client
 * @property {any} [schema] the classes of `@colyseus/schema`, if the library has any
 * @property {(room: any) => any} state the state that a room shows
 * @property {(room: any) => void} cut ends a room's socket without a word
 * @property {string[]} [events] what its `room.on` knows
 */

/** What the library and its surroundings said that belongs to no answer; the newest are kept. */
const complaints = [];

/** Note something that belongs to no answer. */
export function complain(kind, ...parts) {
  const words = parts.map((part) => (part instanceof Error ? part.stack : String(part)));
  complaints.push({ kind, text: words.join(" ").slice(0, 2000) });
  if (complaints.length > 1000) complaints.shift();
}

function timeoutError(what, seconds, seen) {
  const error = new Error(`${what} took longer than ${seconds} s`);
  error.name = "Timeout";
  error.reason = seen;
  return error;
}

/** Settles as the promise does, or fails after so many seconds. */
function within(seconds, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(timeoutError(what, seconds)), seconds * 1000);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

const matches = ({ event, type }) => (seen) =>
  seen.event === event && (type === undefined || seen.type === type);

/**
 * Gives what answers requests about the bots of one library.
 * @param {Kit} kit
 * @returns {(verb: number, id: number, text: string) => Promise<[number, string]>} whether it
 *   failed, and JSON
 */
export function bots(kit) {
  const { render, parse } = codec(kit.schema);

  /** @type {Map<number, {room: any, events: any[], watchers: Set<Function>}>} */
  const known = new Map();

  function botOf(id) {
    const found = known.get(id);
    if (found === undefined) throw new Error(`unknown bot ${id}`);
    return found;
  }

  const roomOf = (id) => botOf(id).room;

  function note(bot, event) {
    bot.events.push(event);
    for (const watcher of [...bot.watchers]) watcher(event);
  }

  /** Write down everything that a room tells its game, in order. */
  function record(bot) {
    const { room } = bot;
    // Rendered at once: what a message holds may be another thing later.
    room.onMessage("*", (type, value) => {
      note(bot, { event: "message", type, value: render(value) });
    });
    room.onStateChange(() => note(bot, { event: "state" }));
    room.onError((code, message) => note(bot, { event: "error", code, message }));
    room.onReconnect?.(() => note(bot, { event: "reconnect" }));
    for (const event of kit.events ?? []) {
      room.on(event, (value) => {
        const said = Array.isArray(value) ? { messages: render(value) } : render(value);
        note(bot, { event, ...said });
      });
    }
    if (kit.events !== undefined) return;
    room.onLeave((code, reason) => note(bot, { event: "leave", code, reason }));
    room.onDrop?.((code, reason) => note(bot, { event: "drop", code, reason }));
  }

  function facts(room) {
    const fields = {};
    const metadata = kit.state(room)?.constructor?.[Symbol.metadata] ?? {};
    for (let index = 0; metadata[index] !== undefined; index++) {
      const { name, type } = metadata[index];
      fields[name] = typeof type === "string" ? type : null;
    }
    return {
      session: room.sessionId,
      room: room.roomId,
      name: room.name,
      token: room.reconnectionToken,
      serializer: room.serializerId,
      open: room.connection.isOpen,
      fields,
    };
  }

  /** Make the class of a root that has fields of these primitive types. */
  function rootClass(fields) {
    class Root extends kit.schema.Schema {}
    kit.schema.defineTypes(Root, fields);
    return Root;
  }

  async function enter(id, seconds, joining) {
    const promise = joining.then((room) => {
      const bot = { room, events: [], watchers: new Set() };
      record(bot);
      return bot;
    });
    let bot;
    try {
      bot = await within(seconds, "join", promise);
    } catch (error) {
      // One that arrives late is not wanted any more.
      promise.then(({ room }) => kit.cut(room), () => {});
      throw error;
    }
    known.set(id, bot);
    return facts(bot.room);
  }

  function clientOf({ endpoint, auth, settings }) {
    const client = kit.client({ endpoint, settings });
    if (auth !== undefined) client.auth.token = auth;
    return client;
  }

  function wait(id, { event, type, count = 1, since = 0, timeout }) {
    const bot = botOf(id);
    const fits = matches({ event, type });
    const found = bot.events.slice(since).filter(fits);
    if (found.length >= count) return found;
    return new Promise((resolve, reject) => {
      const what = `${found.length} of ${count} ${event}s ${type ?? ""}, more`;
      const timer = setTimeout(() => {
        bot.watchers.delete(watcher);
        reject(timeoutError(what, timeout, bot.events.slice(-30)));
      }, timeout * 1000);
      function watcher(seen) {
        if (fits(seen)) found.push(seen);
        if (found.length < count) return;
        bot.watchers.delete(watcher);
        clearTimeout(timer);
        resolve(found);
      }
      bot.watchers.add(watcher);
    });
  }

  const verbs = [
    function join(id, { method, name, options, root, timeout, ...rest }) {
      const schema = root === undefined ? [] : [rootClass(root)];
      const given = method === "reconnect" ? schema : [parse(options), ...schema];
      return enter(id, timeout, clientOf(rest)[method](name, ...given));
    },
    function consume(id, { reservation, timeout, ...rest }) {
      const seat = parse(reservation);
      return enter(id, timeout, clientOf(rest).consumeSeatReservation(seat));
    },
    function send(id, args) {
      const rest = "payload" in args ? [parse(args.payload)] : [];
      roomOf(id).send(args.type, ...rest);
      return null;
    },
    function bytes(id, { type, payload }) {
      roomOf(id).sendBytes(type, parse(payload));
      return null;
    },
    async function request(id, { type, payload, timeout }) {
      const room = roomOf(id);
      if (room.request === undefined) throw new Error("this SDK has no requests");
      // The SDK's own time limit ends later, so that ours is what is told.
      const asked = room.request(type, parse(payload), { timeout: timeout * 2000 });
      return { value: render(await within(timeout, `request ${type}`, asked)) };
    },
    function leave(id, { consented, timeout }) {
      return within(timeout, "leave", roomOf(id).leave(consented));
    },
    function drop(id) {
      kit.cut(roomOf(id));
      return null;
    },
    function state(id) {
      return { value: render(kit.state(roomOf(id))) };
    },
    wait,
    function events(id, { since }) {
      return botOf(id).events.slice(since);
    },
    function tune(id, settings) {
      const { reconnection } = roomOf(id);
      if (reconnection === undefined) throw new Error("this SDK does not come back by itself");
      Object.assign(reconnection, settings);
      return null;
    },
    function ping(id, { timeout }) {
      const room = roomOf(id);
      if (room.ping === undefined) throw new Error("this SDK has no ping");
      return within(timeout, "ping", new Promise((resolve) => room.ping(resolve)));
    },
    (id) => facts(roomOf(id)),
    function latency(_id, { endpoint, timeout }) {
      const client = clientOf({ endpoint });
      if (client.getLatency === undefined) throw new Error("this SDK measures no latency");
      return client.getLatency({ timeout: timeout * 1000 });
    },
    function raw(id, { payload }) {
      roomOf(id).connection.send(parse(payload));
      return null;
    },
    (_id, { payload }) => ({ value: render(parse(payload)) }),
    () => complaints.splice(0),
    function fail() {
      setTimeout(() => {
        throw new Error("failed on request");
      });
      return null;
    },
    function forget(id) {
      const bot = known.get(id);
      known.delete(id);
      if (bot === undefined) return null;
      if (bot.room.reconnection) bot.room.reconnection.enabled = false;
      kit.cut(bot.room);
      return null;
    },
    function condition(id) {
      const { quality, outbox, replica } = roomOf(id);
      if (outbox === undefined) throw new Error("this SDK does not know how it goes");
      return {
        quality,
        serverTime: roomOf(id).serverTime(),
        waiting: outbox.size,
        bytes: outbox.bytes,
        version: replica?.version ?? null,
      };
    },
  ];

  return async function answer(verb, id, text) {
    try {
      return [0, JSON.stringify((await verbs[verb](id, JSON.parse(text))) ?? null)];
    } catch (error) {
      const { name, message, code, reason } = error ?? {};
      const said = {
        name: String(name),
        message: String(message),
        code: code ?? null,
        reason: reason === undefined ? null : render(reason),
      };
      return [1, JSON.stringify(said)];
    }
  };
}
