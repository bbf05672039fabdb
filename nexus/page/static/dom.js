// Elements, made in one line each.

/** @typedef {Node | string | null | undefined | false} Child */

/**
 * Makes an element: `h("button.main", {type: "button", onclick: send}, "Send")`.
 * @param {string} spec a tag, and classes after dots
 * @param {Record<string, any>} [attributes] functions listen; true stands alone; null and false are left out
 * @param {...Child} children
 * @returns {any} the element
 */
export function h(spec, attributes = {}, ...children) {
  const [tag, ...classes] = spec.split(".");
  const element = document.createElement(tag);
  if (classes.length > 0) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  append(element, children);
  return element;
}

/**
 * @param {Element} element
 * @param {Child[]} children
 */
function append(element, children) {
  element.append(.../** @type {(Node | string)[]} */ (children.filter((child) => child || child === "")));
}

/**
 * Puts other children into an element.
 * @param {Element} element
 * @param {...Child} children
 */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
}

/**
 * Writes a text where it is another one; what stays the same is not touched, so that
 * screen readers stay quiet.
 * @param {Element} element
 * @param {string} text
 */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

let serial = 0;

/**
 * An id that no other element has.
 * @param {string} name
 */
export function unique(name) {
  serial += 1;
  return `${name}-${serial}`;
}

/**
 * A field with its label, a hint and a place for what is wrong with it.
 * @param {string} label
 * @param {any} control
 * @param {string} [hint]
 */
export function field(label, control, hint = "") {
  control.id ||= unique("field");
  const hintText = h("p.hint", { id: `${control.id}-hint` }, hint);
  const error = h("p.error", { id: `${control.id}-error`, hidden: true });
  control.setAttribute("aria-describedby", `${hintText.id} ${error.id}`);
  const element = h("div.field", {}, h("label", { for: control.id }, label), control, hintText, error);
  return {
    element,
    /** @param {string} text */
    hint(text) {
      write(hintText, text);
    },
    /** @param {string} text what is wrong; empty: nothing */
    wrong(text) {
      write(error, text);
      error.hidden = text === "";
      if (text === "") control.removeAttribute("aria-invalid");
      else control.setAttribute("aria-invalid", "true");
    },
  };
}

/**
 * A duration as people say it.
 * @param {number} seconds
 */
export function duration(seconds) {
  const whole = Math.floor(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min`;
  if (whole < 86400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${Math.floor(whole / 86400)} d ${Math.floor((whole % 86400) / 3600)} h`;
}

/**
 * A count with its noun.
 * @param {number} count
 * @param {string} noun
 */
export function counted(count, noun) {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

/**
 * So many bytes as people say it.
 * @param {number} bytes
 */
export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1000).toFixed(1)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
