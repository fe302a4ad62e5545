/* The palette "Commands": what can be done now, pages, views, tasks. */
const MOST_OFFERED = 12, MOST_SEEN = 10;
let palette = null, offered = [], at = 0;

const see = () => {
  if (!taskShown) return;
  const title = $("h1")?.textContent.trim() ?? "", seen = tab.get("seen", []).filter((each) => each.number !== taskShown);
  tab.set("seen", [{ number: taskShown, title }, ...seen].slice(0, MOST_SEEN));
};

const key = (control) => (control.getAttribute("aria-keyshortcuts") ?? "").replace("Shift+", "⇧");
const GOES = Object.fromEntries(Object.entries(PLACES).map(([letter, href]) => [href, `g ${letter}`]));

const entries = (text) => {
  const found = [], add = (name, run, hint = "") => found.push({ name, run, hint });
  const each = list && current();
  const controls = [
    ...(selected.size ? $$(".bar button[name=act]") : each ? $$(".more [popover] .btn", each) : []),
    ...$$("#main .head .btn, #main .acts > form button, #done button, #new-rows"),
  ];
  for (const control of controls) if (shown(control)) add(label(control), () => control.click(), key(control));
  for (const to of $$("header.places > nav a")) {
    const copy = to.cloneNode(true);
    $(".count", copy)?.remove();
    add(copy.textContent.trim(), () => to.click(), GOES[to.getAttribute("href")]);
  }
  const settings = $('.foot a[href="/ui/profile"]');
  if (settings) add(label(settings), () => settings.click(), ",");
  add(say("shortcuts"), () => openDialog("shortcuts"), "?");
  const digits = text.match(/\d+/)?.[0];
  if (digits) found.unshift({ name: say("goTo", { number: digits }), run: () => location.assign(`/ui/tasks/${digits}`), hint: "", always: true });
  for (const { number: seen, title } of tab.get("seen", [])) add(`${seen} ${title}`, () => location.assign(`/ui/tasks/${seen}`));
  for (const { undo: text, sentence } of tab.get("done", [])) add(`${say("undo")}: ${sentence}`, () => undo(text));
  const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
  return found.filter((one) => one.always || wanted.every((word) => one.name.toLowerCase().includes(word))).slice(0, MOST_OFFERED);
};

const show = () => {
  const field = $("input", palette), options = $("ul", palette);
  offered = entries(field.value);
  at = Math.min(at, Math.max(0, offered.length - 1));
  options.replaceChildren(...offered.map(({ name, hint }, place) => {
    const option = make("li", { role: "option", id: `command-${place}`, "aria-selected": String(place === at) }, make("span", {}, name));
    if (hint) option.append(make("kbd", { "aria-hidden": "true" }, hint));
    option.addEventListener("click", () => run(place));
    return option;
  }));
  if (offered.length) field.setAttribute("aria-activedescendant", `command-${at}`);
  else field.removeAttribute("aria-activedescendant");
  $(`#command-${at}`)?.scrollIntoView({ block: "nearest" });
};

const run = (place) => {
  const chosen = offered[place];
  palette.addEventListener("close", () => chosen?.run());
  palette.close();
};

const openPalette = () => {
  palette = openDialog("commands");
  const field = $("input", palette);
  at = 0;
  field.addEventListener("input", () => { at = 0; show() });
  field.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) { event.preventDefault(); at = (at + step + offered.length) % (offered.length || 1); show() }
    if (event.key === "Enter") { event.preventDefault(); run(at) }
  });
  show();
};
