// The land: meadows and woods, roads from town to town, streets, and trees.

/** How many pixels the picture of the whole ground has on a side. */
const GROUND = 1024;
/** Trees come and go by squares of so many metres. */
const GROVE = 160;
/** The rings on which buildings stand, as the server builds them. */
const GREEN = 34;
const RING = 24;

/** A number from 0 to 1 that is always the same for a place. */
export function chance(x, y, salt = 0) {
  let mixed = Math.imul(x | 0, 374761393) ^ Math.imul(y | 0, 668265263) ^ Math.imul(salt, 974634777);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 1274126177);
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 4294967296;
}

const soft = (t) => t * t * (3 - 2 * t);

function noise(x, y, salt) {
  const x0 = Math.floor(x);
  const y0 = Math.floor(y);
  const u = soft(x - x0);
  const v = soft(y - y0);
  const top = chance(x0, y0, salt) * (1 - u) + chance(x0 + 1, y0, salt) * u;
  const low = chance(x0, y0 + 1, salt) * (1 - u) + chance(x0 + 1, y0 + 1, salt) * u;
  return top * (1 - v) + low * v;
}

/** How dense the wood is at a place, from 0 to 1. */
const wood = (x, y) => 0.6 * noise(x / 520, y / 520, 1) + 0.28 * noise(x / 190, y / 190, 2) + 0.12 * noise(x / 70, y / 70, 3);

function blend(from, to, share) {
  const t = Math.max(0, Math.min(1, share));
  return from.map((each, i) => each + (to[i] - each) * t);
}

/** Which towns have a road to each other: each to its two nearest, and none twice. */
function roadsOf(towns) {
  const roads = new Map();
  towns.forEach((one, number) => {
    const near = towns
      .map((other, at) => [Math.hypot(other.x - one.x, other.y - one.y), at])
      .sort((a, b) => a[0] - b[0])
      .slice(1, 4);
    for (const [, at] of near.filter(([far], i) => i < 2 || far < 700)) roads.set(Math.min(number, at) * 1000 + Math.max(number, at), [one, towns[at]]);
  });
  return [...roads.values()];
}

export class Land {
  #groves = new Map();
  #streets = new Map();

  constructor(scene, towns, side) {
    Object.assign(this, { scene, towns, side });
    this.roads = roadsOf(towns);
    this.#ground();
    this.#draw();
  }

  /** Have streets and trees where the camera looks, and nowhere else. */
  show({ x, y, zoom, width, height }) {
    const wide = width / zoom / 2;
    const high = height / zoom / 2;
    const isNear = zoom > 0.75;
    for (const town of this.towns) {
      const isSeen = isNear && Math.abs(town.x - x) < wide + town.radius + 40 && Math.abs(town.y - y) < high + town.radius + 40;
      if (isSeen && !this.#streets.has(town)) this.#pave(town);
      if (!isSeen && this.#streets.has(town)) this.#unpave(town);
    }
    const wanted = new Set();
    if (isNear) {
      for (let gx = Math.floor((x - wide) / GROVE); gx <= (x + wide) / GROVE; gx++) {
        for (let gy = Math.floor((y - high) / GROVE); gy <= (y + high) / GROVE; gy++) {
          const key = gx * 1000 + gy;
          wanted.add(key);
          if (!this.#groves.has(key)) this.#groves.set(key, this.#plant(gx, gy));
        }
      }
    }
    for (const [key, trees] of this.#groves) {
      if (wanted.has(key)) continue;
      for (const tree of trees) tree.destroy();
      this.#groves.delete(key);
    }
  }

  #ground() {
    const texture = this.scene.textures.createCanvas("ground", GROUND, GROUND);
    const context = texture.getContext();
    const image = context.createImageData(GROUND, GROUND);
    const scale = this.side / GROUND;
    for (let row = 0; row < GROUND; row++) {
      for (let column = 0; column < GROUND; column++) {
        const x = column * scale;
        const y = row * scale;
        const trees = wood(x, y);
        const dry = noise(x / 340, y / 340, 7);
        const fine = chance(column, row, 9) * 5;
        let colour = blend([143, 184, 101], [186, 190, 108], (dry - 0.5) * 2.4);
        colour = blend(colour, [87, 142, 84], (trees - 0.46) * 5.5);
        image.data.set([colour[0] + fine, colour[1] + fine, colour[2] + fine, 255], (row * GROUND + column) * 4);
      }
    }
    context.putImageData(image, 0, 0);
    for (const { x, y, radius } of this.towns) {
      const light = context.createRadialGradient(x / scale, y / scale, 0, x / scale, y / scale, (radius * 1.16) / scale);
      light.addColorStop(0, "rgb(196 198 132 / 85%)");
      light.addColorStop(0.78, "rgb(184 192 120 / 70%)");
      light.addColorStop(1, "rgb(176 194 118 / 0%)");
      context.fillStyle = light;
      context.beginPath();
      context.arc(x / scale, y / scale, (radius * 1.16) / scale, 0, 7);
      context.fill();
    }
    texture.refresh();
    texture.setFilter(Phaser.Textures.FilterMode.LINEAR);
    this.scene.add.rectangle(this.side / 2, this.side / 2, this.side * 3, this.side * 3, 0x4a7f8c).setDepth(0);
    this.scene.add.image(0, 0, "ground").setOrigin(0).setDisplaySize(this.side, this.side).setDepth(0);
  }

  #draw() {
    const roads = this.scene.add.graphics().setDepth(1);
    for (const [width, colour, alpha] of [[13, 0x8d8a5c, 0.4], [9, 0xdfd2a8, 1]]) {
      roads.lineStyle(width, colour, alpha);
      for (const [a, b] of this.roads) roads.lineBetween(a.x, a.y, b.x, b.y);
    }
  }

  #pave(town) {
    const key = `streets-${this.towns.indexOf(town)}`;
    const scale = 2;
    const size = Math.ceil((town.radius + 20) * 2 * scale);
    const texture = this.scene.textures.createCanvas(key, size, size);
    const context = texture.getContext();
    context.translate(size / 2, size / 2);
    context.scale(scale, scale);
    context.strokeStyle = "#e6dcbc";
    context.lineCap = "round";
    for (let radius = GREEN - RING / 2; radius < town.radius - 12; radius += RING) {
      context.lineWidth = 5.5;
      context.beginPath();
      context.arc(0, 0, radius, 0, 7);
      context.stroke();
    }
    context.lineWidth = 5;
    for (let at = 0; at < 6; at++) {
      const angle = (at / 6) * Math.PI * 2 + town.x;
      context.beginPath();
      context.moveTo(20 * Math.cos(angle), 20 * Math.sin(angle));
      context.lineTo((town.radius - 8) * Math.cos(angle), (town.radius - 8) * Math.sin(angle));
      context.stroke();
    }
    texture.refresh();
    this.#streets.set(town, this.scene.add.image(town.x, town.y, key).setScale(1 / scale).setDepth(1));
  }

  #unpave(town) {
    const image = this.#streets.get(town);
    const { key } = image.texture;
    image.destroy();
    this.scene.textures.remove(key);
    this.#streets.delete(town);
  }

  #plant(gx, gy) {
    const trees = [];
    for (let at = 0; at < 54; at++) {
      const x = (gx + chance(gx, gy, at * 3 + 11)) * GROVE;
      const y = (gy + chance(gx, gy, at * 3 + 12)) * GROVE;
      if (x < 0 || y < 0 || x > this.side || y > this.side) continue;
      const dense = wood(x, y);
      if (chance(gx, gy, at * 3 + 13) > (dense - 0.4) * 4 + 0.06 || this.#isBuilt(x, y)) continue;
      const size = 0.15 + 0.13 * chance(x, y, 4);
      trees.push(this.scene.add.image(x, y, "life", `tree-${Math.floor(chance(x, y, 5) * 4)}`).setScale(size).setDepth(6));
    }
    return trees;
  }

  #isBuilt(x, y) {
    if (this.towns.some((town) => Math.hypot(town.x - x, town.y - y) < town.radius + 4)) return true;
    return this.roads.some(([a, b]) => {
      const dx = b.x - a.x;
      const dy = b.y - a.y;
      const share = Math.max(0, Math.min(1, ((x - a.x) * dx + (y - a.y) * dy) / (dx * dx + dy * dy)));
      return Math.hypot(a.x + dx * share - x, a.y + dy * share - y) < 11;
    });
  }
}
