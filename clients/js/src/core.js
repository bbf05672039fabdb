// What every client of a room needs.

export { Client } from "./client.js";
export { OutlineError, PeerError } from "./errors.js";
export { OutboxFullError } from "./outbox.js";
export { Replica } from "./replica.js";
export { Room } from "./room.js";
