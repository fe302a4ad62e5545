/* Fields: completion of the filter, drafts that come back, and what somebody else changed meanwhile. */
const filter = $("form[action^='/ui/inbox/'] .ask #q");

/* The word before the caret: a key, or a key with the beginning of a value. */
const unfinished = () => {
  const before = filter.value.slice(0, filter.selectionStart ?? 0);
  const [word = ""] = before.match(/\S*$/) ?? [];
  const [, minus, name, value] = word.match(/^(-?)(?:([\w.]+):)?(.*)$/) ?? [];
  const text = (value ?? "").split(",").at(-1);
  return { name: name ?? "", text, from: before.length - text.length, minus };
};

const completion = () => {
  const options = make("ul", { role: "listbox", id: "completions", class: "completions", "aria-label": say("suggestions") });
  options.hidden = true;
  filter.closest(".ask").append(options);
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-controls": "completions", "aria-expanded": "false" })) filter.setAttribute(name, value);
  let asked = 0, timer = 0;
  const close = () => show([], -1);
  const take = ({ value }) => {
    const { name, text, from } = unfinished(), end = from + text.length;
    const quoted = /\s/.test(value) ? `"${value}"` : value, more = name || value.endsWith(":") ? "" : ":";
    filter.setRangeText(quoted + more, from, end, "end");
    close();
    if (more || value.endsWith(":")) look();
  };
  const draw = ({ value, label: words }) =>
    [make("code", {}, value), ...(words && words !== value ? [make("span", { class: "soft" }, words)] : [])];
  const show = choices(filter, options, draw, take);
  const look = () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const mine = ++asked, { name, text } = unfinished();
      if (!name && !text) return close();
      const found = await textOf(`/ui/complete?${new URLSearchParams({ key: name, text })}`);
      if (found && mine === asked && document.activeElement === filter) show(JSON.parse(found).items.slice(0, 8), -1);
    }, 120);
  };
  filter.addEventListener("input", look);
  filter.addEventListener("blur", () => { asked += 1; close() });
  filter.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !options.hidden) { event.preventDefault(); event.stopPropagation(); close() }
  });
};

/* What was typed into a form that says so is kept in the tab until it is saved. */
const SECRET = "[type=password], [type=hidden], [type=file], [name=csrf], [name=key]";
const inputs = (form) => $$("input, textarea, select", form).filter((each) => each.name && !each.matches(SECRET));
const isTyped = (form) => inputs(form).some((each) =>
  each.matches("select") ? [...each.options].some((one) => one.selected !== one.defaultSelected) && each.selectedIndex > 0
    : each.matches("[type=checkbox], [type=radio]") ? each.checked !== each.defaultChecked
      : each.value !== each.defaultValue);

const drafts = () => {
  const saved = tab.get("draft-sent");
  const forms = $$('form[data-draft], form[action="/ui/tasks/new"]').filter((form) => form.method === "post");
  if (saved && !forms.some((form) => draftKey(form) === saved)) tab.set(saved, null);
  tab.set("draft-sent", null);
  for (const form of forms) {
    const kept = tab.get(draftKey(form));
    if (kept && !$("[aria-invalid]", form)) {
      for (const each of inputs(form)) {
        const value = kept[each.name];
        if (value === undefined) continue;
        if (each.matches("[type=checkbox], [type=radio]")) each.checked = value.includes(each.value);
        else if (value.length) each.value = value.shift();
      }
    }
    form.addEventListener("input", () => {
      const values = {};
      for (const each of inputs(form)) {
        values[each.name] ??= [];
        if (!each.matches("[type=checkbox], [type=radio]") || each.checked) values[each.name].push(each.value);
      }
      tab.set(draftKey(form), values);
    });
    form.addEventListener("submit", () => tab.set("draft-sent", draftKey(form)));
  }
};
const draftKey = (form) => `draft:${form.dataset.draft || new URL(form.action, location.href).pathname}`;

/* The form of a task that somebody else changed: what isn't edited is renewed, what is keeps its text and is marked. */
const editing = $("form#edit");
const editedTask = editing?.getAttribute("action").match(/^\/ui\/tasks\/(\d+)\/edit$/)?.[1];

const parts = async (address, select) => {
  const holder = make("div", { hidden: "" });
  document.body.append(holder);
  await swap(await textOf(address), "innerHTML", holder, select);
  holder.remove();
  return holder;
};

const renewEdit = async (form) => {
  const task = `/ui/tasks/${editedTask ?? taskShown}`;
  const fresh = await parts(`${task}/edit`, "form#edit"), story = await parts(task, ".story li");
  const who = (name) => ($(`li:has([data-field^="${name}"]) b`, story) ?? $("b", story))?.textContent ?? "";
  const theirs = new Map(inputs(fresh).map((each) => [each.name, each]));
  for (const each of inputs(form)) {
    const other = theirs.get(each.name);
    if (!other || each.matches("[type=checkbox], [type=radio]")) continue;
    if (other.value === each.value || other.value === each.dataset.theirs) continue;
    if (each.dataset.typed) markMeanwhile(each, other.value, who(each.name));
    else { each.value = other.value; each.classList.add("flash") }
  }
};

const markMeanwhile = (each, value, who) => {
  each.dataset.theirs = value;
  const field = each.closest(".field") ?? each;
  $(".meanwhile", field)?.remove();
  const note = copy(".meanwhile"), [theirs, mine] = $$("button", note);
  $("span", note).textContent = say("meanwhile", { who, value });
  theirs.addEventListener("click", () => { each.value = value; delete each.dataset.typed });
  for (const button of [theirs, mine]) button.addEventListener("click", () => { note.remove(); each.focus() });
  field.append(note);
};

document.addEventListener("input", ({ target }) => { if (target.closest("form#edit, form.in-place")) target.dataset.typed = "1" });

const markAsRead = () => {
  const button = $('#main [data-act="read"]');
  if (!button) return;
  let timer = 0;
  const wait = () => {
    clearTimeout(timer);
    if (!document.hidden) timer = setTimeout(async () => {
      document.removeEventListener("visibilitychange", wait);
      const form = button.form;
      const answer = await ask(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      if (answer?.ok) { main.dataset.read = "true"; form.remove() }
    }, 1_000);
  };
  document.addEventListener("visibilitychange", wait);
  wait();
};
