// What time it is at the server, told from pings and what their answers say. All times
// are milliseconds.

/** How many samples count. */
const SAMPLES = 8;

/** The server's clock, as well as it can be known from here. */
export function makeClock() {
  /** @type {{roundTrip: number, offset: number}[]} the oldest first */
  const samples = [];
  let offset = 0;
  let said = -Infinity;
  return {
    /**
     * Takes an answer to a ping. That its clock was read half of the round trip ago errs the
     * least where the round trip is the shortest, so that the best sample alone counts.
     * @param {number} sent by the local clock
     * @param {number} received by the local clock
     * @param {number} serverNow what the server's clock said
     */
    sample(sent, received, serverNow) {
      const roundTrip = received - sent;
      // Only a clock that was set back says so, and then nothing follows from it.
      if (roundTrip < 0) return;
      samples.push({ roundTrip, offset: serverNow + roundTrip / 2 - received });
      if (samples.length > SAMPLES) samples.shift();
      ({ offset } = samples.reduce((one, other) => (other.roundTrip <= one.roundTrip ? other : one)));
    },

    /**
     * The server's time, never less than what was said before; the local time while there
     * was no sample, which is no promise.
     * @param {number} localNow
     */
    now: (localNow) => (samples.length > 0 ? (said = Math.max(said, localNow + offset)) : localNow),
  };
}
