/* Keys: each presses a control that is on the page. None in fields and dialogs. */
const PLACES = {
  m: "/ui/inbox/mine", v: "/ui/inbox/available", l: "/ui/inbox/all", r: "/ui/inbox/review", o: "/ui/inbox/overdue",
  b: "/ui/batches", c: "/ui/contacts", s: "/ui/schemas", t: "/ui/traffic", w: "/ui/overview", a: "/ui/admin",
};
const ACTS = {
  c: "claim", u: "release", a: "assign", e: "complete", E: "fail", d: "due", h: "suspend", p: "priority", l: "category", b: "batch",
};
const OF_SELECTIONS = /batch|due|priority|category/;
const ORDINARY = ["will_change", "no_change", "unchanged", ""];
let going = 0;

const press = (control) => { control?.click(); return Boolean(control) };
const shown = (control) => (control?.hidden || control?.disabled ? null : control);
const keyed = (key, within = document) => $$("[aria-keyshortcuts]", within).find(
  (each) => each.getAttribute("aria-keyshortcuts").split(" ").includes(key) && shown(each) && !each.closest("dialog:not([open])"),
);

const act = (key) => {
  const name = ACTS[key], each = current();
  if (each && list && !selected.size && OF_SELECTIONS.test(name)) toggle(each, true);
  if (selected.size) return press(shown($(`.bar button[value=${name}]`)));
  if (each && list) return press($(`button[formaction$="/${name}"], a[href$="/${name}"]`, each));
  return press($(`#main [data-act="${name}"]`) ?? keyed(key === "E" ? "Shift+E" : key, main) ?? (OF_SELECTIONS.test(name) ? $(`#main a[data-field="${name}"], #main .edit[href*="${name}"]`) : null));
};

const step = (by) => (list ? move(by) : taskShown ? walk(by) : null);

const unusual = (by) => {
  const all = $$("tr[data-entry]").filter((each) => each.dataset.stale === "true" || !ORDINARY.includes(each.dataset.effect ?? ""));
  const from = document.activeElement?.closest?.("tr[data-entry]");
  const order = $$("tr[data-entry]");
  const at = from ? order.indexOf(from) : by > 0 ? -1 : order.length;
  const next = by > 0 ? all.find((each) => order.indexOf(each) > at) : all.findLast((each) => order.indexOf(each) < at);
  if (!next) return;
  next.tabIndex = -1;
  next.focus();
  next.scrollIntoView({ block: "center" });
};

const escape = () => {
  if (peeked) endPeek();
  else if (selected.size) clearSelection();
  else document.activeElement?.blur?.();
};

const KEYS = {
  j: () => step(1), ArrowDown: () => step(1), k: () => step(-1), ArrowUp: () => step(-1),
  o: () => press(link(current() ?? document)),
  x: () => toggle(current()),
  J: () => extend(1), K: () => extend(-1),
  "/": () => { $("#q")?.focus(); $("#q")?.select() },
  f: () => $(".chip.add")?.focus(),
  n: () => press(keyed("n") ?? $('a[href="/ui/tasks/new"]')),
  ".": () => press($("#new-rows") ?? ($("tr.left") && { click: showNewRows })),
  z: () => press(keyed("z")),
  ",": () => press($('a[href="/ui/profile"]')),
  "?": () => openDialog("shortcuts"),
  "[": () => unusual(-1), "]": () => unusual(1),
  y: () => navigator.clipboard?.writeText($("[data-copy]")?.href ?? location.href),
  " ": () => peekCurrent(),
  Escape: escape,
};
for (const key of Object.keys(ACTS)) KEYS[key] = () => act(key);

/* Whether a key is for the control that has the focus. */
const isForControl = (key, target) =>
  (key === " " && target.matches?.("button, summary, input, [role=option]")) ||
  (key.startsWith("Arrow") && target.matches?.("input, [popover] *"));

const pressed = (event) => {
  const { key, target } = event;
  if (root.dataset.keys === "off" || event.defaultPrevented || event.isComposing) return;
  const palette = (event.ctrlKey || event.metaKey) && !event.altKey && key.toLowerCase() === "k";
  if ($("dialog[open]")) return;
  if (palette && !event.shiftKey) { event.preventDefault(); return openPalette() }
  if (target.matches?.(FIELDS)) { if (key === "Escape") target.blur(); return }
  if (event.ctrlKey && !event.altKey && !event.metaKey && key === "a" && list) { event.preventDefault(); return choosePage(true) }
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (going && PLACES[key]) {
    going = 0;
    event.preventDefault();
    return press($(`nav a[href="${PLACES[key]}"]`));
  }
  going = 0;
  if (key === "g") { const now = (going = Date.now()); setTimeout(() => { if (going === now) going = 0 }, 1_500); return }
  if (!KEYS[key] || isForControl(key, target) || $(":popover-open") && key !== "Escape") return;
  if (!list && /^( |Arrow.*)$/.test(key)) return;
  if (key !== "Escape") event.preventDefault();
  KEYS[key]();
};
if (words.who) document.addEventListener("keydown", pressed);
