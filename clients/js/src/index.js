// What the package offers.

export { OutlineError, PeerError } from "./errors.js";
export { Replica } from "./replica.js";
