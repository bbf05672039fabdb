// What the package offers.

export * from "./core.js";
export { Interpolation } from "./interpolation.js";
export { StatusWidget, defineWidget } from "./widget.js";
