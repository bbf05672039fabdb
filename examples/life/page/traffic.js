// Counts what comes over the sockets of this page. It is imported before the client is.

export const received = { bytes: 0 };

globalThis.WebSocket = class extends WebSocket {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", ({ data }) => (received.bytes += data.byteLength ?? data.length));
  }
};
