// What a client may do without, and has when the file of that name is imported.

/**
 * @typedef {object} Parts
 * @property {typeof import("./tables.js").Table | null} Table
 * @property {typeof import("./verdicts.js").makeVerdicts | null} makeVerdicts
 */

/** @type {Parts} */
export const parts = { Table: null, makeVerdicts: null };

/**
 * @param {string} what there is
 * @param {string} name of the part that it takes
 * @returns {Error}
 */
export const missing = (what, name) => new Error(`${what}: import "nexus-client/${name}", or all of "nexus-client"`);
