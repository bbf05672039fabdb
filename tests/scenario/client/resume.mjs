// One client is lost again and again while another one plays on; it says, a line for each
// return, what that cost and what its listeners were told.
//
//   node resume.mjs ws://127.0.0.1:PORT

import { Client } from "../../../clients/js/src/index.js";

const client = new Client(process.argv[2], { reconnection: { delay: 150, maxDelay: 300 } });
console.info = () => {};
setTimeout(() => {
  throw new Error("this takes too long");
}, 20_000).unref();

const one = await client.create("board");
const other = await client.joinById(one.roomId);
await other.ready();
await one.ready();
const first = one.state.pieces.get("p1");

let bytes = 0;
for (const act of ["setState", "patch"]) {
  const original = one.serializer[act].bind(one.serializer);
  one.serializer[act] = (frame, cursor) => {
    bytes += frame.length - cursor.offset;
    original(frame, cursor);
  };
}
let told = [];
one.onAdd("pieces", (_, [, key]) => told.push(["add", key]));
one.onRemove("pieces", (_, [, key]) => told.push(["remove", key]));
one.onChange("pieces.*.x", (now, before, [, key]) => told.push([key, before, now]));
one.onChange("turn", (now, before) => told.push(["turn", before, now]));

const until = (name) => new Promise((resolve) => {
  const off = one.on(name, (event) => {
    off();
    resolve(event);
  });
});

/** Lose the connection, let something happen meanwhile, and return. */
async function absence(name, meanwhile) {
  bytes = 0;
  told = [];
  const back = until("reconnected");
  one.disconnect();
  await meanwhile();
  const { how, attempts } = await back;
  const isEqual = JSON.stringify(one.replica) === JSON.stringify(other.replica);
  const isSame = one.state.pieces.get("p1") === first;
  console.log(JSON.stringify({ name, how, attempts, bytes, told, isEqual, isSame }));
}

for (const count of [0, 1, 10, 1000]) {
  await absence(String(count), () => other.request("advance", count));
}
await absence("swap", async () => {
  await other.request("swap", ["p300", "q1"]);
  await other.request("swap", ["q1", "q2"]);
});
await absence("again", async () => {
  // Lost once more as soon as it is in, before it was brought up to date.
  one.onReconnect.once(() => one.disconnect());
  await other.request("advance", 3);
  await other.request("advance", 4);
});
await absence("long", () => other.request("advance", 2100));
await Promise.all([one.leave(), other.leave()]);
process.exit(0);
