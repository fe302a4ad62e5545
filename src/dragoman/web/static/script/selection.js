/* The selected rows: kept in the tab over paging and live updates. */
const MOST_DIRECT = 100;
const acts = $("form.acts");
const selectionKey = () => `selected:${listName}?${query()}`;
let selected = new Map(Object.entries(tab.get(selectionKey(), {})).map(([key, value]) => [Number(key), value]));
let anchor = null;

const box = (each) => $("input[name=task]", each);
const facts = (each) => ({ revision: each.dataset.revision, acts: (each.dataset.acts ?? "").split(" ") });

const choose = (each, on) => {
  if (on) selected.set(number(each), facts(each));
  else selected.delete(number(each));
};

const showSelection = () => {
  if (!acts) return;
  for (const each of rows()) {
    const found = box(each);
    if (!found) continue;
    found.checked = selected.has(number(each));
    if (found.checked) selected.set(number(each), facts(each));
  }
  tab.set(selectionKey(), selected.size ? Object.fromEntries(selected) : null);
  const bar = $(".bar", acts);
  if (!bar || $("[name=select]", bar)) return;
  bar.classList.toggle("shown", selected.size > 0);
  const count = $("[data-selected]", bar);
  if (count) count.textContent = say("selected", { count: selected.size });
  for (const button of $$("button[name=act]", bar)) {
    if (button.value === "batch") continue;
    const able = [...selected.values()].filter((each) => each.acts.includes(button.value)).length;
    button.hidden = !able || selected.size > MOST_DIRECT;
    $(".able", button)?.remove();
    if (able && able < selected.size) button.insertBefore(make("span", { class: "able" }, ` (${able}) `), $("kbd", button));
  }
  const all = $("#select-page");
  if (all) all.checked = rows().length > 0 && rows().every((each) => selected.has(number(each)));
};

const toggle = (each, on = !selected.has(number(each))) => {
  if (!each) return;
  choose(each, on);
  anchor = each;
  showSelection();
};

const range = (from, to, on) => {
  const all = rows();
  const [first, last] = [all.indexOf(from), all.indexOf(to)].sort((one, other) => one - other);
  all.slice(Math.max(0, first), last + 1).forEach((each) => choose(each, on));
  showSelection();
};

const extend = (step) => {
  const from = current();
  if (from) choose(from, true);
  toggle(move(step), true);
};

const choosePage = (on) => { rows().forEach((each) => choose(each, on)); showSelection() };
const clearSelection = () => { selected.clear(); showSelection() };

/* What is selected on other pages goes with the form as well. */
const withOthers = (form) => {
  $$(".of-others", form).forEach((each) => each.remove());
  for (const [each, { revision }] of selected) {
    if (row(each)) continue;
    form.append(make("input", { type: "hidden", name: "task", value: each, class: "of-others" }));
    form.append(make("input", { type: "hidden", name: "seen", value: `${each}.${revision}`, class: "of-others" }));
  }
};

if (acts && list) {
  const first = $("thead th", acts);
  if (first && !$("input", first)) {
    first.append(copy("#select-page"));
  }
  const refused = rows().filter((each) => box(each)?.defaultChecked);
  if (refused.length) selected = new Map(refused.map((each) => [number(each), facts(each)]));
  document.addEventListener("click", (event) => {
    const found = event.target.closest("#rows input[name=task]");
    if (found && event.shiftKey && anchor) range(anchor, found.closest("tr"), found.checked);
    if (found) anchor = found.closest("tr");
    if (event.target.closest(".bar [type=reset]")) { event.preventDefault(); clearSelection() }
  });
  document.addEventListener("change", ({ target }) => {
    if (target.id === "select-page") choosePage(target.checked);
    else if (target.matches("#rows input[name=task]")) toggle(target.closest("tr"), target.checked);
  });
}
