// What the package offers.

import "./with_commands.js";

export * from "./core.js";
export { Interpolation } from "./interpolation.js";
export { Rows } from "./with_tables.js";
export { StatusWidget, defineWidget } from "./widget.js";
