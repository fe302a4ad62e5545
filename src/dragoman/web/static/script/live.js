/* The stream of this page: which rows changed, how many new ones wait, and the counts beside the lists. */
const GATHER = 250, PATIENCE = 10_000, HIDDEN = 30_000, AT_ONCE = 100;
const batchShown = main?.dataset.batch;
const taskShown = main?.dataset.task;
const reviews = location.pathname.endsWith("/review");
let source = null, last = "", newBefore = 0, newHere = 0, lostTimer = 0, hiddenTimer = 0, againTimer = 0;
let live = null, changed = new Set(), gathering = 0;

const stateOf = (state, text) => {
  if (!live) return;
  live.dataset.live = state;
  if (live.textContent !== text) live.textContent = text;
};

const address = () => {
  const parts = new URLSearchParams();
  if (list) parts.set("rows", rows().slice(-MOST_ROWS).map((each) => `${number(each)}.${each.dataset.revision}`).join(","));
  else if (editedTask) parts.set("rows", `${editedTask}.${editing.elements.revision.value}`);
  else if (taskShown) parts.set("rows", `${taskShown}.${main.dataset.revision}`);
  if (batchShown) parts.set("batches", `${batchShown}.${main.dataset.revision ?? 0}`);
  if (listName) parts.set("list", listName), parts.set("q", query());
  if (last) parts.set("since", last);
  return `/ui/live?${parts}`;
};

const lost = () => {
  lostTimer ||= setTimeout(() => stateOf("lost", say("lost")), PATIENCE);
};

/* Open the stream, again where rows came. */
const listen = () => {
  if (!live || document.hidden && !source) return;
  clearTimeout(againTimer);
  source?.close();
  const opened = source = new EventSource(address());
  const on = (name, heard) => opened.addEventListener(name, (event) => {
    last = event.lastEventId || last;
    heard(event.data ? JSON.parse(event.data) : {});
  });
  opened.onopen = () => {
    clearTimeout(lostTimer);
    lostTimer = 0;
    newBefore += newHere, newHere = 0;
    stateOf("on", say("live"));
  };
  opened.onerror = () => {
    lost();
    if (opened.readyState === EventSource.CLOSED && source === opened) againTimer = setTimeout(listen, PATIENCE);
  };
  on("task", ({ n, r }) => hear(n, r));
  on("list", (heard) => { newHere = heard.new; showNew() });
  on("count", showCounts);
  on("batch", ({ r }) => (r && r <= main.dataset.revision ? renewRun() : renewPage()));
  on("bye", ({ reason }) => {
    opened.close();
    if (reason === "session") return stateOf("off", say("signedOut"));
    if (reason === "room") return stateOf("off", say("off"));
    lost();
    if (reason === "rights") rows().forEach((each) => hear(number(each)));
    againTimer = setTimeout(listen, 500 + Math.random() * 1_500);
  });
};

const hush = () => {
  source?.close();
  source = null;
  stateOf("off", say("off"));
};

/* A row changed: rows are asked for together. */
const hear = (each, revision) => {
  if (Number(editedTask) === each) return renewEdit(editing);
  if (Number(taskShown) === each) return revision > main.dataset.revision ? renewPage() : null;
  changed.add(each);
  gathering ||= setTimeout(() => {
    gathering = 0;
    const all = [...changed].filter(row);
    changed = new Set();
    for (let at = 0; at < all.length; at += AT_ONCE) renew(all.slice(at, at + AT_ONCE), true);
  }, GATHER);
};

/* Put rows in place as they are now. One that isn't given any more is dimmed. */
const renew = async (numbers, flash = false) => {
  const parts = new URLSearchParams({ n: numbers.join(","), list: listName, q: query() });
  const columns = new URLSearchParams(location.search).getAll("cols").join(",");
  if (columns) parts.set("cols", columns);
  const answer = await ask(`/ui/rows?${parts}`);
  if (!answer?.ok) return;
  const text = await answer.text(), before = current();
  const focused = document.activeElement, waits = before && number(before);
  const revisions = new Map(numbers.map((each) => [each, row(each)?.dataset.revision]));
  await swap(text);
  for (const each of numbers) {
    const found = row(each);
    if (!found) continue;
    if (!text.includes(`#task-${each}"`)) dim(found);
    else if (flash && found.dataset.revision !== revisions.get(each)) flashRow(found);
  }
  if (waits && row(waits)) mark(row(waits));
  if (waits && focused?.isConnected === false) focusRow(row(waits), { preventScroll: true });
  showSelection();
  showTimes();
};

const dim = (each) => {
  each.classList.add("left");
  if (!$(".gone", each)) $(".what", each)?.append(" ", make("em", { class: "gone" }, say("gone")));
};

const flashRow = (each) => {
  each.classList.remove("flash");
  void each.offsetWidth;
  each.classList.add("flash");
  each.addEventListener("animationend", () => each.classList.remove("flash"), { once: true });
};

const showNew = () => {
  const count = newBefore + newHere, found = $("#new-rows");
  if (count <= 0) return found?.remove();
  const text = [`${say("new", { count })} `, make("kbd", { "aria-hidden": "true" }, ".")];
  if (found) return found.replaceChildren(...text);
  const button = make("button", { id: "new-rows", class: "btn", type: "button", "aria-keyshortcuts": "." }, ...text);
  button.addEventListener("click", showNewRows);
  live.after(button);
};

/* Show the list as it is now: new rows come, dimmed ones go. */
const showNewRows = async () => {
  if (!list || appended) return location.reload();
  const text = await textOf(here());
  if (!text.includes('id="rows"')) return location.reload();
  const known = new Set(rows().map(number));
  await swap(text, "outerMorph", "#rows", "#rows");
  await swap(text, "outerHTML", ".pager", ".pager");
  newBefore = newHere = 0;
  showNew();
  rows().filter((each) => !known.has(number(each))).forEach(flashRow);
  showSelection();
  focusRow(row(currentNumber) ?? rows()[0]);
  listen();
};

const showCounts = (counts) => {
  for (const [name, count] of Object.entries(counts)) {
    for (const place of $$(`a[href="/ui/inbox/${name}"]`)) {
      const found = $(".count", place) ?? place.appendChild(make("span", { class: "count", "data-count": name }));
      found.textContent = count > 999 ? "999+" : count || "";
    }
    if (reviews && name === "review") renewPage();
  }
};

/* A page of one task or batch: what is typed stays, the rest is as it is now. */
let renewing = 0;
const renewPage = () => {
  renewing ||= setTimeout(async () => {
    renewing = 0;
    if ($("dialog[open]")) return renewPage();
    const answer = await ask(here());
    if (!answer) return;
    const text = await answer.text();
    if (text.includes('id="main"')) await renewMain(text);
  }, GATHER);
};

/* How far a batch is, while nothing else of it changes. */
const renewRun = async () => {
  const text = await textOf(`${location.pathname}?part=live`);
  if (text) await swap(text, "outerMorph", "#live");
};

/* What was done stays said until something else is, and what is typed stays, but in a form that was sent. */
const renewMain = async (text, sent) => {
  const typed = $$("#main form").filter((form) => form !== sent && (isTyped(form) || form.matches(".in-place")))
    .map((form) => form.closest("[data-place]") ?? form);
  if (!/id="done"[^>]*>\s*<div/.test(text)) typed.push($("#done"));
  typed.forEach((form) => form.setAttribute("hx-morph-skip", ""));
  const shown = live.textContent, state = live.dataset.live;
  await swap(text, "outerHTML", ".sprite", ".sprite");
  await swap(text, "outerMorph", "#main", "#main");
  placeLive();
  stateOf(state, shown);
  typed.forEach((form) => form.removeAttribute("hx-morph-skip"));
  $$("form.in-place").forEach(renewEdit);
  $("#seen [aria-current]")?.click();
  showTimes();
};

const placeLive = () => {
  live = $("[data-live]", main) ?? live ?? copy(".live");
  if (!live.isConnected) ($("h1", main)?.closest(".head") ?? main).append(live);
};

const beginLive = () => {
  if (!words.who || !(listName || reviews || taskShown || editedTask || batchShown)) return;
  placeLive();
  const heading = $("h1", main);
  if (heading && live.previousElementSibling !== heading && listName) {
    const soft = heading.nextElementSibling;
    (soft?.matches(".soft") ? soft : heading).after(live);
  }
  listen();
  document.addEventListener("visibilitychange", () => {
    clearTimeout(hiddenTimer);
    if (document.hidden) hiddenTimer = setTimeout(hush, HIDDEN);
    else if (!source || source.readyState === EventSource.CLOSED) listen();
  });
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", (event) => { if (event.persisted) listen() });
};
