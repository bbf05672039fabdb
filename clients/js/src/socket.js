// The sockets below a connection of the SDK, one after the other.

/** @typedef {{code: number, reason?: string}} Closing */
/** @typedef {(event: Closing) => void} Tell */

/** @typedef {ReturnType<typeof makeSocket>} Socket */

/**
 * Takes the events of a connection that was just made over from the SDK. Each of its sockets
 * counts until it closed or was given up, whatever it still does then.
 * @param {any} connection
 * @param {(event: Closing, tell: Tell, wasOpen: boolean) => void} closed is told what
 *   tells the SDK, and whether the socket was ever open
 */
export function makeSocket(connection, closed) {
  const { events } = connection;
  const { onopen, onclose } = events;
  /** Whether there is a socket, open or about to be. */
  let isLive = true;
  let isOpened = false;

  function mute() {
    isLive = false;
    const socket = connection.transport.ws;
    // Functions, not null: an error that nobody listens for ends a program.
    if (socket) socket.onopen = socket.onmessage = socket.onclose = socket.onerror = () => {};
    return socket;
  }

  /** Cuts it, and nobody is told. */
  function discard() {
    const socket = mute();
    try {
      // That of Node.js would wait for an answer.
      if (socket.terminate) socket.terminate();
      else socket.close();
    } catch {
      // It is of no use any more, in whatever way.
    }
  }

  events.onopen = (/** @type {any} */ event) => {
    isOpened = true;
    onopen?.(event);
  };
  events.onclose = (/** @type {Closing} */ event) => {
    if (!isLive) return;
    mute();
    closed(event, onclose, isOpened);
  };

  return {
    discard,

    /**
     * Opens another one.
     * @param {string} token
     * @param {boolean} skipHandshake whether the outline is known already
     */
    open(token, skipHandshake) {
      isLive = true;
      isOpened = false;
      connection.reconnect({ reconnectionToken: token, ...(skipHandshake && { skipHandshake }) });
    },

    /**
     * Cuts it. A dead network may never let a socket close, so we do not wait for that.
     * @param {number} code what it is to look like
     * @param {string} reason
     */
    giveUp(code, reason) {
      if (!isLive) return;
      discard();
      closed({ code, reason }, onclose, isOpened);
    },
  };
}
