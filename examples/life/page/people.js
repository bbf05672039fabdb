// People: taken from the columns of the table, and led smoothly from place to place.

import { FIGURE } from "./paint.js";

const SLEEP = 0;
const BUBBLES = { 0: "bubble-0", 3: "bubble-3", 4: "bubble-4" };
/** A need below this is shown. */
const POOR = 0.22;
/** How tall a person is, in metres; and how tall at least, in pixels. */
const TALL = 4.6;
const LEAST = 9;
/** Nearer than this zoom one sees figures, and from here on what moves them. */
const FIGURES = 2.4;
const THOUGHTS = 5.5;

export class People {
  /** @type {Map<number, object>} by id */
  #known = new Map();
  #free = [];
  #round = 0;

  constructor(scene, rows) {
    this.scene = scene;
    this.rows = rows;
  }

  /** Take what the table holds now. */
  take(now) {
    const { rows } = this;
    const [x, y, doing] = ["x", "y", "doing"].map((name) => rows.column(name));
    const [food, rest, social] = ["food", "rest", "social"].map((name) => rows.column(name));
    const round = ++this.#round;
    const { ids } = rows;
    for (let slot = 0; slot < ids.length; slot++) {
      let person = this.#known.get(ids[slot]);
      if (person === undefined) {
        person = this.#welcome(ids[slot], x[slot], y[slot], now);
      } else if (person.toX !== x[slot] || person.toY !== y[slot]) {
        // Who is heard of now and then gets as long for the way as it took to hear of it.
        person.span = Math.max(120, Math.min(900, now - person.since)) * 1.15;
        person.since = now;
        person.fromX = person.x;
        person.fromY = person.y;
        person.toX = x[slot];
        person.toY = y[slot];
      }
      person.round = round;
      person.doing = doing[slot];
      person.worst = Math.min(food[slot], rest[slot], social[slot]);
    }
    for (const [id, person] of this.#known) if (person.round !== round) this.#dismiss(id, person);
  }

  /** Draw them as they are now. */
  draw(now, { x, y, zoom, width, height }) {
    const wide = width / zoom / 2 + 5;
    const high = height / zoom / 2 + 5;
    const isNear = zoom > FIGURES;
    const scale = Math.max(TALL, (isNear ? 2.2 : 1) * LEAST / zoom) / FIGURE;
    for (const person of this.#known.values()) {
      const share = Math.min(1, (now - person.since) / person.span);
      person.x = person.fromX + (person.toX - person.fromX) * share;
      person.y = person.fromY + (person.toY - person.fromY) * share;
      const { image } = person;
      const isSeen = Math.abs(person.x - x) < wide && Math.abs(person.y - y) < high;
      if (image.visible !== isSeen) image.setVisible(isSeen);
      if (!isSeen) {
        person.bubble?.setVisible(false);
        continue;
      }
      const isWalking = share < 1;
      const frame = `${person.doing}-${isNear ? person.look : "dot"}`;
      if (image.frame.name !== frame) image.setFrame(frame);
      const step = isWalking && isNear ? Math.abs(Math.sin(now / 130 + person.look + person.x)) * 0.5 : 0;
      const rests = person.doing === SLEEP && !isWalking;
      image.setPosition(person.x, person.y - step).setScale(scale);
      image.setAlpha(rests ? 0.45 : Math.min(1, (now - person.born) / 350));
      this.#think(person, zoom > THOUGHTS && !isWalking, scale);
    }
  }

  /** Who stands at a place, or near it: an id, or null. */
  at(x, y, reach) {
    let found = null;
    let best = reach;
    for (const [id, person] of this.#known) {
      const far = Math.hypot(person.x - x, person.y - y);
      if (far < best) [found, best] = [id, far];
    }
    return found;
  }

  get(id) {
    return this.#known.get(id);
  }

  hide() {
    for (const [id, person] of this.#known) this.#dismiss(id, person);
  }

  #think(person, isShown, scale) {
    const key = person.worst < POOR ? "bubble-sad" : BUBBLES[person.doing];
    if (!isShown || key === undefined || (person.look + person.doing) % 2 === 0) {
      person.bubble?.setVisible(false);
      return;
    }
    person.bubble ??= this.scene.add.image(0, 0, "life", key).setDepth(9);
    if (person.bubble.frame.name !== key) person.bubble.setFrame(key);
    person.bubble.setPosition(person.x + 1.6, person.y - TALL * 0.86).setScale(scale * 0.5).setVisible(true).setAlpha(0.92);
  }

  #welcome(id, x, y, now) {
    const image = this.#free.pop() ?? this.scene.add.image(0, 0, "life", "0-0").setDepth(5);
    const person = { image, x, y, fromX: x, fromY: y, toX: x, toY: y, since: now, born: now, span: 1, look: (id * 7) % 4, bubble: null };
    this.#known.set(id, person);
    return person;
  }

  #dismiss(id, person) {
    person.image.setVisible(false);
    person.bubble?.destroy();
    this.#free.push(person.image);
    this.#known.delete(id);
  }
}
