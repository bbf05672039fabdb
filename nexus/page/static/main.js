// The page: which part of it is shown, and whether its node answers.

import { write } from "./dom.js";
import { Overview } from "./overview.js";
import { Playground } from "./playground.js";
import { Server } from "./server.js";

/** @param {string} id */
const at = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

const server = new Server();
const playground = new Playground(at("playground"), server);
const overview = new Overview(at("overview"), server, {
  join(room) {
    play();
    playground.joinRoom(room);
  },
  pick(kind) {
    play();
    playground.pick(kind);
  },
});

/** @type {Record<string, string>} */
const LINKS = { connecting: "connecting", live: "live", away: "server away, trying again" };

function tell() {
  at("link").dataset.link = server.link;
  write(at("link-text"), LINKS[server.link]);
  if (server.node !== null) write(at("version"), server.node.version);
  overview.update();
  playground.update();
}

/** Shows the playground now: what is hidden cannot take the focus. */
function play() {
  location.hash = "#/play";
  route();
}

function route() {
  const plays = location.hash.startsWith("#/play");
  at("overview").hidden = plays;
  at("playground").hidden = !plays;
  at("nav-overview").toggleAttribute("aria-current", false);
  at("nav-playground").toggleAttribute("aria-current", false);
  at(plays ? "nav-playground" : "nav-overview").setAttribute("aria-current", "page");
  document.title = plays ? "Playground · Nexus" : "Overview · Nexus";
  playground.show(plays);
}

at("skip").addEventListener("click", (event) => {
  event.preventDefault();
  at("main").focus();
});
window.addEventListener("hashchange", () => {
  route();
  window.scrollTo(0, 0);
});
route();
tell();
server.watch(tell);
server.start();
