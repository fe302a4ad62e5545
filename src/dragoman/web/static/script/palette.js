/* The palette "Commands": what can be done now, pages, views, tasks. */
const MOST_OFFERED = 12, MOST_SEEN = 10;

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

const openPalette = () => {
  const palette = openDialog("commands"), field = $("input", palette);
  const draw = ({ name, hint }) =>
    [make("span", {}, name), ...(hint ? [make("kbd", { "aria-hidden": "true" }, hint)] : [])];
  const show = choices(field, $("ul", palette), draw, ({ run }) => {
    palette.addEventListener("close", run);
    palette.close();
  });
  const look = () => show(entries(field.value), 0);
  field.addEventListener("input", look);
  look();
};
