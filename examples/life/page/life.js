// The page of the country: joins, moves the camera, and tells the server where it looks.

import { received } from "./traffic.js";

import { Client, defineWidget } from "/nexus/client/nexus.mjs";

import { Camera } from "./camera.js";
import { Panel } from "./panel.js";
import { Scene } from "./scene.js";

const find = (id) => document.getElementById(id);

defineWidget();
const client = new Client(location.origin.replace("http", "ws"));
const scene = new Scene();
const game = new Phaser.Game({
  type: Phaser.AUTO,
  parent: "game",
  backgroundColor: "#20303a",
  banner: false,
  audio: { noAudio: true },
  render: { maxTextures: 1 },
  scale: { mode: Phaser.Scale.RESIZE, width: "100%", height: "100%" },
  scene,
});

const say = (text) => (find("notice").textContent = text);

async function play() {
  const room = await client.joinOrCreate("life");
  find("status").room = room;
  const ground = await new Promise((resolve) => room.onMessage("ground", resolve));
  const camera = new Camera(find("game"), ground.side);
  const panel = new Panel(room, camera, ground, received);
  room.onMessage("report", (report) => {
    panel.report(report);
    scene.report(report);
  });
  room.onMessage("cells", (told) => {
    panel.cells = told.cells.length / 2;
    scene.cells(told);
  });
  room.on("reconnecting", () => say("Connection lost. Coming back …"));
  room.on("reconnected", () => {
    say("");
    told = "";
  });
  room.on("leave", () => say("The connection has ended. Reload to come back."));
  await room.ready();
  await scene.ready;
  const town = [...room.state.towns].sort((a, b) => b.people - a.people)[0];
  camera.jump(town.x, town.y, 3);
  scene.watch(room, camera, ground, panel);

  let told = "";
  setInterval(() => {
    const look = camera.look();
    if (JSON.stringify(look) === told) return;
    told = JSON.stringify(look);
    room.send("look", look);
  }, 120);
  setInterval(() => panel.refresh(), 250);
  say("");
  // For whoever opens the console.
  Object.assign(globalThis, { room, camera, scene, ready: true });
}

play().catch((error) => say(`The country cannot be seen: ${error.message}`));
game.events.once("ready", () => find("game").focus());
