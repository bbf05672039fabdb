// The picture: Phaser draws what the replica holds, smoothly.

const WIDTH = 1600;
const HEIGHT = 1000;
const DISC = 128;
/** How much is seen beyond the edge of the arena. */
const MARGIN = 90;

const sizeOf = (score) => 2 * Math.min(54, 16 + 2 * Math.sqrt(score));
const colour = (hue, light = 0.66) => Phaser.Display.Color.HSLToColor(hue / 360, 0.85, light).color;

/** Where to look, so that not much beyond the edge is seen. */
function within(wanted, size, seen) {
  const least = seen / 2 - MARGIN;
  return least > size / 2 ? size / 2 : Math.max(least, Math.min(size - least, wanted));
}

/** Draw a texture with a canvas. */
function paint(textures, key, size, draw) {
  const texture = textures.createCanvas(key, size, size);
  draw(texture.getContext(), size);
  texture.refresh();
}

function disc(context, size) {
  const half = size / 2;
  const light = context.createRadialGradient(half * 0.72, half * 0.62, 2, half, half, half);
  light.addColorStop(0, "#ffffff");
  light.addColorStop(0.55, "#d9dcec");
  light.addColorStop(1, "#8a8fa8");
  context.fillStyle = light;
  context.beginPath();
  context.arc(half, half, half - 1, 0, 7);
  context.fill();
}

function glow(context, size) {
  const half = size / 2;
  const light = context.createRadialGradient(half, half, 0, half, half, half);
  light.addColorStop(0, "rgba(255,255,255,0.9)");
  light.addColorStop(0.25, "rgba(255,255,255,0.35)");
  light.addColorStop(1, "rgba(255,255,255,0)");
  context.fillStyle = light;
  context.fillRect(0, 0, size, size);
}

function face(context, size) {
  const half = size / 2;
  for (const side of [-1, 1]) {
    context.fillStyle = "#fff";
    context.beginPath();
    context.arc(half * 1.34, half + side * half * 0.34, half * 0.24, 0, 7);
    context.fill();
    context.fillStyle = "#11142b";
    context.beginPath();
    context.arc(half * 1.43, half + side * half * 0.34, half * 0.13, 0, 7);
    context.fill();
  }
}

export class Scene extends Phaser.Scene {
  #room = null;
  #smooth = null;
  #bodies = new Map();
  #orbs = new Map();
  #off = [];

  constructor() {
    super("arena");
  }

  create() {
    paint(this.textures, "disc", DISC, disc);
    paint(this.textures, "glow", DISC, glow);
    paint(this.textures, "face", DISC, face);
    this.#floor();
    this.sparks = this.add.particles(0, 0, "glow", {
      speed: { min: 60, max: 260 },
      scale: { start: 0.22, end: 0 },
      lifespan: 620,
      emitting: false,
      blendMode: "ADD",
    });
    this.sparks.setDepth(4);
    this.cameras.main.centerOn(WIDTH / 2, HEIGHT / 2);
    this.scale.on("resize", () => this.#fit());
    this.#fit();
  }

  /** Show a room from now on, or none. */
  watch(room, smooth) {
    for (const off of this.#off.splice(0)) off();
    for (const key of [...this.#bodies.keys()]) this.#dismiss(key);
    for (const key of [...this.#orbs.keys()]) this.#extinguish(key, false);
    this.#room = room;
    this.#smooth = smooth;
    if (room === null) return;
    for (const [key, player] of room.state.players) this.#welcome(key, player);
    for (const [key, orb] of room.state.orbs) this.#light(key, orb);
    this.#off = [
      room.onAdd("players", (player, [, key]) => this.#welcome(key, player)),
      room.onRemove("players", (_, [, key]) => this.#dismiss(key)),
      room.onAdd("orbs", (orb, [, key]) => this.#light(key, orb)),
      room.onRemove("orbs", (_, [, key]) => this.#extinguish(key, true)),
    ];
    this.#fit();
  }

  /** Let sparks fly. */
  burst(x, y, lost) {
    this.sparks.setParticleTint(0xffe9a8);
    this.sparks.emitParticleAt(x, y, 10 + lost * 3);
  }

  update(time, elapsed) {
    if (this.#room === null) return;
    for (const [key, body] of this.#bodies) {
      const player = this.#room.state.players.get(key);
      if (player !== undefined) this.#place(body, player, elapsed);
    }
    for (const orb of this.#orbs.values()) {
      orb.setScale(orb.size * (1 + 0.12 * Math.sin(time / 300 + orb.phase)));
    }
    const own = this.#bodies.get(this.#room.sessionId);
    if (own !== undefined) this.#follow(own.disc, elapsed);
  }

  #place(body, player, elapsed) {
    const smooth = this.#smooth;
    const x = smooth.get(player, "x");
    const y = smooth.get(player, "y");
    body.size += (sizeOf(player.score) - body.size) * Math.min(1, elapsed / 160);
    const scale = body.size / DISC;
    body.disc.setPosition(x, y).setScale(scale);
    body.face.setPosition(x, y).setScale(scale).setAngle(smooth.get(player, "heading"));
    body.glow.setPosition(x, y).setScale(scale * (player.rushing ? 4 : 2.6));
    body.glow.setAlpha(player.rushing ? 0.85 : 0.35);
    body.name.setPosition(x, y - body.size / 2 - 12);
    const shown = player.away ? 0.35 : 1;
    body.disc.setAlpha(shown);
    body.face.setAlpha(shown);
    if (player.rushing) {
      this.sparks.setParticleTint(body.tint);
      this.sparks.emitParticleAt(x, y, 1);
    }
  }

  #follow(target, elapsed) {
    const camera = this.cameras.main;
    const share = Math.min(1, elapsed / 140);
    const x = within(target.x, WIDTH, camera.width / camera.zoom);
    const y = within(target.y, HEIGHT, camera.height / camera.zoom);
    camera.scrollX += (x - camera.width / 2 - camera.scrollX) * share;
    camera.scrollY += (y - camera.height / 2 - camera.scrollY) * share;
  }

  /** Show as much of the arena as suits the size of the window. */
  #fit() {
    const { width, height } = this.scale;
    this.cameras.main.setZoom(Math.max(0.55, Math.min(1.35, Math.min(width / 1000, height / 620))));
  }

  #floor() {
    const floor = this.add.graphics();
    floor.fillStyle(0x121733).fillRoundedRect(0, 0, WIDTH, HEIGHT, 28);
    floor.lineStyle(1, 0x27305f, 0.55);
    for (let x = 80; x < WIDTH; x += 80) floor.lineBetween(x, 0, x, HEIGHT);
    for (let y = 80; y < HEIGHT; y += 80) floor.lineBetween(0, y, WIDTH, y);
    floor.lineStyle(4, 0x5a6bff, 0.7).strokeRoundedRect(0, 0, WIDTH, HEIGHT, 28);
  }

  #welcome(key, player) {
    if (this.#bodies.has(key)) return;
    const tint = colour(player.hue);
    const own = key === this.#room.sessionId;
    const name = this.add.text(player.x, player.y, player.name, {
      fontFamily: "system-ui, sans-serif",
      fontSize: own ? "17px" : "15px",
      fontStyle: own ? "bold" : "normal",
      color: own ? "#ffffff" : "#c5cbee",
      stroke: "#0b0e1f",
      strokeThickness: 4,
      resolution: 2,
    });
    this.#bodies.set(key, {
      tint,
      size: 8,
      glow: this.add.image(player.x, player.y, "glow").setTint(tint).setBlendMode("ADD").setDepth(1),
      disc: this.add.image(player.x, player.y, "disc").setTint(tint).setDepth(own ? 3 : 2),
      face: this.add.image(player.x, player.y, "face").setDepth(own ? 3 : 2),
      name: name.setOrigin(0.5, 1).setDepth(5),
    });
  }

  #dismiss(key) {
    const body = this.#bodies.get(key);
    if (body === undefined) return;
    this.#bodies.delete(key);
    for (const part of [body.glow, body.disc, body.face, body.name]) part.destroy();
  }

  #light(key, orb) {
    if (this.#orbs.has(key)) return;
    const rare = orb.worth > 1;
    const image = this.add.image(orb.x, orb.y, "glow").setBlendMode("ADD");
    image.setTint(rare ? 0xffd36b : 0x7fe7ff).setAlpha(0);
    image.size = rare ? 0.52 : 0.32;
    image.phase = Math.random() * 6;
    this.tweens.add({ targets: image, alpha: 1, duration: 300 });
    this.#orbs.set(key, image);
  }

  #extinguish(key, gathered) {
    const image = this.#orbs.get(key);
    if (image === undefined) return;
    this.#orbs.delete(key);
    if (gathered) {
      this.sparks.setParticleTint(image.tintTopLeft);
      this.sparks.emitParticleAt(image.x, image.y, 5);
    }
    image.destroy();
  }
}
