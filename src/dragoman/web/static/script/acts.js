/* Acts: forms that wait, that are sent once more after no answer, and rows that change in place. */
const MOST_UNDONE = 10;

/* What can be undone, the latest first, for the palette. */
const noteDone = () => {
  const form = $("#done form");
  if (!form) return;
  const undo = form.elements.undo?.value;
  const done = tab.get("done", []);
  if (!undo || done.some((each) => each.undo === undo)) return;
  const sentence = $("#done .note span")?.textContent ?? "";
  tab.set("done", [{ undo, sentence }, ...done].slice(0, MOST_UNDONE));
};

const forgetDone = (undo) => tab.set("done", tab.get("done", []).filter((each) => each.undo !== undo));

const undo = (text) => {
  const form = make("form", { method: "post", action: "/ui/undo" });
  for (const [name, value] of Object.entries({ csrf: $("[name=csrf]")?.value ?? "", undo: text, back: here() })) {
    form.append(make("input", { type: "hidden", name, value }));
  }
  document.body.append(form);
  form.requestSubmit();
};

const tell = (sentence, button) =>
  $("#done")?.replaceChildren(make("div", { class: "note warn" }, make("span", {}, sentence), button));

/* Send a form, and try again when asked; twice is once, by its key. The answer, or null where there is none. */
const send = async (action, body, waiting, again, headers) => {
  waiting.ariaBusy = "true";
  const answer = await ask(action, { method: "POST", body, headers });
  waiting.ariaBusy = null;
  if (answer && answer.status !== 503) return answer;
  const button = make("button", { class: "btn", type: "button" }, say("again"));
  button.addEventListener("click", again);
  tell(say("notSaved"), button);
  button.focus();
  return null;
};

/* An act from the menu of a row: its row changes in place. */
const actOnRow = async (button, body = null) => {
  const form = button.form, each = button.closest("tr[data-task]");
  body ??= new URLSearchParams({
    csrf: form.elements.csrf.value, back: here(), revision: button.value, key: crypto.randomUUID(),
  });
  $("[popover]:popover-open", each)?.hidePopover();
  const next = beside(each), completes = /\/complete$/.test(button.formAction);
  const answer = await send(button.formAction, body, each, () => actOnRow(button, body));
  if (!answer) return;
  const text = await answer.text();
  if (!text.includes("<hx-partial")) { location.assign(here()); return }
  await swap(text.replace(/<hx-partial hx-target="#task-[\s\S]*?<\/hx-partial>/g, ""));
  noteDone();
  await renew([number(each)]);
  if (completes && answer.ok && next?.isConnected) focusRow(next);
  else focusRow(row(number(each)));
};

/* A form on the page of a task or batch: what follows takes the place of what is shown, by itself. What is no such page
   is a page of its own. */
const actHere = async (form, action, body) => {
  const answer = await send(action, body, form, () => actHere(form, action, body), { "HX-Target": "main" });
  if (!answer) return;
  const to = answer.headers.get("HX-Redirect"), dialog = form.closest("dialog");
  if (to && new URL(to, location).pathname !== location.pathname) return location.assign(to);
  const text = await (to ? await ask(here(), { headers: { "HX-Target": "main" } }) : answer).text();
  if (dialog && /id="question-body"/.test(text)) await swap(text, "outerMorph", "#question-body", "#question-body");
  else if (/<main [^>]*data-(state|status)=/.test(text) || to) {
    dialog?.close();
    await renewMain(text, form);
    noteDone();
  } else {
    for (const [name, value] of body) if (!form.elements[name]) form.append(make("input", { type: "hidden", name, value }));
    return form.submit();
  }
  ($("[aria-invalid]", dialog?.open ? dialog : main) ?? main).focus({ preventScroll: true });
};

/* The question of an act, as a dialog. */
const question = async (address) => {
  const text = await textOf(address);
  if (!/<dialog/.test(text)) { location.assign(address); return }
  $("#question")?.remove();
  await swap(text, "beforeend", document.body, "dialog");
  const dialog = $("#question"), back = $("[name=back]", dialog), before = document.activeElement;
  if (back && list) back.value = here();
  $("a[role=button]", dialog)?.addEventListener("click", (event) => { event.preventDefault(); dialog.close() });
  dialog.addEventListener("close", () => { dialog.remove(); before?.focus?.() });
  dialog.showModal();
};

document.addEventListener("submit", (event) => {
  const form = event.target, button = event.submitter;
  if (form.ariaBusy) return event.preventDefault();
  const action = new URL(button?.hasAttribute("formaction") ? button.formAction : form.action, location.href);
  if (button?.closest("#rows") && /^\/ui\/tasks\/\d+\/\w+$/.test(action.pathname)) {
    event.preventDefault();
    actOnRow(button);
  } else if (form.method === "get" && /^\/ui\/tasks\/\d+\/(?!edit)\w+$/.test(action.pathname)) {
    event.preventDefault();
    question(`${action.pathname}?${new URLSearchParams(new FormData(form))}`);
  } else if (form.method === "post") {
    if (form === acts) {
      withOthers(form);
      const each = current();
      if (each && selected.has(number(each))) mark(rows().slice(rows().indexOf(each)).find((one) => !selected.has(number(one))) ?? each);
      if (button?.name === "act") selected.clear(), tab.set(selectionKey(), null);
    }
    if (form.elements.undo) forgetDone(form.elements.undo.value);
    if (action.pathname === "/ui/sign-out") sessionStorage.clear();
    tab.set("acted", here());
    if ((taskShown || batchShown) && form.closest("#main, #question") && !editedTask) {
      event.preventDefault();
      actHere(form, action, new URLSearchParams(new FormData(form, button)));
    } else form.ariaBusy = "true";
  }
});
document.addEventListener("click", (event) => {
  const found = event.target.closest("#rows a, .peek .acts a");
  if (!found || isElsewhere(event) || !/^\/ui\/tasks\/\d+\/\w+$/.test(found.pathname)) return;
  event.preventDefault();
  question(found.pathname + found.search);
});
addEventListener("pageshow", () => $$("form[aria-busy]").forEach((form) => form.ariaBusy = null));
