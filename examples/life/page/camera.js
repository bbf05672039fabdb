// Where one looks: dragged, wheeled, pinched, or moved by keys, and always softly.

/** The server shows people no farther than this. */
const FARTHEST = 640;
const NEAREST = 14;
const KEYS = {
  ArrowUp: [0, -1], KeyW: [0, -1],
  ArrowDown: [0, 1], KeyS: [0, 1],
  ArrowLeft: [-1, 0], KeyA: [-1, 0],
  ArrowRight: [1, 0], KeyD: [1, 0],
};

export class Camera {
  x = 0;
  y = 0;
  zoom = 1;
  /** Where it is on the way to. */
  #to = { x: 0, y: 0, zoom: 1 };
  #pressed = new Set();
  #fingers = new Map();
  #moved = 0;
  /** Called with a place that was clicked. */
  picked = () => {};
  /** Called when somebody moves it by hand. */
  taken = () => {};

  constructor(element, side) {
    this.element = element;
    this.side = side;
    element.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    element.addEventListener("pointerdown", (event) => this.#down(event));
    element.addEventListener("pointermove", (event) => this.#move(event));
    for (const end of ["pointerup", "pointercancel"]) element.addEventListener(end, (event) => this.#up(event));
    addEventListener("keydown", (event) => {
      if (event.target.matches("input, button")) return;
      if (event.code in KEYS) this.#pressed.add(event.code);
      if (event.key === "+" || event.key === "=") this.nearer(1.5);
      if (event.key === "-") this.nearer(1 / 1.5);
    });
    addEventListener("keyup", (event) => this.#pressed.delete(event.code));
    addEventListener("blur", () => this.#pressed.clear());
  }

  get width() {
    return this.element.clientWidth;
  }

  get height() {
    return this.element.clientHeight;
  }

  /** Whether it is so high that people cannot be told from each other. */
  get isHigh() {
    return this.#radius(this.#to.zoom) > FARTHEST;
  }

  /** What the server is told. */
  look() {
    const { x, y, zoom } = this.#to;
    const radius = this.isHigh ? 0 : Math.min(FARTHEST, Math.ceil(this.#radius(zoom) + 16));
    return { x: Math.round(x), y: Math.round(y), radius };
  }

  jump(x, y, zoom = this.zoom) {
    Object.assign(this.#to, { x, y, zoom });
    this.#clamp();
    Object.assign(this, this.#to);
  }

  glide(x, y, zoom = this.#to.zoom) {
    Object.assign(this.#to, { x, y, zoom });
    this.#clamp();
  }

  /** Zoom, with one point of the window staying where it is. */
  nearer(factor, px = this.width / 2, py = this.height / 2) {
    const to = this.#to;
    const before = to.zoom;
    to.zoom *= factor;
    this.#clamp();
    const share = 1 / before - 1 / to.zoom;
    to.x += (px - this.width / 2) * share;
    to.y += (py - this.height / 2) * share;
    this.#clamp();
  }

  /** Where a point of the window lies in the country. */
  place(px, py) {
    return [this.x + (px - this.width / 2) / this.zoom, this.y + (py - this.height / 2) / this.zoom];
  }

  advance(elapsed) {
    for (const key of this.#pressed) {
      this.#to.x += (KEYS[key][0] * elapsed * 0.7) / this.#to.zoom;
      this.#to.y += (KEYS[key][1] * elapsed * 0.7) / this.#to.zoom;
      this.taken();
    }
    this.#clamp();
    const share = 1 - Math.exp(-elapsed / 90);
    this.x += (this.#to.x - this.x) * share;
    this.y += (this.#to.y - this.y) * share;
    this.zoom *= (this.#to.zoom / this.zoom) ** share;
  }

  #radius(zoom) {
    return Math.hypot(this.width, this.height) / 2 / zoom;
  }

  #clamp() {
    const to = this.#to;
    const least = (Math.min(this.width, this.height) / this.side) * 0.92;
    to.zoom = Math.max(least, Math.min(NEAREST, to.zoom));
    to.x = Math.max(0, Math.min(this.side, to.x));
    to.y = Math.max(0, Math.min(this.side, to.y));
  }

  #wheel(event) {
    event.preventDefault();
    this.nearer(1.0016 ** -event.deltaY, event.offsetX, event.offsetY);
  }

  #down(event) {
    this.element.setPointerCapture(event.pointerId);
    this.#fingers.set(event.pointerId, [event.offsetX, event.offsetY]);
    this.#moved = this.#fingers.size > 1 ? 99 : 0;
  }

  #move(event) {
    const before = this.#fingers.get(event.pointerId);
    if (before === undefined) return;
    const now = [event.offsetX, event.offsetY];
    const others = [...this.#fingers].filter(([id]) => id !== event.pointerId);
    this.#fingers.set(event.pointerId, now);
    if (others.length === 1) {
      const [, [x, y]] = others[0];
      const factor = Math.hypot(now[0] - x, now[1] - y) / Math.max(1, Math.hypot(before[0] - x, before[1] - y));
      this.nearer(factor, x, y);
      return;
    }
    this.#moved += Math.hypot(now[0] - before[0], now[1] - before[1]);
    if (this.#moved < 5) return;
    this.taken();
    this.#to.x -= (now[0] - before[0]) / this.#to.zoom;
    this.#to.y -= (now[1] - before[1]) / this.#to.zoom;
    this.#clamp();
  }

  #up(event) {
    const known = this.#fingers.delete(event.pointerId);
    if (known && this.#moved < 5 && event.type === "pointerup") this.picked(event.offsetX, event.offsetY);
  }
}
