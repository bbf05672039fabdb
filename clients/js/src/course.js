// What becomes of a room that was joined: it is lost, comes back, is mended, and ends.

import { makeApplied } from "./applied.js";
import { delayOf } from "./backoff.js";
import {
  ABNORMAL_CLOSURE, CONSENTED, FAILED_TO_RECONNECT, GOING_AWAY, JOIN_ROOM, LEAVE_ROOM, MAY_TRY_RECONNECT, NO_STATUS_RECEIVED, WITH_ERROR,
} from "./codes.js";
import { refuse } from "./errors.js";
import { makeLiveness } from "./liveness.js";
import { isOurs, readOurs, writeOurs } from "./ours.js";
import { makeSerializer } from "./serializer.js";
import { around, callApart, inheritNothing } from "./signal.js";
import { makeSocket } from "./socket.js";

/** @typedef {"patches" | "snapshot" | "none"} How what a returning client was sent */
/** @typedef {{attempt: number, delay: number, maxRetries: number}} Attempt */
/** @typedef {import("./mirror.js").Closing} Closing */
/** @typedef {import("./signal.js").Invoke} Invoke */
/**
 * @typedef {object} Parts of a room what is for its classes alone
 * @property {import("./emitter.js").Emitter<import("./mirror.js").Events>} events
 * @property {Closing | null} over
 * @property {import("./ours.js").Packer} packr
 * @property {{invoke: any}} onJoin
 * @property {{events: Record<string, any>, emit: any}} onMessageHandlers
 * @property {any} serializer
 * @property {() => void} retryReconnection
 */
/** @typedef {Omit<import("./mirror.js").MirrorRoom, "serializer"> & Parts} Sitting */

/** So often within so many milliseconds a room is mended that does not speak the protocol. */
const MENDS = 3;
const MENDING = 60_000;
/**
 * A return that lasts no longer, in milliseconds, is as good as none to the next wait: a server
 * that lets its clients in and drops them is not to be stormed.
 */
const BRIEF = 5_000;
/** Codes of sockets that closed without anybody's will. */
const LOSSES = [GOING_AWAY, NO_STATUS_RECEIVED, ABNORMAL_CLOSURE, MAY_TRY_RECONNECT];
const OPCODES = 31;

/** What the server said since a socket opened that is to bring us back. */
const NOTHING = {
  /** Whether it let us in again; the state may still be on its way. */
  isJoined: false,
  /** Whether it told which messages it has. */
  isAcknowledged: false,
  /** Whether a whole state came. */
  isStated: false,
  /** To which version the patches lead that we missed. */
  missed: Infinity,
};

/**
 * Follows a room, and puts our ways between the SDK and its own.
 * @param {Sitting} room
 * @param {ReturnType<typeof import("./settings.js").complete>} settings
 * @param {ReturnType<typeof import("./delivery.js").makeDelivery>} delivery
 * @param {ReturnType<typeof import("./verdicts.js").makeVerdicts> | undefined} verdicts
 * @param {(frame: Uint8Array) => boolean} send
 */
export function makeCourse(room, settings, delivery, verdicts, send) {
  const { events: { emit }, onJoin, onMessageHandlers, onStateChange, replica } = room;
  const { now, random, silence } = settings;
  /** @type {import("./socket.js").Socket | null} */
  let socket = null;
  let isEntered = false;
  /** Whether another room object had this seat before. */
  let isTakenOver = false;
  /** @type {typeof NOTHING & {error: string} | null} while the connection is lost, with what the server said was wrong */
  let absence = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} until the next attempt, or until it counts as failed */
  let timer;
  /** @type {Closing} how the last socket closed */
  let lost = { code: ABNORMAL_CLOSURE, reason: "" };
  /** @type {boolean | null} whether it is being left with consent, null if it is not */
  let leaving = null;
  /** @type {(code: number) => void} */
  let ended;
  /** @type {Promise<number>} the code of the end */
  const ending = new Promise((resolve) => { ended = resolve; });
  /** When it last came back, and how often in a row that did not last. */
  let backAt = -Infinity;
  let brief = 0;
  /** @type {number[]} when it was mended */
  let mends = [];

  /**
   * Cuts the connection.
   * @param {number} code what it is to look like
   * @param {string} reason
   */
  const giveUp = (code, reason) => socket?.giveUp(code, reason);
  /**
   * Sends a message of ours.
   * @param {string} type
   * @param {any} body
   */
  const say = (type, body) => send(writeOurs(type, body, room.packr));
  const liveness = makeLiveness(settings, (number) => say("ping", number), () => giveUp(ABNORMAL_CLOSURE, "the server is silent"), emit);
  const applied = makeApplied(now, (version) => say("applied", version));
  const hasState = () => room.serializerId !== "none";
  const isAway = () => absence?.isJoined === false;

  /** @param {import("./delivery.js").Undelivered[]} letters that will not arrive */
  function report(letters) {
    if (letters.length > 0) emit("undelivered", letters);
  }

  /**
   * @param {number} code
   * @param {string} reason
   */
  const end = (code, reason) => room.onLeave.invoke(code, reason);

  /** The connection is lost, or all is over. */
  function lose() {
    applied.stop();
    liveness.lose();
  }

  /** The server let us in, for the first time or again. */
  function enter() {
    // Whoever was told of it by the SDK may have left.
    if (room.over) return;
    if (!absence && !isEntered && !isTakenOver) {
      delivery.open();
      verdicts?.open();
    }
    isEntered = true;
    liveness.begin();
  }

  /** @type {Record<string, (body: any) => void>} what each message of ours means */
  const meanings = {
    pong: ([number, serverNow]) => liveness.answered(number, serverNow),
    resumed({ version, how }) {
      if (absence && how === "patches") absence.missed = version;
    },
    ack(id) {
      if (absence) absence.isAcknowledged = true;
      delivery.acknowledged(id);
      verdicts?.open();
    },
    verdict: (body) => verdicts?.answered(body),
    commanded: (id) => verdicts?.count(id),
    saved([saved, version]) {
      room.savedVersion = saved;
      emit("saved", { saved, applied: version });
    },
    refused: ([id, reason]) => report(delivery.refused(id, reason)),
  };

  /**
   * How the room became whole again, if it is.
   * @returns {How | false | undefined}
   */
  function wholeBy() {
    if (!absence?.isJoined) return false;
    if (!hasState()) return absence.isAcknowledged && "none";
    if (absence.isStated) return "snapshot";
    return replica.inStep && replica.version >= absence.missed && "patches";
  }

  /** The way back is over, for better or for worse. */
  function settle() {
    clearTimeout(timer);
    absence = null;
    room.reconnection.isReconnecting = false;
  }

  /** Goes on to the next attempt after a socket closed, if there is one. */
  function retry() {
    const { reconnection } = room;
    const { enabled, maxRetries } = reconnection;
    lose();
    if (leaving !== null || (absence && !enabled)) return end(lost.code, lost.reason);
    if (!absence) return;
    Object.assign(absence, NOTHING);
    if (reconnection.retryCount >= maxRetries) return end(FAILED_TO_RECONNECT, `no way back in ${maxRetries} attempts`);
    const attempt = ++reconnection.retryCount;
    const delay = delayOf(attempt + brief, reconnection, random());
    clearTimeout(timer);
    timer = setTimeout(reopen, delay);
    // Last, as whoever is told may end it.
    emit("reconnecting", { attempt, delay, maxRetries });
  }

  function reopen() {
    // A socket may open and stay dumb, or hang before that.
    timer = setTimeout(() => giveUp(ABNORMAL_CLOSURE, "no answer"), silence);
    try {
      // Without a state there is nothing that a handshake could tell.
      socket?.open(room.reconnectionToken.split(":")[1], replica.inStep || !hasState());
    } catch (error) {
      giveUp(ABNORMAL_CLOSURE, String(error));
    }
  }

  /**
   * The server said what it cannot say, or what does not fit our state: whoever returns is
   * sent all anew. Somebody who never speaks the protocol is left.
   * @param {string} what
   */
  function mend(what) {
    room.onError.invoke(WITH_ERROR, what);
    if (!isEntered) return socket?.discard();
    const at = now();
    mends = [...mends.filter((before) => at - before < MENDING), at];
    giveUp(mends.length > MENDS ? WITH_ERROR : MAY_TRY_RECONNECT, what);
  }

  Object.assign(room.reconnection, settings.reconnection);
  room.serializer = makeSerializer(
    replica, () => room.serializerId, () => absence && (absence.isStated = true), (size) => applied.note(replica.version, size),
  );
  for (const signal of [onJoin, onStateChange]) around(signal);
  around(room.onReconnect, (invoke) => {
    // Until all is well again the attempts count on.
    room.reconnection.isReconnecting = true;
    invoke();
  });
  around(room.onError, (invoke, code, text) => {
    if (absence) absence.error = text ?? "";
    invoke(code, text);
  });
  around(room.onDrop, (invoke, code, reason = "") => {
    // The SDK says so after each attempt, we do once.
    if (absence || leaving !== null) return;
    brief = now() - backAt < BRIEF ? brief + 1 : 0;
    absence = { ...NOTHING, error: "" };
    emit("drop", { code, reason });
    lose();
    invoke(code, reason);
  });
  around(room.onLeave, (invoke, code, reason) => {
    // It is over, for whatever reason.
    if (room.over) return;
    const closing = {
      code: leaving && LOSSES.includes(code) ? CONSENTED : code,
      reason: reason || absence?.error || "",
    };
    const isFailure = absence && leaving === null;
    room.over = closing;
    settle();
    // So that the SDK is told as well, which forgets it then.
    giveUp(CONSENTED, "");
    lose();
    report(delivery.end());
    verdicts?.end();
    // Whoever is still writing a game listens to nothing yet.
    if (code === WITH_ERROR) console.warn(`nexus-client: let go, ${code}: ${closing.reason}`);
    if (isFailure) emit("reconnectionFailed", closing);
    emit("leave", closing);
    invoke(closing.code, closing.reason);
    ended(closing.code);
  });
  callApart(onMessageHandlers);
  inheritNothing(onMessageHandlers);
  if (!room.retryReconnection) throw new Error("this version of @colyseus/sdk comes back in another way");
  room.retryReconnection = retry;

  return {
    giveUp,
    isAway,
    rate: liveness.rate,
    serverTime: liveness.serverTime,

    /**
     * Leaves for good; while the connection is lost, by not returning.
     * @param {boolean} consented
     * @returns {Promise<number>} the code of the end
     */
    leave(consented) {
      if (!room.over) {
        leaving = consented;
        if (isAway() || !socket) end(CONSENTED, "");
        else if (consented) room.connection.send(Uint8Array.of(LEAVE_ROOM));
        else giveUp(NO_STATUS_RECEIVED, "");
      }
      return ending;
    },

    /**
     * The SDK made a connection, which is not open yet.
     * @param {boolean} takesOver whether another room object had this seat before
     */
    connects(takesOver) {
      const { events } = room.connection;
      const { onerror } = events;
      isTakenOver = takesOver;
      events.onerror = (event) => {
        // Of a socket that was open or tries to return, its end follows and says enough.
        if (!isEntered) onerror?.({ code: ABNORMAL_CLOSURE, reason: event?.message ?? "no connection" });
      };
      socket = makeSocket(room.connection, (event, tell, wasOpen) => {
        lost = { code: event.code, reason: event.reason ?? "" };
        delivery.close();
        verdicts?.close();
        // What the SDK does at a loss undoes what it did when the socket opened.
        if (wasOpen || !isEntered) tell(event);
        else retry();
      });
    },

    /**
     * A frame came.
     * @param {MessageEvent} event
     * @param {() => void} pass has the SDK take it
     */
    heard({ data }, pass) {
      liveness.heard();
      try {
        if (typeof data === "string") refuse("a frame of text");
        const frame = new Uint8Array(data);
        if (isOurs(frame)) {
          const { type, body } = readOurs(frame, room.packr);
          if (body !== undefined) meanings[type](body);
        } else {
          const isJoin = (frame[0] & OPCODES) === JOIN_ROOM;
          if (isJoin && absence) {
            clearTimeout(timer);
            absence.isJoined = true;
            absence.error = "";
            // Before the SDK acknowledges: after that the server sends the state.
            if (replica.inStep) say("resume", { version: replica.version });
          }
          pass();
          if (isJoin) enter();
        }
        const how = wholeBy();
        if (how) {
          settle();
          backAt = now();
          emit("reconnected", { attempts: room.reconnection.retryCount, how });
        }
      } catch (error) {
        mend(error instanceof Error ? error.message : String(error));
      }
    },
  };
}
