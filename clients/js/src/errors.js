// What can go wrong, by whose fault. Anything else that is thrown is a mistake of the
// caller or of ours, and never a matter of the bytes.

/** The peer broke the protocol: the replica is out of step and needs a snapshot. */
export class PeerError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = new.target.name;
  }
}

/** The bytes were written for another outline than ours: fetch the outline again. */
export class OutlineError extends PeerError {}
