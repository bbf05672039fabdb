// What becomes of a room that was joined: it is lost, comes back, is mended, and ends.

import { makeAbsence } from "./absence.js";
import { makeApplied } from "./applied.js";
import {
  ABNORMAL_CLOSURE, CONSENTED, GOING_AWAY, JOIN_ROOM, LEAVE_ROOM, MAY_TRY_RECONNECT, NO_STATUS_RECEIVED, WITH_ERROR,
} from "./codes.js";
import { PeerError } from "./errors.js";
import { makeLiveness } from "./liveness.js";
import { isOurs, readOurs } from "./ours.js";
import { makeSerializer } from "./serializer.js";
import { around, callApart, inheritNothing } from "./signal.js";
import { makeSocket } from "./socket.js";

/** @typedef {import("./mirror.js").Closing} Closing */
/** @typedef {import("./signal.js").Invoke} Invoke */
/**
 * @typedef {object} Parts of a room what is for its classes alone
 * @property {import("./emitter.js").Emitter<import("./mirror.js").Events>} events
 * @property {Closing | null} over
 * @property {ReturnType<typeof import("./delivery.js").makeDelivery>} delivery
 * @property {ReturnType<typeof import("./verdicts.js").makeVerdicts> | undefined} verdicts
 * @property {(type: string, body: any) => void} sayOurs
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

/**
 * Follows a room, and puts our ways between the SDK and its own.
 * @param {Sitting} room
 * @param {ReturnType<typeof import("./settings.js").complete>} settings
 */
export function makeCourse(room, settings) {
  const { delivery, events: { emit }, onJoin, onMessageHandlers, onStateChange, replica, verdicts } = room;
  const { now } = settings;
  /** @type {import("./socket.js").Socket | null} */
  let socket = null;
  let isEntered = false;
  /** Whether another room object had this seat before. */
  let isTakenOver = false;
  /** @type {import("./absence.js").Absence | null} while the connection is lost */
  let absence = null;
  /** @type {Closing} how the last socket closed */
  let lost = { code: ABNORMAL_CLOSURE, reason: "" };
  /** @type {boolean | null} whether it is being left with consent, null if it is not */
  let leaving = null;
  /** @type {((code: number) => void)[]} */
  const leavers = [];
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
  const liveness = makeLiveness(settings, {
    ping: (number) => room.sayOurs("ping", number),
    silent: () => giveUp(ABNORMAL_CLOSURE, "the server is silent"),
    tell: emit,
  });
  const applied = makeApplied(now, (version) => room.sayOurs("applied", version));
  const hasState = () => room.serializerId !== "none";
  const isAway = () => absence?.isJoined === false;

  /** @param {import("./delivery.js").Undelivered[]} letters that will not arrive */
  function report(letters) {
    if (letters.length > 0) emit("undelivered", letters);
  }

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
    resumed: (body) => absence?.resumed(body),
    ack(id) {
      absence?.acknowledged();
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

  /** Tells that the room is whole again as soon as it is. */
  function settle() {
    const how = absence?.wholeBy(replica, hasState());
    if (!how) return;
    absence?.stop();
    absence = null;
    backAt = now();
    room.reconnection.isReconnecting = false;
    emit("reconnected", { attempts: room.reconnection.retryCount, how });
  }

  /** Goes on after a socket closed. */
  function retry() {
    lose();
    if (leaving !== null) room.onLeave.invoke(lost.code, lost.reason);
    else absence?.retry(lost);
  }

  function reopen() {
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
    replica, () => room.serializerId, () => absence?.stated(), (size) => applied.note(replica.version, size),
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
    absence = makeAbsence(room.reconnection, settings, {
      waiting: (attempt) => emit("reconnecting", attempt),
      open: reopen,
      giveUp: () => giveUp(ABNORMAL_CLOSURE, "no answer"),
      fail: (why, text) => room.onLeave.invoke(why, text),
    }, brief);
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
    absence?.stop();
    absence = null;
    // So that the SDK is told as well, which forgets it then.
    giveUp(CONSENTED, "");
    room.reconnection.isReconnecting = false;
    lose();
    report(delivery.end());
    verdicts?.end();
    // Whoever is still writing a game listens to nothing yet.
    if (code === WITH_ERROR) console.warn(`nexus-client: let go, ${code}: ${closing.reason}`);
    if (isFailure) emit("reconnectionFailed", closing);
    emit("leave", closing);
    invoke(closing.code, closing.reason);
    for (const resolve of leavers) resolve(closing.code);
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
    leave: (consented) => new Promise((resolve) => {
      if (room.over) return resolve(room.over.code);
      leavers.push(resolve);
      leaving = consented;
      if (isAway() || !socket) room.onLeave.invoke(CONSENTED, "");
      else if (consented) room.connection.send(Uint8Array.of(LEAVE_ROOM));
      else giveUp(NO_STATUS_RECEIVED, "");
    }),

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
        if (typeof data === "string") throw new PeerError("a frame of text");
        const frame = new Uint8Array(data);
        if (isOurs(frame)) {
          const { type, body } = readOurs(frame, room.packr);
          if (body !== undefined) meanings[type](body);
        } else {
          const isJoin = (frame[0] & OPCODES) === JOIN_ROOM;
          if (isJoin && absence) {
            absence.joined();
            // Before the SDK acknowledges: after that the server sends the state.
            if (replica.inStep) room.sayOurs("resume", { version: replica.version });
          }
          pass();
          if (isJoin) enter();
        }
        settle();
      } catch (error) {
        mend(error instanceof Error ? error.message : String(error));
      }
    },
  };
}
