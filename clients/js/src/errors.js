// What can go wrong, by whose fault. Anything else that is thrown is a mistake of the
// caller or of ours, and never a matter of the bytes.

/** The peer broke the protocol: the replica is out of step and needs a snapshot. */
export class PeerError extends Error {
  // Spelt out, as the names of classes are shortened where the package is bundled.
  name = "PeerError";
}

/** The bytes were written for another outline than ours: fetch the outline again. */
export class OutlineError extends PeerError {
  name = "OutlineError";
}

/**
 * Refuses what a peer sent.
 * @param {string} why
 * @returns {never}
 */
export function refuse(why) {
  throw new PeerError(why);
}
