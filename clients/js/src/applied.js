// When the server is told which version of the state we hold: by that it knows how fast we
// take what it sends. Times are milliseconds.

const INTERVAL = 200;
/** It is told at once when so many bytes came since the last one was. */
const MANY = 16384;

/** Tells versions, at most so often. */
export class Applied {
  #now;
  #tell;
  #version = 0;
  #size = 0;
  #toldAt = -Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {() => number} now
   * @param {(version: number) => void} tell
   */
  constructor(now, tell) {
    this.#now = now;
    this.#tell = tell;
  }

  /**
   * Takes note that a payload led to a version.
   * @param {number} version
   * @param {number} size
   */
  note(version, size) {
    this.#version = version;
    this.#size += size;
    const wait = Math.min(INTERVAL, this.#toldAt + INTERVAL - this.#now());
    if (wait <= 0 || this.#size >= MANY) this.#go();
    else this.#timer ??= setTimeout(() => this.#go(), wait);
  }

  /** Tells nothing of what came by a socket that is gone. */
  stop() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#size = 0;
  }

  #go() {
    this.stop();
    this.#toldAt = this.#now();
    if (this.#version > 0) this.#tell(this.#version);
  }
}
