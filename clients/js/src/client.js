// Where rooms are joined.

import { Client as ColyseusClient } from "@colyseus/sdk";

import { Room } from "./room.js";

/** @typedef {import("./settings.js").Settings} Settings */
/** @typedef {NonNullable<ConstructorParameters<typeof ColyseusClient>[1]>} ClientOptions */
/** @typedef {<State = any>(name: string, options?: any) => Promise<Room<State>>} Join */
/** @typedef {import("@colyseus/sdk").SeatReservation} SeatReservation */
/**
 * @typedef {object} Joins what leads to rooms of this package
 * @property {Join} joinOrCreate by the name of a kind
 * @property {Join} create by the name of a kind
 * @property {Join} join by the name of a kind
 * @property {Join} joinById by the id of a room
 * @property {<State = any>(token: string) => Promise<Room<State>>} reconnect by the
 *   `reconnectionToken` of a room that was joined before
 * @property {<State = any>(seat: SeatReservation) => Promise<Room<State>>} consumeSeatReservation
 */
/** @typedef {new (...settings: ConstructorParameters<typeof ColyseusClient>) => Joins & import("@colyseus/sdk").Client} Joining */

/**
 * The SDK's client, whose rooms are those of this package: the SDK says of its methods that
 * they lead to its own.
 */
export class Client extends /** @type {Omit<typeof ColyseusClient, "prototype"> & Joining} */ (ColyseusClient) {
  #settings;

  /**
   * @param {ConstructorParameters<typeof ColyseusClient>[0]} [endpoint] such as
   *   `ws://127.0.0.1:5000`; where the page came from, if it is left out
   * @param {ClientOptions & Settings} [options] the SDK's, and those of rooms
   * @param {Settings} [settings] those of rooms, if they are not among the options
   */
  constructor(endpoint, options, settings = options) {
    super(endpoint, options);
    this.#settings = settings;
  }

  /**
   * Asks for the endpoint that answers the fastest.
   * @override
   * @param {Parameters<typeof ColyseusClient.selectByLatency>[0]} endpoints
   * @param {ClientOptions & Settings} [options]
   * @param {Parameters<typeof ColyseusClient.selectByLatency>[2]} [latency]
   * @returns {Promise<any>}
   */
  static async selectByLatency(endpoints, options, latency) {
    const { settings } = await super.selectByLatency(endpoints, options, latency);
    return new this(settings, options);
  }

  /**
   * @override
   * @protected
   * @param {string} method
   * @param {string} name
   * @param {any} [options]
   * @param {any} [rootSchema]
   * @returns {Promise<any>}
   */
  async createMatchMakeRequest(method, name, options = {}, rootSchema) {
    // Whoever returns has a seat that knows already.
    if (method !== "reconnect") options = { ...options, __nexus: { ...options.__nexus, serializer: "nexus" } };
    return super.createMatchMakeRequest(method, name, options, rootSchema);
  }

  /**
   * @override
   * @protected
   * @param {string} name
   * @param {any} [rootSchema]
   * @returns {any}
   */
  createRoom(name, rootSchema) {
    if (rootSchema !== undefined) throw new TypeError("a state of Nexus has no schema class: leave it out");
    return new Room(name, this.#settings);
  }
}
