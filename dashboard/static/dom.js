// Making elements: h("button", { class: "quiet", onclick: go }, "text").

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...those(children));
  return element;
}

/** A child that is null or false isn't one: `condition && h(…)`. */
const those = (children) => children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);

export const replace = (element, ...children) => element.replaceChildren(...those(children));

export const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);

export const svg = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

export const byId = (id) => document.getElementById(id);

/** Change a text only where it differs, so that nothing that somebody selects or reads aloud is touched. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** What was chosen here earlier; storage may be forbidden. */
export function remembered(name) {
  try {
    return localStorage.getItem(`ankang-${name}`);
  } catch {
    return null;
  }
}

export function remember(name, value) {
  try {
    localStorage.setItem(`ankang-${name}`, value);
  } catch {
    // Then it holds until the page is closed.
  }
}
