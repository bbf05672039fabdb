// Whether the server is there: pings, and what their answers say.

import { makeClock } from "./clock.js";
import { makeQuality } from "./quality.js";

/** @typedef {import("./quality.js").Rating} Rating */
/** @typedef {Rating & {previous: Rating["level"]}} Change */

/**
 * Measures one room's connection, whichever socket it has.
 * @param {{pingInterval: number, silence: number, now: () => number}} settings
 * @param {(number: number) => void} sendPing
 * @param {() => void} silent the server said nothing for too long
 * @param {import("./emitter.js").Emitter<import("./mirror.js").Events>["emit"]} emit
 */
export function makeLiveness({ pingInterval, silence, now }, sendPing, silent, emit) {
  const quality = makeQuality();
  const clock = makeClock();
  let number = 0;
  let heardAt = 0;
  /** @type {number | null} when the first ping went since something was heard */
  let asked = null;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer;
  /** @type {Rating["level"]} */
  let level = "unknown";

  const rate = () => quality.at(now());

  function ping() {
    const at = now();
    asked ??= at;
    quality.sent(++number, at);
    sendPing(number);
  }

  function beat() {
    // Before the next ping, and not from long before the last one: timers of a page in the
    // background come late, and then an answer is to have the time until the beat after.
    if (asked !== null && now() - Math.max(heardAt, asked - pingInterval) >= silence) silent();
    else ping();
  }

  function tell() {
    const rating = rate();
    const previous = level;
    ({ level } = rating);
    if (level !== previous) emit("connectionQuality", { ...rating, previous });
  }

  function heard() {
    heardAt = now();
    asked = null;
  }

  return {
    rate,
    /** Something came. */
    heard,
    serverTime: () => clock.now(now()),

    /** The connection is there, for the first time or again. */
    begin() {
      clearInterval(timer);
      quality.returned();
      heard();
      tell();
      ping();
      timer = setInterval(beat, pingInterval);
    },

    /** The connection is lost. */
    lose() {
      clearInterval(timer);
      quality.lost();
      tell();
    },

    /**
     * Takes an answer to a ping; one that nobody waits for says nothing.
     * @param {number} answer
     * @param {number} serverNow
     */
    answered(answer, serverNow) {
      const at = now();
      const roundTrip = quality.answered(answer, at);
      if (roundTrip === null) return;
      clock.sample(at - roundTrip, at, serverNow);
      const { latency, loss } = rate();
      emit("latency", { latency, loss });
      tell();
    },
  };
}
