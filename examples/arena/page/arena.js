// The page of the arena: joins, steers, and shows what the server says.

import { Client, Interpolation, defineWidget } from "/nexus/client/nexus.mjs";

import { Controls } from "./controls.js";
import { Scene } from "./scene.js";

const find = (id) => document.getElementById(id);
const REST = 2000;

defineWidget();
const client = new Client(location.origin.replace("http", "ws"));
const scene = new Scene();
const game = new Phaser.Game({
  type: Phaser.AUTO,
  parent: "game",
  backgroundColor: "#0b0e1f",
  banner: false,
  audio: { noAudio: true },
  scale: { mode: Phaser.Scale.RESIZE, width: "100%", height: "100%" },
  scene,
});

let room = null;
let rested = 0;

function say(text) {
  find("notice").textContent = text;
}

/** Show who is ahead. */
function rank() {
  if (!room?.state) return;
  const all = [...room.state.players].sort((a, b) => b[1].score - a[1].score);
  const own = all.findIndex(([key]) => key === room.sessionId);
  const shown = all.slice(0, 5);
  if (own >= shown.length) shown.push(all[own]);
  const rows = shown.map(([key, player]) => {
    const row = document.createElement("li");
    row.className = key === room.sessionId ? "me" : "";
    const dot = document.createElement("i");
    dot.style.background = `hsl(${player.hue} 85% 66%)`;
    const name = document.createElement("span");
    name.textContent = player.name;
    const score = document.createElement("b");
    score.textContent = player.score;
    row.append(dot, name, score);
    return row;
  });
  document.querySelector("#board ol").replaceChildren(...rows);
}

async function rush() {
  if (room === null || performance.now() < rested) return;
  if (await room.request("rush").catch(() => false)) rested = performance.now() + REST;
}

function show(playing) {
  find("start").hidden = playing;
  for (const id of ["board", "status", "rest", "leap"]) find(id).hidden = !playing;
}

async function play(name) {
  room = await client.joinOrCreate("arena", { name });
  find("status").room = room;
  const smooth = new Interpolation(room, { delay: 100 });
  smooth.track("players.*", ["x", "y"], { snap: 400 });
  smooth.track("players.*", ["heading"], { wrap: 360 });
  room.onMessage("hit", (hit) => scene.burst(hit.x, hit.y, hit.lost));
  room.on("reconnecting", ({ attempt }) => say(`Connection lost. Coming back, attempt ${attempt} …`));
  room.on("reconnected", () => {
    say("");
    // Who holds a key runs on.
    controls.forget();
  });
  room.on("leave", ({ reason }) => {
    smooth.close();
    scene.watch(null, null);
    room = null;
    say(reason ? `You have left the arena: ${reason}` : "You have left the arena.");
    show(false);
  });
  await room.ready();
  controls.forget();
  scene.watch(room, smooth);
  show(true);
  say("");
  // For whoever opens the console.
  Object.assign(globalThis, { room, ready: true });
}

const controls = new Controls(find("game"), { rush, steer: (x, y) => room?.send("steer", { x, y }) });
find("leap").addEventListener("click", rush);
find("start").addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = event.target.querySelector("button");
  button.disabled = true;
  try {
    await play(find("name").value);
    find("game").focus();
  } catch (error) {
    say(`You could not join: ${error.message}`);
  } finally {
    button.disabled = false;
  }
});

setInterval(rank, 250);
setInterval(() => controls.tell(), 50);
game.events.on("step", () => {
  const left = Math.max(0, rested - performance.now());
  find("rest").style.setProperty("--ready", `${100 - (left / REST) * 100}%`);
});
find("name").focus();
