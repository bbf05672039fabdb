// How what waits gets out, as soon as it may.

/**
 * @template Item
 * @typedef {{take(now: number): Item[], wait(now: number): number | null}} Queue
 */

/**
 * Hands out what may go, and looks again when more may.
 * @template Item
 */
export class Carrier {
  #queue;
  #now;
  #send;
  /** @type {ReturnType<typeof setTimeout> | undefined} until more may go */
  #timer;

  /**
   * @param {Queue<Item>} queue
   * @param {() => number} now
   * @param {(item: Item) => boolean} send tells whether there is a socket to send on
   */
  constructor(queue, now, send) {
    this.#queue = queue;
    this.#now = now;
    this.#send = send;
  }

  go() {
    const now = this.#now();
    this.stop();
    for (const item of this.#queue.take(now)) {
      // What is handed out and does not go is sent again when the client is back.
      if (!this.#send(item)) return;
    }
    const wait = this.#queue.wait(now);
    if (wait !== null) this.#timer = setTimeout(() => this.go(), Math.ceil(wait));
  }

  stop() {
    clearTimeout(this.#timer);
  }
}
