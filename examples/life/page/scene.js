// The picture: the land, who lives on it, and the light of the hour.

import { Atlas } from "./atlas.js";
import { Land } from "./land.js";
import { paintAll } from "./paint.js";
import { People } from "./people.js";
import { Places } from "./places.js";

/** The colour of the light at some hours, by which all is multiplied, and how dark it is. */
const LIGHT = [
  [0, [108, 120, 188], 1],
  [4.6, [114, 124, 190], 1],
  [6, [255, 214, 196], 0.35],
  [7.4, [255, 252, 246], 0],
  [17.6, [255, 250, 240], 0],
  [19.4, [255, 208, 172], 0.3],
  [21, [146, 132, 190], 0.85],
  [22.5, [108, 120, 188], 1],
  [24, [108, 120, 188], 1],
];

function lightAt(hour) {
  const next = LIGHT.findIndex(([when]) => when > hour);
  const [begins, from, dark] = LIGHT[next - 1];
  const [ends, to, darker] = LIGHT[next];
  const share = (hour - begins) / (ends - begins);
  const [r, g, b] = from.map((each, i) => Math.round(each + (to[i] - each) * share));
  return { colour: (r << 16) | (g << 8) | b, night: dark + (darker - dark) * share };
}

export class Scene extends Phaser.Scene {
  #parts = null;
  #begun;
  ready = new Promise((resolve) => (this.#begun = resolve));

  constructor() {
    super("life");
  }

  create() {
    paintAll(this.textures);
    this.#begun();
  }

  /** Show a room from now on. */
  watch(room, camera, ground, panel) {
    const { towns, people, places } = room.state;
    this.#parts = {
      room,
      camera,
      panel,
      land: new Land(this, [...towns], ground.side),
      atlas: new Atlas(this, ground, [...towns]),
      people: new People(this, people),
      places: new Places(this, places),
      shade: this.add.rectangle(ground.side / 2, ground.side / 2, ground.side * 3, ground.side * 3, 0xffffff).setBlendMode("MULTIPLY").setDepth(10),
      ring: this.add.image(0, 0, "life", "ring").setDepth(8).setTint(0xffffff).setVisible(false),
    };
    camera.picked = (px, py) => this.#pick(px, py);
    room.onStateChange(() => this.#take());
    this.#take();
  }

  report(report) {
    this.#parts?.atlas.report(report, this.#parts.panel);
  }

  cells(told) {
    this.#parts?.atlas.watch(told);
  }

  update(_, elapsed) {
    if (this.#parts === null) return;
    const { room, camera, panel, land, atlas, people, places, shade } = this.#parts;
    camera.advance(elapsed);
    this.cameras.main.setZoom(camera.zoom).centerOn(camera.x, camera.y);
    land.show(camera);
    people.draw(performance.now(), camera);
    const { hour } = room.state;
    const { colour, night } = lightAt(hour);
    // By day the light changes nothing, and costs nothing.
    shade.setFillStyle(colour).setVisible(night > 0);
    places.light(night, hour);
    atlas.show(camera, panel, elapsed);
    this.#follow();
  }

  #take() {
    const { people, places, room } = this.#parts;
    people.rows = room.state.people;
    places.rows = room.state.places;
    people.take(performance.now());
    places.take();
  }

  #pick(px, py) {
    const { camera, people, panel } = this.#parts;
    if (camera.isHigh) {
      camera.glide(...camera.place(px, py), Math.max(2.2, camera.zoom * 2));
      return;
    }
    panel.pick(people.at(...camera.place(px, py), Math.max(4, 12 / camera.zoom)));
  }

  #follow() {
    const { camera, people, panel, ring } = this.#parts;
    const person = panel.picked === null ? undefined : people.get(panel.picked);
    ring.setVisible(person !== undefined);
    if (person === undefined) return;
    ring.setPosition(person.x, person.y).setScale(Math.max(6, 22 / camera.zoom) / 64);
    camera.glide(person.x, person.y);
  }
}
