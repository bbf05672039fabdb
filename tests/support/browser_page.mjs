// Looks at web pages with a headless Chromium: `node browser_page.mjs /usr/bin/chromium`.
//
// sdk_frame.mjs says how it is asked; the number of a request is that of the page.
//
//   verb  name        arguments                              answer
//   0     open        url, width, height, dark, still        null: a page with nothing kept
//   1     evaluate    code: an expression of the page        its value
//   2     wait        code, timeout                          its value, once that is true
//   3     press       key, times, until: a selector          whether that has the focus
//   4     type        text, into what has the focus          null
//   5     click       selector                               null
//   6     axe         nothing                                [{id, impact, help, nodes}]
//   7     shot        path                                   null: a picture of all of it
//   8     complaints  nothing                                what the page or its console said
//   9     close       nothing                                null
//   10    resize      width, height                          null
//
// `still` is for people who want no motion. A failed answer is text.

import fs from "node:fs/promises";
import path from "node:path";

import { home, launch } from "./browser.mjs";
import { serve } from "./sdk_frame.mjs";

const browser = await launch(process.argv[2]);
const axe = await fs.readFile(path.join(home("axe-core"), "axe.min.js"), "utf8");

/** @type {Map<number, {page: import("playwright-core").Page, complaints: string[]}>} */
const pages = new Map();

function pageOf(id) {
  const found = pages.get(id);
  if (found === undefined) throw new Error(`unknown page ${id}`);
  return found.page;
}

/** Waits for what pages may need a while for. */
async function until(page, code, timeout) {
  const end = performance.now() + timeout * 1000;
  for (;;) {
    const value = await page.evaluate(code);
    if (value) return value;
    if (performance.now() > end) throw new Error(`not true after ${timeout} s: ${code}`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

const verbs = [
  async function open(id, { url, width, height, dark, still }) {
    const context = await browser.newContext({
      viewport: { width, height },
      colorScheme: dark ? "dark" : "light",
      reducedMotion: still ? "reduce" : "no-preference",
    });
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    const complaints = [];
    pages.set(id, { page, complaints });
    page.on("pageerror", (error) => complaints.push(String(error.stack ?? error)));
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complaints.push(message.text());
    });
    page.on("requestfailed", (request) => complaints.push(`failed: ${request.url()}`));
    page.on("request", (request) => {
      const { protocol, host } = new URL(request.url());
      if (protocol.startsWith("http") && host !== new URL(url).host) complaints.push(`elsewhere: ${request.url()}`);
    });
    await page.goto(url);
  },
  (id, { code }) => pageOf(id).evaluate(code),
  (id, { code, timeout }) => until(pageOf(id), code, timeout),
  async function press(id, { key, times, until: wanted }) {
    const page = pageOf(id);
    const isThere = (selector) => document.activeElement?.matches(selector);
    for (let time = 0; time < times; time++) {
      await page.keyboard.press(key);
      if (wanted && (await page.evaluate(isThere, wanted))) return true;
    }
    return false;
  },
  (id, { text }) => pageOf(id).keyboard.type(text),
  (id, { selector }) => pageOf(id).click(selector),
  async function check(id) {
    const page = pageOf(id);
    await page.evaluate(axe);
    const { violations } = await page.evaluate("axe.run(document)");
    return violations.map(({ id: rule, impact, help, nodes }) => ({
      id: rule,
      impact,
      help,
      nodes: nodes.map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary}`),
    }));
  },
  (id, args) => pageOf(id).screenshot({ path: args.path, fullPage: true }).then(() => null),
  function complaints(id) {
    pageOf(id);
    return pages.get(id).complaints.splice(0);
  },
  async function close(id) {
    await pageOf(id).context().close();
    pages.delete(id);
  },
  (id, size) => pageOf(id).setViewportSize(size),
];

async function answer(verb, id, text) {
  try {
    return [0, JSON.stringify((await verbs[verb](id, JSON.parse(text))) ?? null)];
  } catch (error) {
    return [1, JSON.stringify(String(error.stack ?? error))];
  }
}

serve(answer, () => browser.close());
