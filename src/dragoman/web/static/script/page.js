/* What pages do beyond links and forms. Everything works without it.
   The files of this folder are one module, in the order that assets.py gives. This one: what the others share. */
const root = document.documentElement;
const $ = (selector, within = document) => within.querySelector(selector);
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
const main = $("#main");
const words = $("#script-words")?.dataset ?? {};
const FIELDS = "input:not([type=checkbox], [type=radio], [type=submit], [type=button]), textarea, select, [contenteditable]";

/* A text of the page in the reader's language; %(name)s stands for a value. */
const say = (name, values = {}) => (words[`say${name[0].toUpperCase()}${name.slice(1)}`] ?? "").replace(/%\((\w+)\)s/g, (_, key) => values[key] ?? "");

/* What is kept in the tab, for this reader. */
const tab = {
  name: (key) => `${words.who}:${key}`,
  get(key, usual = null) {
    try { return JSON.parse(sessionStorage.getItem(tab.name(key))) ?? usual } catch { return usual }
  },
  set(key, value) {
    try {
      if (value === null) sessionStorage.removeItem(tab.name(key));
      else sessionStorage.setItem(tab.name(key), JSON.stringify(value));
    } catch { /* the tab may keep nothing */ }
  },
};

/* Put parts of an answer in place: hx-partials, or what `select` names, where `target` is. */
const swap = (text, how = "none", target = document.body, select = undefined) =>
  htmx.swap({ text, swap: how, target, select, sourceElement: document.body });

/* The answer to a request, null for none. */
const ask = (address, options = {}) =>
  fetch(address, { ...options, headers: { "HX-Request": "true", ...options.headers } }).catch(() => null);

/* The text of an answer, empty for a refusal. */
const textOf = async (address) => {
  const answer = await ask(address);
  return answer?.ok ? answer.text() : "";
};

/* Whether a click asks the browser for another tab or window. */
const isElsewhere = (event) => event.ctrlKey || event.metaKey || event.shiftKey;

/* The options of a combobox: drawn for what is offered, one of them pointed at by the arrow keys. */
const choices = (field, options, draw, take) => {
  let found = [], at = -1;
  const show = (offered, place = at) => {
    [found, at] = [offered, Math.min(place, offered.length - 1)];
    options.replaceChildren(...found.map((each, place) => {
      const option = make("li", { role: "option", id: `${options.id}-${place}`, "aria-selected": String(place === at) }, ...draw(each));
      option.addEventListener("pointerdown", (event) => { event.preventDefault(); take(each) });
      return option;
    }));
    options.hidden = !found.length;
    field.setAttribute("aria-expanded", String(!options.hidden));
    if (at < 0) field.removeAttribute("aria-activedescendant");
    else field.setAttribute("aria-activedescendant", `${options.id}-${at}`);
    options.children[at]?.scrollIntoView({ block: "nearest" });
  };
  field.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (options.hidden || !step && (at < 0 || !/Enter|Tab/.test(event.key))) return;
    event.preventDefault();
    if (step) show(found, (at + step + found.length) % found.length);
    else take(found[at]);
  });
  return show;
};

const make = (name, values = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(values)) made.setAttribute(key, value);
  made.append(...children);
  return made;
};

const here = () => location.pathname + location.search;
const label = (control) => {
  const copy = control.cloneNode(true);
  $$("kbd, svg", copy).forEach((each) => each.remove());
  return (control.getAttribute("aria-label") || copy.textContent).replace(/\s+/g, " ").trim();
};

/* A copy of what the page's template has for script. */
const copy = (selector) => $(selector, $("#dialogs").content).cloneNode(true);

/* A dialog of the template, opened; it goes when it is closed. */
const openDialog = (id) => {
  const dialog = copy(`#${id}`), before = document.activeElement;
  document.body.append(dialog);
  dialog.addEventListener("close", () => { dialog.remove(); before?.focus?.({ preventScroll: true }) });
  dialog.showModal();
  return dialog;
};
