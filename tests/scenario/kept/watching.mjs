// Plays as sdk.mjs does, with bots that also tell which members come and go: as messages
// `added` and `removed`, with the key. Those of our client can also command: a message
// `command` does, and `verdict` is the message that tells the answer.
//
//     node watching.mjs 17|18|nexus

import { createRequire } from "node:module";
import path from "node:path";

import { home } from "../../support/browser.mjs";

const version = process.argv[2];

/** Have a class of rooms attach what it is to tell where the bots begin to listen. */
function watch(Room, attach) {
  const { onMessage } = Room.prototype;
  Room.prototype.onMessage = function (type, callback) {
    const off = onMessage.call(this, type, callback);
    if (type === "*") attach(this, callback);
    return off;
  };
}

function watchOurs({ Room }) {
  watch(Room, (room, tell) => {
    room.onAdd("members", (_, [, key]) => tell("added", key));
    room.onRemove("members", (_, [, key]) => tell("removed", key));
  });
  const { send } = Room.prototype;
  Room.prototype.send = function (type, body) {
    if (type !== "command") return send.call(this, type, body);
    const told = (value) => this.onMessageHandlers.emit("*", "verdict", value);
    this.command("add", body).then(told, (error) => told(String(error)));
  };
}

function watchOfficial() {
  const folder = home(`sdk${version}`);
  const require = createRequire(path.join(folder, "package.json"));
  const { Callbacks, Room } = require(path.join(folder, require("./package.json").main));
  watch(Room, (room, tell) => {
    const serializer = room.serializer;
    if (serializer?.state?.constructor?.[Symbol.metadata]?.members === undefined) return;
    const callbacks = Callbacks.get(room);
    callbacks.onAdd("members", (_, key) => tell("added", key));
    callbacks.onRemove("members", (_, key) => tell("removed", key));
  });
}

if (version === "nexus") watchOurs(await import("../../../clients/js/src/index.js"));
else watchOfficial();
await import("../../support/sdk.mjs");
