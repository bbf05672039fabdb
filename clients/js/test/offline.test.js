// What a browser has in addition, before the SDK looks for it.

/** @type {Record<string, () => void>} */
const listeners = {};
Object.assign(globalThis, {
  addEventListener: (/** @type {string} */ name, /** @type {() => void} */ listener) => (listeners[name] = listener),
  removeEventListener: () => {},
});
const { FakeSocket } = await import("./support/fake_socket.js");
const { lay } = await import("./support/sit.js");
const { default: assert } = await import("node:assert/strict");
const { test } = await import("node:test");

test("a browser that goes offline loses its rooms at once, also after others tried in vain to return", async () => {
  const table = lay();
  const { socket } = await table.sit();
  const tried = table.room;
  const seen = await table.sit();
  socket.end(1006);
  for (let i = 0; i < 3; i++) {
    const count = FakeSocket.made.length;
    while (FakeSocket.made.length === count) table.advance(10);
    table.socket.end(1006);
  }
  assert.equal(seen.room.quality.level, "unknown");
  listeners.offline();
  assert.equal(seen.room.quality.level, "offline");
  assert.deepEqual(table.events.filter(([name]) => name === "drop").map(([, { code }]) => code), [1006, 4010]);
  await tried.leave();
  await seen.room.leave();
});
