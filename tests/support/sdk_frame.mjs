// The frames in which Python asks a process of Node.js, and gets its answers; all integers
// are little endian.
//
//   batch    uint32 size, then requests up to that size
//   request  uint8 verb, uint32 bot, uint32 size, JSON of the arguments
//   answer   uint8 failed, uint32 size, JSON
//
// The requests of a batch are begun in order and then go on side by side; the answers come
// together when the last of them is done.

/** @typedef {(verb: number, id: number, text: string) => Promise<[number, string]>} Answer */

async function encoded(answering) {
  const [failed, text] = await answering;
  const bytes = Buffer.from(text, "utf8");
  const head = Buffer.alloc(5);
  head.writeUInt8(failed, 0);
  head.writeUInt32LE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

/** @param {Answer} answer */
async function answerAll(answer, batch) {
  const parts = [];
  let offset = 0;
  while (offset < batch.length) {
    const size = batch.readUInt32LE(offset + 5);
    const body = batch.toString("utf8", offset + 9, offset + 9 + size);
    const asked = answer(batch.readUInt8(offset), batch.readUInt32LE(offset + 1), body);
    parts.push(encoded(asked));
    offset += 9 + size;
  }
  const body = Buffer.concat(await Promise.all(parts));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(body.length, 0);
  process.stdout.write(Buffer.concat([size, body]));
}

/**
 * Answers what comes from stdin until it ends.
 * @param {Answer} answer
 * @param {() => void | Promise<void>} [end] is called at the end
 */
export function serve(answer, end = () => {}) {
  let pending = Buffer.alloc(0);
  process.stdin.on("data", (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 4 && pending.length >= 4 + pending.readUInt32LE(0)) {
      const size = 4 + pending.readUInt32LE(0);
      answerAll(answer, pending.subarray(4, size));
      pending = pending.subarray(size);
    }
  });
  process.stdin.on("end", async () => {
    await end();
    process.exit(0);
  });
}
