// Places: buildings and parks of which the table tells, and their lights at night.

import { chance } from "./land.js";

const HOME = 0;
const WORK = 1;
const PARK = 3;
const NAMES = ["home", "work", "inn", "park", "green"];
const SCALES = [0.16, 0.15, 0.15, 0.16, 0.2];
const LAMPS = [0.34, 0.42, 0.6, 0.5, 1.3];

export class Places {
  #known = new Map();

  constructor(scene, rows) {
    this.scene = scene;
    this.rows = rows;
    this.#size = -1;
  }

  #size;
  #first;

  /** Take what the table holds now; what stands never moves. */
  take() {
    const { ids } = this.rows;
    // Rows come and go in numbers, so the first and the last tell of most changes.
    const first = `${ids[0]} ${ids[ids.length - 1]}`;
    if (ids.length === this.#size && first === this.#first) return;
    this.#size = ids.length;
    this.#first = first;
    const [x, y, building, angle] = ["x", "y", "building", "angle"].map((name) => this.rows.column(name));
    for (let slot = 0; slot < ids.length; slot++) {
      if (!this.#known.has(ids[slot])) this.#known.set(ids[slot], this.#build(x[slot], y[slot], building[slot], angle[slot]));
    }
    for (const [id, place] of this.#known) if (!this.rows.has(id)) this.#clear(id, place);
  }

  /** Light the windows. */
  light(night, hour) {
    for (const { glow, number, isShop } of this.#known.values()) {
      // Late at night most are dark, and workshops are so all evening.
      const isLate = hour > (isShop ? 18 : 22) + number || hour < 5.2 + number;
      glow.setAlpha(night * (isLate && number < 0.8 ? 0.1 : 0.72));
    }
  }

  hide() {
    for (const [id, place] of this.#known) this.#clear(id, place);
    this.#size = -1;
  }

  #build(x, y, building, angle) {
    const number = chance(x * 10, y * 10);
    const frame = building === HOME ? `home-${Math.floor(number * 4)}` : NAMES[building];
    const image = this.scene.add.image(x, y, "life", frame).setScale(SCALES[building]);
    image.setDepth(building < PARK ? 3 : 2).setAngle(building <= PARK ? angle + 90 : 0);
    const glow = this.scene.add.image(x, y, "life", "glow").setScale(LAMPS[building]).setBlendMode("ADD").setDepth(11).setAlpha(0);
    // Lanterns in parks burn all night.
    return { image, glow, isShop: building === WORK, number: building < PARK ? number : 1 };
  }

  #clear(id, { image, glow }) {
    image.destroy();
    glow.destroy();
    this.#known.delete(id);
  }
}
