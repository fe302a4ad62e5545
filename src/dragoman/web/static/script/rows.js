/* The rows of a list: which is the current one, moving over them, and coming back to them. */
const list = $("#rows");
const listName = location.pathname.match(/^\/ui\/inbox\/(?!review)(\w+)/)?.[1] ?? "";
const query = () => $("#q")?.defaultValue ?? "";
const rows = () => $$("#rows > tr[data-task]");
const row = (number) => document.getElementById(`task-${number}`);
const link = (each) => $(".what a", each);
const number = (each) => Number(each.dataset.task);
let currentNumber = null;

const current = () => document.activeElement?.closest?.("#rows > tr[data-task]") ?? row(currentNumber);

const mark = (each) => {
  currentNumber = each ? number(each) : null;
  for (const other of rows()) other.ariaCurrent = other === each ? "true" : null;
};

const focusRow = (each, options) => {
  if (!each) return;
  mark(each);
  link(each)?.focus(options);
  each.scrollIntoView({ block: "nearest" });
};

/* Focus the next row, or the one before; the first where there is none yet. */
const move = (step) => {
  const all = rows();
  const at = all.indexOf(current());
  const next = at < 0 ? all[step > 0 ? 0 : all.length - 1] : all[at + step];
  focusRow(next);
  return next;
};

const beside = (each) => each?.nextElementSibling ?? each?.previousElementSibling ?? null;

/* On the page of a task: the next one of the list from which it was opened. */
const walk = (step) => {
  const { numbers = [] } = tab.get("walk", {});
  const at = numbers.indexOf(Number(main.dataset.task)), next = numbers[at + step];
  if (at >= 0 && next) location.assign(`/ui/tasks/${next}${location.search.match(/\?from.*/) ?? ""}`);
};

const leave = () => {
  if (!list) return;
  tab.set("walk", { numbers: rows().map(number), address: here() });
  tab.set(`place:${here()}`, { current: currentNumber, top: scrollY, pages: appended });
};

const comeBack = async () => {
  const kind = performance.getEntriesByType("navigation")[0]?.type;
  const came = kind !== "navigate" || /\/ui\/(tasks|batches)\//.test(document.referrer) || tab.get("acted") === here();
  tab.set("acted", null);
  const place = tab.get(`place:${here()}`);
  if (!list || !place || !came) return;
  for (let page = 0; page < place.pages && (await append()); page++);
  scrollTo(0, place.top);
  focusRow(row(place.current), { preventScroll: true });
};

/* The next page at the end of this one. The first rows go when there are too many. */
const MOST_ROWS = 500;
let appended = 0;
const append = async () => {
  const next = $(".pager a[rel=next]");
  if (!next) return false;
  next.setAttribute("aria-busy", "true");
  const text = await textOf(next.href);
  if (!text) { location.assign(next.href); return false }
  const before = rows().at(-1);
  await swap(text, "beforeend", "#rows", "#rows > tr");
  await swap(text, "outerHTML", ".pager", ".pager");
  appended += 1;
  rows().slice(0, -MOST_ROWS).forEach((each) => each.remove());
  showSelection();
  listen();
  return before;
};

document.addEventListener("focusin", ({ target }) => {
  const each = target.closest?.("#rows > tr[data-task]");
  if (each) mark(each);
});
document.addEventListener("click", async (event) => {
  if (!list || isElsewhere(event) || !event.target.closest(".pager a[rel=next]")) return;
  event.preventDefault();
  const last = await append();
  if (last) focusRow(last.nextElementSibling ?? last);
});
addEventListener("pagehide", leave);
