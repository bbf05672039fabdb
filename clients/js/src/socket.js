// The sockets below a connection of the SDK, one after the other.

/** @typedef {{code: number, reason?: string}} Closing */
/** @typedef {(event: Closing) => void} Tell */

/** Each socket counts until it closed or was given up, whatever it still does then. */
export class Socket {
  #connection;
  #closed;
  #tell;
  /** Whether there is a socket, open or about to be. */
  #isLive = true;
  #isOpened = false;

  /**
   * Takes the events of a connection that was just made over from the SDK.
   * @param {any} connection
   * @param {(event: Closing, tell: Tell, wasOpen: boolean) => void} closed is told what
   *   tells the SDK, and whether the socket was ever open
   */
  constructor(connection, closed) {
    const { events } = connection;
    const { onopen, onclose } = events;
    this.#connection = connection;
    this.#closed = closed;
    this.#tell = onclose;
    events.onopen = (/** @type {any} */ event) => {
      this.#isOpened = true;
      onopen?.(event);
    };
    events.onclose = (/** @type {Closing} */ event) => this.#end(event);
  }

  /**
   * Opens another one.
   * @param {string} token
   * @param {boolean} skipHandshake whether the outline is known already
   */
  open(token, skipHandshake) {
    this.#isLive = true;
    this.#isOpened = false;
    this.#connection.reconnect({ reconnectionToken: token, ...(skipHandshake && { skipHandshake }) });
  }

  /**
   * Cuts it. A dead network may never let a socket close, so we do not wait for that.
   * @param {number} code what it is to look like
   * @param {string} reason
   */
  giveUp(code, reason) {
    if (!this.#isLive) return;
    this.discard();
    this.#isLive = true;
    this.#end({ code, reason });
  }

  /** Cuts it, and nobody is told. */
  discard() {
    this.#isLive = false;
    const socket = this.#mute();
    try {
      // That of Node.js would wait for an answer.
      if (socket.terminate) socket.terminate();
      else socket.close();
    } catch {
      // It is of no use any more, in whatever way.
    }
  }

  /** @param {Closing} event */
  #end(event) {
    if (!this.#isLive) return;
    this.#isLive = false;
    this.#mute();
    this.#closed(event, this.#tell, this.#isOpened);
  }

  #mute() {
    const socket = this.#connection.transport.ws;
    // Functions, not null: an error that nobody listens for ends a program.
    if (socket) socket.onopen = socket.onmessage = socket.onclose = socket.onerror = () => {};
    return socket;
  }
}
