// What people do: keys, a finger, or a mouse, made into one direction.

const KEYS = {
  ArrowUp: [0, -1], KeyW: [0, -1],
  ArrowDown: [0, 1], KeyS: [0, 1],
  ArrowLeft: [-1, 0], KeyA: [-1, 0],
  ArrowRight: [1, 0], KeyD: [1, 0],
};

/** A finger that is this far from where it began means full speed, in pixels. */
const REACH = 60;

export class Controls {
  #pressed = new Set();
  #finger = null;
  #told = "0,0";
  #steer;

  constructor(element, { steer, rush }) {
    this.#steer = steer;
    element.tabIndex = 0;
    addEventListener("keydown", (event) => {
      if (event.target.matches("input, button")) return;
      if (event.code === "Space" && !event.repeat) rush();
      if (event.code in KEYS) this.#pressed.add(event.code);
      if (event.code === "Space" || event.code in KEYS) event.preventDefault();
      // A key that is only tapped counts, too.
      this.tell();
    });
    addEventListener("keyup", (event) => this.#pressed.delete(event.code));
    addEventListener("blur", () => this.#pressed.clear());
    element.addEventListener("pointerdown", (event) => {
      this.#finger = { id: event.pointerId, x: event.clientX, y: event.clientY, to: [0, 0] };
      element.setPointerCapture(event.pointerId);
    });
    element.addEventListener("pointermove", (event) => {
      const finger = this.#finger;
      if (finger?.id !== event.pointerId) return;
      finger.to = [(event.clientX - finger.x) / REACH, (event.clientY - finger.y) / REACH];
    });
    for (const end of ["pointerup", "pointercancel"]) {
      element.addEventListener(end, (event) => {
        if (this.#finger?.id === event.pointerId) this.#finger = null;
      });
    }
  }

  /** Send the direction once more: the server forgot it with the connection. */
  forget() {
    this.#told = "0,0";
  }

  /** Send the direction, if it is another one than before. */
  tell() {
    let [x, y] = this.#finger?.to ?? [0, 0];
    for (const key of this.#pressed) {
      x += KEYS[key][0];
      y += KEYS[key][1];
    }
    const length = Math.max(1, Math.hypot(x, y));
    [x, y] = [x, y].map((each) => Math.round((each / length) * 100) / 100);
    if (`${x},${y}` === this.#told) return;
    this.#told = `${x},${y}`;
    this.#steer(x, y);
  }
}
