// How what waits gets out, as soon as it may.

/**
 * @template Item
 * @typedef {object} Queue
 * @property {() => void} open
 * @property {() => void} close
 * @property {(now: number) => Item[]} take
 * @property {(now: number) => number | null} wait
 */

/**
 * Hands out what may go, and looks again when more may.
 * @template Item
 * @param {Queue<Item>} queue
 * @param {() => number} now
 * @param {(item: Item) => boolean} send tells whether there is a socket to send on
 */
export function makeCarrier(queue, now, send) {
  /** @type {ReturnType<typeof setTimeout> | undefined} until more may go */
  let timer;

  const stop = () => clearTimeout(timer);

  function go() {
    const at = now();
    stop();
    for (const item of queue.take(at)) {
      // What is handed out and does not go is sent again when the client is back.
      if (!send(item)) return;
    }
    const wait = queue.wait(at);
    if (wait !== null) timer = setTimeout(go, Math.ceil(wait));
  }

  return {
    go,
    stop,

    /** All may go: a connection is there, and it is known where the numbers go on. */
    open() {
      queue.open();
      go();
    },

    /** The connection is lost. */
    close() {
      queue.close();
      stop();
    },
  };
}
