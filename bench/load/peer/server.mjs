// The room `bench` of the conformance app, as a Colyseus 0.18 server has it.

import { Room, Server } from "@colyseus/core";
import { schema, t } from "@colyseus/schema";
import { WebSocketTransport } from "@colyseus/ws-transport";

const Player = schema(
  { x: t.float32(), y: t.float32(), hp: t.uint8(), name: t.string() },
  "Player",
);
const World = schema({ players: t.map(Player) }, "World");

class Bench extends Room {
  onCreate(options) {
    this.maxClients = options.maxClients ?? 50;
    this.patchRate = 50;
    this.state = new World();
    this.onMessage("move", (client, message) => {
      const player = this.state.players.get(client.sessionId);
      player.x = message.x;
      player.y = message.y;
    });
    this.onMessage("ping", (client, message) => client.send("pong", message));
  }

  onJoin(client, options) {
    const player = new Player();
    player.x = 0;
    player.y = 0;
    player.hp = 100;
    player.name = String(options.name ?? "");
    this.state.players.set(client.sessionId, player);
  }

  onLeave(client) {
    this.state.players.delete(client.sessionId);
  }
}

const server = new Server({
  transport: new WebSocketTransport({ pingInterval: 30000 }),
  greet: false,
});
server.define("bench", Bench);
await server.listen(Number(process.env.PORT), "127.0.0.1");
console.log(`serving http://127.0.0.1:${process.env.PORT}`);
