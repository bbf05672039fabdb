// The bots in a web page: `sdk_page.html?18` plays with the official bundle, which is the
// global `Colyseus`, `?nexus` with our own module.

import { bots, complain } from "./sdk_bots.mjs";
import { ours } from "./sdk_ours.mjs";

const can = (value, ...names) => names.every((name) => typeof value[name] === "function");
const like = (test) => ({ [Symbol.hasInstance]: test });

/** The bundle keeps its classes to itself: they are known by what their objects can do. */
const BUNDLED = {
  ArraySchema: like((value) => can(value, "shuffle")),
  MapSchema: like((value) => can(value, "setIndex", "set")),
  CollectionSchema: like((value) => can(value, "setIndex", "add", "at")),
  SetSchema: like((value) => can(value, "setIndex", "add")),
  Schema: like((value) => value.constructor?.[Symbol.metadata] !== undefined),
};

/** A browser has no way to end a socket without a word; the proxy between does it. */
const cut = (room) => room.connection.transport.ws.close();

async function kit() {
  if (location.search === "?nexus") {
    return ours(await import("/nexus/client/nexus.mjs"), cut);
  }
  return {
    client: ({ endpoint }) => new globalThis.Colyseus.Client(endpoint),
    schema: BUNDLED,
    state: (room) => room.serializer?.getState?.(),
    cut,
  };
}

addEventListener("error", ({ error, message }) => complain("uncaught", error ?? message));
addEventListener("unhandledrejection", ({ reason }) => complain("uncaught", reason));

const answer = bots(await kit());
/** The test's process calls this. */
globalThis.ask = (verb, id, text) => answer(verb, id, text);
