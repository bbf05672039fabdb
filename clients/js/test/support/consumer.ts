// What somebody writes who has an editor: every name and type here is part of what the
// package promises. A line that must not compile says so. It is compiled and never run: what
// it logs is there to be used as its type allows.

import { Client, Interpolation, OutboxFullError, OutlineError, PeerError, Replica, Room, Rows, StatusWidget, defineWidget } from "nexus-client";

interface Player {
  name: string;
  x: number;
}

interface World {
  players: Map<string, Player>;
  npcs: Rows<{ x: number }>;
  round: number;
}

const client = new Client("ws://127.0.0.1:5000", { reconnection: { maxRetries: 3 }, outbox: { maxMessages: 10 }, pingInterval: 1000, silence: 5000 });
client.auth.token = "somebody";

const room: Room<World> = await client.joinOrCreate<World>("arena", { name: "Ann" });
const others: Room[] = [await client.create("arena"), await client.join("arena"), await client.joinById("abc"), await client.reconnect("abc:def")];

const same: Room<World> = await room.ready();
const round: number = same.state.round;
const ann: Player | undefined = room.state.players.get("ann");
const xs: Float32Array = room.state.npcs.column("x");
for (const [id, npc] of room.state.npcs) console.log(id.toFixed(), npc.x + xs[room.state.npcs.slot(id)], room.state.npcs.get(id)?.x);
// @ts-expect-error: the state has no such field
room.state.rounds;

const ends: (() => void)[] = [
  room.onAdd("players", (player: Player, path) => console.log(player.name, path[1])),
  room.onChange("players.*.x", (x: number, previous: number) => console.log(x - previous)),
  room.onRemove(["players", "ann"], (player: Player) => console.log(player.name)),
  room.on("drop", ({ code, reason }) => console.log(code.toFixed(), reason.trim())),
  room.on("reconnecting", ({ attempt, delay, maxRetries }) => console.log(attempt + delay + maxRetries)),
  room.on("reconnected", ({ attempts, how }) => console.log(attempts.toFixed(), how === "patches")),
  room.on("reconnectionFailed", ({ code }) => console.log(code.toFixed())),
  room.on("connectionQuality", ({ level, previous, latency, loss }) => console.log(level === "poor", previous, latency?.toFixed(), loss.toFixed())),
  room.on("latency", ({ latency, loss }) => console.log(latency, loss)),
  room.on("undelivered", (letters) => letters.map(({ id, type, body, reason }) => [id.toFixed(), type, body, reason?.trim()])),
  room.on("saved", ({ saved, applied }) => console.log(saved.toFixed(), applied.toFixed())),
  room.on("leave", ({ code }) => console.log(code.toFixed())),
];
// @ts-expect-error: there is no such event
room.on("lost", () => {});
// @ts-expect-error: there is no such level
room.on("connectionQuality", ({ level }) => level === "bad");

room.onStateChange((state) => console.log(state.round.toFixed()));
room.onStateChange.once((state) => console.log(state.players.size));
room.onMessage("hello", (message) => console.log(message));
room.onError((code, message) => console.log(code, message));
room.onLeave((code) => console.log(code));
room.send("move", [1, 2]);
room.sendBytes("raw", Uint8Array.of(1));
const answer: unknown = await room.request("roll", { sides: 6 }, { timeout: 1000 });
const done: unknown = await room.command("buy", { what: "sword" }, { timeout: 0 });
const versions: number[] = [room.savedVersion, room.appliedVersion];
const { size, bytes }: { size: number; bytes: number } = room.outbox;
const latency: number | null = room.quality.latency;
const time: Date = new Date(room.serverTime());
const replica: Replica = room.replica;

const drawn = new Interpolation(room, { delay: 100 }).track("players.*", ["x"]).track("players.*", ["turn"], { wrap: 360 });
if (ann) console.log(drawn.get(ann, "x"), drawn.get(ann, "x", performance.now()));
drawn.close();

const made: StatusWidget = new (defineWidget())();
made.room = null;
const widget = document.querySelector<StatusWidget>("nexus-status");
if (widget) widget.room = room;

const code: number = await room.leave();
room.disconnect();
ends.forEach((end) => end());
for (const error of [new PeerError("why"), new OutlineError("why"), new OutboxFullError(1, 2)]) console.log(error.name satisfies string);
console.log(others, round, answer, done, versions, size, bytes, latency, time, replica.version, code);
