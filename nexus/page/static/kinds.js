// Kinds as cards: what a class of rooms declares.

import { counted, h } from "./dom.js";

/** @typedef {import("./server.js").KindCard} KindCard */

/** Seconds between patches, unless a class says otherwise. */
const USUAL = 0.05;

/**
 * Shows a kind.
 * @param {KindCard} kind
 * @param {(kind: string) => void} pick what its button does
 */
export function kindCard(kind, pick) {
  const title = `kind-${kind.name}`;
  return h(
    "article.card.kind",
    { "aria-labelledby": title, "data-kind": kind.name },
    h(
      "div.kind-head",
      {},
      h("h3", { id: title }, kind.name),
      h("button.small", { type: "button", onclick: () => pick(kind.name), "aria-label": `Try it: ${kind.name}` }, "Try it"),
    ),
    h("p.about", {}, ...prose(kind.about || `Rooms of the class ${kind.room}.`)),
    h("ul.badges", { "aria-label": "What it declares" }, ...badges(kind).map((text) => h("li.badge", {}, text))),
    kind.messages.length > 0 && messages(kind),
    kind.state !== null && state(kind.state),
  );
}

/**
 * A sentence, with what stands between backticks as code.
 * @param {string} text
 */
function prose(text) {
  return text.split("`").map((part, i) => (i % 2 === 1 ? h("code", {}, part) : part));
}

/**
 * @param {KindCard} kind
 * @returns {string[]}
 */
function badges(kind) {
  const said = [`class ${kind.room}`];
  if (kind.maxClients !== null) said.push(`up to ${counted(kind.maxClients, "client")}`);
  if (kind.patchInterval === null) said.push("patches by hand");
  else if (kind.patchInterval !== USUAL) said.push(`a patch every ${Math.round(kind.patchInterval * 1000)} ms`);
  if (kind.listed) said.push("listed in lobbies");
  if (kind.codes) said.push("has codes");
  if (kind.options.length > 0) said.push(`filters by ${kind.options.join(", ")}`);
  if (kind.rest) said.push("hears every message");
  return said;
}

/** @param {KindCard} kind */
function messages(kind) {
  return h(
    "details",
    {},
    h("summary", {}, `Messages (${kind.messages.length})`),
    h(
      "ul.declared",
      {},
      ...kind.messages.map((each) => h("li", {}, h("code.key", {}, each.type), h("code.shape", {}, each.shape))),
    ),
  );
}

/** @param {import("./server.js").StateCard} card */
function state(card) {
  const names = [card.root, ...Object.keys(card.classes).filter((name) => name !== card.root)];
  return h(
    "details",
    {},
    h("summary", {}, `State (${card.root})`),
    ...names.map((name) =>
      h(
        "div.class",
        {},
        h("h4", {}, name),
        h(
          "ul.declared",
          {},
          ...card.classes[name].map((field) =>
            h("li", {}, h("code.key", {}, field.name), h("code.shape", {}, field.type), field.limited && h("span.badge", {}, "not for all")),
          ),
        ),
      ),
    ),
  );
}
