// Sockets without a network. Load this before the SDK, which takes the class that is there.

/** A socket whose far end is the test. */
export class FakeSocket {
  static OPEN = 1;
  /** @type {FakeSocket[]} all that were made */
  static made = [];

  readyState = 0;
  /** @type {Uint8Array[]} */
  sent = [];
  isGivenUp = false;
  /** @type {any} */
  onopen;
  /** @type {any} */
  onmessage;
  /** @type {any} */
  onclose;
  /** @type {any} */
  onerror;

  /** @param {string} url */
  constructor(url) {
    this.url = new URL(url);
    FakeSocket.made.push(this);
  }

  /** @param {Uint8Array} bytes */
  send(bytes) {
    if (this.readyState === 1) this.sent.push(Uint8Array.from(bytes));
  }

  /** As in a dead network: that it closed is never told. */
  close() {
    this.readyState = 2;
    this.isGivenUp = true;
  }

  // The far end.

  open() {
    this.readyState = 1;
    this.onopen({});
  }

  /** @param {number[]} bytes */
  say(...bytes) {
    this.onmessage({ data: Uint8Array.from(bytes).buffer });
  }

  /**
   * @param {number} code
   * @param {string} [reason]
   */
  end(code, reason = "") {
    this.readyState = 3;
    this.onclose({ code, reason });
  }
}

/** @type {any} */ (globalThis).WebSocket = FakeSocket;
