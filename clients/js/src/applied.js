// When the server is told which version of the state we hold: by that it knows how fast we
// take what it sends. Times are milliseconds.

const INTERVAL = 200;
/** It is told at once when so many bytes came since the last one was. */
const MANY = 16384;

/**
 * Tells versions, at most so often.
 * @param {() => number} now
 * @param {(version: number) => void} tell
 */
export function makeApplied(now, tell) {
  let version = 0;
  let bytes = 0;
  let toldAt = -Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  function stop() {
    clearTimeout(timer);
    timer = undefined;
    bytes = 0;
  }

  function go() {
    stop();
    toldAt = now();
    if (version > 0) tell(version);
  }

  return {
    /**
     * Takes note that a payload led to a version.
     * @param {number} reached
     * @param {number} size
     */
    note(reached, size) {
      version = reached;
      bytes += size;
      const wait = Math.min(INTERVAL, toldAt + INTERVAL - now());
      if (wait <= 0 || bytes >= MANY) go();
      else timer ??= setTimeout(go, wait);
    },

    /** Tells nothing of what came by a socket that is gone. */
    stop,
  };
}
