// The map: where people are when one is too high to see them, Levels, and Cells.

const LEVELS = [null, [255, 178, 64, 52], [70, 240, 150, 52]];
/** Of every so manieth patch a client hears of a Cell. */
const RATES = { 1: 0x6fe3a1, 2: 0xffe08a, 4: 0xff9f6b };
/** From few people to many. */
const HEAT = [[255, 214, 120, 0], [255, 200, 96, 150], [248, 132, 66, 205], [222, 62, 88, 228], [140, 30, 112, 240]];

/** Mix a colour between those of a scale. */
function mix(scale, share) {
  const at = Math.max(0, Math.min(0.999, share)) * (scale.length - 1);
  const low = Math.floor(at);
  return scale[low].map((each, i) => each + (scale[low + 1][i] - each) * (at - low));
}

/** From hungry to well fed. */
const FED = [[214, 52, 74, 235], [244, 130, 70, 225], [240, 214, 110, 205], [126, 206, 140, 215], [60, 170, 160, 225]];

export class Atlas {
  #cells = null;

  constructor(scene, ground, towns) {
    Object.assign(this, { scene, ground });
    const across = Math.ceil(ground.side / ground.region);
    this.across = across;
    this.heat = this.#layer("heat", across, Phaser.Textures.FilterMode.LINEAR, 12);
    this.levels = this.#layer("levels", across, Phaser.Textures.FilterMode.NEAREST, 13);
    this.squares = scene.add.graphics().setDepth(14);
    this.names = [...towns].sort((a, b) => b.people - a.people).map((town) => this.#name(town));
  }

  /** Take what the server reports. */
  report({ levels, counts, food }, { showsHunger }) {
    this.#paint("levels", (region) => LEVELS[levels[region]]);
    if (counts === undefined) return;
    const view = new DataView(counts.buffer, counts.byteOffset, counts.byteLength);
    this.#paint("heat", (region) => {
      const count = view.getUint16(region * 2, true);
      if (!showsHunger) return mix(HEAT, Math.sqrt(count / 700));
      return count > 4 && mix(FED, (food[region] / 255 - 0.56) / 0.18);
    });
  }

  /** Take which Cells this client watches. */
  watch({ cells, every }) {
    const view = new DataView(cells.buffer, cells.byteOffset, cells.byteLength);
    this.#cells = Array.from(every, (rate, at) => [view.getUint16(at * 2, true), rate]);
    this.#draw();
  }

  /** Show what fits the camera and the wishes. */
  show(camera, { showsLevels, showsCells }, elapsed) {
    const wanted = camera.isHigh ? 0.92 : 0;
    this.heat.alpha += (wanted - this.heat.alpha) * Math.min(1, elapsed / 260);
    this.levels.setVisible(showsLevels);
    this.squares.setVisible(showsCells && !camera.isHigh);
    this.#label(camera);
  }

  /** Write names where there is room, those of large towns first. */
  #label({ zoom, isHigh }) {
    const taken = [];
    for (const { label, town } of this.names) {
      const size = 0.46 + Math.min(0.18, town.people / 18000);
      const y = town.y - town.radius * 0.3 - 10 / zoom;
      const wide = ((label.width * size) / 2 + 14) / zoom;
      const high = 44 / zoom;
      const isFree = isHigh && taken.every((each) => Math.abs(each.x - town.x) > each.wide + wide || Math.abs(each.y - y) > high);
      label.setVisible(isFree);
      if (!isFree) continue;
      taken.push({ x: town.x, y, wide });
      label.setScale(size / zoom).setY(y);
    }
  }

  #layer(key, across, filter, depth) {
    const texture = this.scene.textures.createCanvas(key, across, across);
    texture.setFilter(filter);
    const size = across * this.ground.region;
    return this.scene.add.image(0, 0, key).setOrigin(0).setDisplaySize(size, size).setDepth(depth).setAlpha(key === "heat" ? 0 : 1);
  }

  #paint(key, colour) {
    const texture = this.scene.textures.get(key);
    const context = texture.getContext();
    const image = context.createImageData(this.across, this.across);
    for (let region = 0; region < this.across ** 2; region++) {
      const found = colour(region);
      if (found) image.data.set(found, region * 4);
    }
    context.putImageData(image, 0, 0);
    texture.refresh();
  }

  #draw() {
    const { side, cell } = this.ground;
    const across = Math.ceil(side / cell);
    this.squares.clear();
    for (const [number, rate] of this.#cells) {
      const x = (number % across) * cell;
      const y = Math.floor(number / across) * cell;
      this.squares.fillStyle(RATES[rate] ?? 0xffffff, 0.04).fillRect(x + 1, y + 1, cell - 2, cell - 2);
      this.squares.lineStyle(1, RATES[rate] ?? 0xffffff, 0.65).strokeRect(x + 1, y + 1, cell - 2, cell - 2);
    }
  }

  #name(town) {
    const style = { fontFamily: "Georgia, serif", fontSize: "30px", color: "#fffaf0", stroke: "#2b2a24", strokeThickness: 6, resolution: 1 };
    const label = this.scene.add.text(town.x, town.y, town.name, style).setOrigin(0.5, 1).setDepth(16).setVisible(false);
    return { label, town };
  }
}
