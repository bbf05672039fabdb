// The panels: the time, what the server does, and who was picked.

import { DOINGS } from "./paint.js";

const find = (id) => document.getElementById(id);
const LEVELS = ["#3a4a56", "#ffc46b", "#6fe3a1"];
const NAMES = ["Ada", "Bo", "Cleo", "Dara", "Edda", "Finn", "Gwen", "Hugo", "Ida", "Jon", "Kaja", "Leo", "Mina", "Nils", "Ola", "Pia", "Quin", "Rosa", "Sven", "Tara", "Ugo", "Vera", "Wim", "Yara", "Zoe", "Anouk", "Björn", "Carla", "Emil", "Freya", "Greta", "Henri"];
const FAMILIES = ["Baker", "Brook", "Carter", "Dale", "Ember", "Fields", "Glover", "Hale", "Ives", "Juniper", "Kerr", "Lark", "Miller", "North", "Oakes", "Potter", "Quill", "Reed", "Smith", "Thorn", "Underhill", "Vale", "Weaver", "Wood", "Yarrow"];

/** What somebody is called follows from their id. */
const nameOf = (id) => `${NAMES[(id * 7) % NAMES.length]} ${FAMILIES[(id * 13 + (id >> 4)) % FAMILIES.length]}`;
const number = new Intl.NumberFormat("en");

export class Panel {
  cells = 0;
  picked = null;
  #report = null;
  #bytes = 0;
  #at = performance.now();
  #rate = 0;

  constructor(room, camera, ground, received) {
    Object.assign(this, { room, camera, ground, received });
    find("legend").replaceChildren(
      ...DOINGS.map(({ text, colour }) => {
        const item = document.createElement("li");
        const dot = document.createElement("i");
        dot.style.background = colour;
        item.append(dot, text);
        return item;
      }),
      this.#scale(),
    );
    find("nearer").onclick = () => camera.nearer(1.6);
    find("farther").onclick = () => camera.nearer(1 / 1.6);
    find("dismiss").onclick = () => this.pick(null);
    find("mini").onclick = ({ offsetX, offsetY, target }) => {
      camera.glide((offsetX / target.clientWidth) * ground.side, (offsetY / target.clientHeight) * ground.side);
      this.pick(null);
    };
    addEventListener("keydown", ({ code }) => {
      if (code === "KeyL") find("show-levels").click();
      if (code === "KeyC") find("show-cells").click();
      if (code === "KeyH") find("show-hunger").click();
    });
    camera.taken = () => this.pick(null);
  }

  get showsLevels() {
    return find("show-levels").checked;
  }

  get showsCells() {
    return find("show-cells").checked;
  }

  get showsHunger() {
    return find("show-hunger").checked;
  }

  pick(id) {
    this.picked = id;
    find("card").hidden = id === null;
    if (id !== null) this.#describe();
  }

  report(report) {
    this.#report = report;
    find("total").textContent = number.format(report.people);
    find("full").textContent = number.format(report.full);
    find("coarse").textContent = number.format(report.coarse);
    find("aggregate").textContent = number.format(report.people - report.full - report.coarse);
    find("took").textContent = `${report.took.toFixed(1)} ms`;
  }

  /** Say what changes all the time. */
  refresh() {
    const { hour } = this.room.state;
    const minutes = Math.floor(hour * 60);
    find("clock").textContent = `${Math.floor(minutes / 60)}:${String(Math.floor((minutes % 60) / 10) * 10).padStart(2, "0")}`;
    find("sun").className = hour < 6 || hour > 20 ? "night" : "";
    find("where").textContent = this.#where();
    find("held").textContent = number.format(this.room.state.people.size);
    find("cells").textContent = number.format(this.cells);
    const now = performance.now();
    if (now - this.#at > 900) {
      this.#rate = ((this.received.bytes - this.#bytes) / (now - this.#at)) * 1000;
      this.#bytes = this.received.bytes;
      this.#at = now;
    }
    find("rate").textContent = `${(this.#rate / 1024).toFixed(0)} kB/s`;
    find("legend").toggleAttribute("data-high", this.camera.isHigh);
    const scale = find("scale");
    scale.className = this.showsHunger ? "hunger" : "";
    const [from, to] = this.showsHunger ? ["hungry", "well fed"] : ["few people", "many"];
    scale.firstChild.textContent = from;
    scale.lastChild.textContent = to;
    this.#draw();
    if (this.picked !== null) this.#describe();
  }

  #scale() {
    const item = document.createElement("li");
    item.id = "scale";
    item.append(...["span", "i", "span"].map((name) => document.createElement(name)));
    return item;
  }

  #where() {
    const { x, y, isHigh } = this.camera;
    if (isHigh) return "above the country";
    const away = (town) => Math.hypot(town.x - x, town.y - y);
    const [near] = [...this.room.state.towns].sort((a, b) => away(a) - away(b));
    return away(near) < near.radius ? near.name : `near ${near.name}`;
  }

  #describe() {
    const person = this.room.state.people.get(this.picked);
    if (person === undefined) {
      this.pick(null);
      return;
    }
    const card = find("card");
    const { doing } = person;
    card.querySelector("h2").textContent = nameOf(this.picked);
    card.querySelector("p").textContent = DOINGS.find((each) => each.name === doing).now;
    const [food, rest, social] = card.querySelectorAll("meter");
    food.value = person.food;
    rest.value = person.rest;
    social.value = person.social;
  }

  #draw() {
    if (this.#report === null) return;
    const canvas = find("mini");
    const context = canvas.getContext("2d");
    const across = this.ground.side / this.ground.region;
    const size = canvas.width / across;
    context.fillStyle = "#2c3a40";
    context.fillRect(0, 0, canvas.width, canvas.height);
    this.#report.levels.forEach((level, region) => {
      if (level === 0) return;
      context.fillStyle = LEVELS[level];
      context.fillRect((region % across) * size, Math.floor(region / across) * size, size - 0.5, size - 0.5);
    });
    const scale = canvas.width / this.ground.side;
    context.fillStyle = "rgb(255 244 220 / 75%)";
    for (const { x, y, radius } of this.room.state.towns) {
      context.beginPath();
      context.arc(x * scale, y * scale, Math.max(1.1, radius * scale * 0.45), 0, 7);
      context.fill();
    }
    const { x, y, zoom, width, height } = this.camera;
    context.strokeStyle = "#fff";
    context.lineWidth = 1.5;
    const wide = Math.max(5, (width / zoom) * scale);
    const high = Math.max(4, (height / zoom) * scale);
    context.strokeRect(x * scale - wide / 2, y * scale - high / 2, wide, high);
  }
}
