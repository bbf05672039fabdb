// Whether the server is there: pings, and what their answers say.

import { makeClock } from "./clock.js";
import { makeQuality } from "./quality.js";

/** @typedef {import("./quality.js").Rating} Rating */
/** @typedef {Rating & {previous: Rating["level"]}} Change */

/**
 * @typedef {object} Watch
 * @property {(number: number) => void} ping sends one
 * @property {() => void} silent the server said nothing for too long
 * @property {import("./emitter.js").Emitter<import("./mirror.js").Events>["emit"]} tell
 */

/**
 * Measures one room's connection, whichever socket it has.
 * @param {{pingInterval: number, silence: number, now: () => number}} settings
 * @param {Watch} watch
 */
export function makeLiveness({ pingInterval, silence, now }, watch) {
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
    watch.ping(number);
  }

  function beat() {
    // Before the next ping, and not from long before the last one: timers of a page in the
    // background come late, and then an answer is to have the time until the beat after.
    if (asked !== null && now() - Math.max(heardAt, asked - pingInterval) >= silence) watch.silent();
    else ping();
  }

  function tell() {
    const rating = rate();
    const previous = level;
    ({ level } = rating);
    if (level !== previous) watch.tell("connectionQuality", { ...rating, previous });
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
      watch.tell("latency", { latency, loss });
      tell();
    },
  };
}
