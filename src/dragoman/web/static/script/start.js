/* Everything is set up: tests wait for `data-ready`. */
if (acts && list) showSelection();
noteDone();
see();
if (filter) completion();
drafts();
markAsRead();
beginLive();
await comeBack();
const asked = new URLSearchParams(location.search).get("peek");
if (list && asked && row(asked)) peek(Number(asked));
for (const [name, hint, open] of [["commands", "⌃K", openPalette], ["shortcuts", "?", () => openDialog("shortcuts")]]) {
  const button = make("button", { type: "button", class: "btn bare hint", "aria-keyshortcuts": name === "commands" ? "Control+K" : "?" });
  button.append(make("kbd", { "aria-hidden": "true" }, hint), make("span", { class: "hide" }, say(name)));
  button.addEventListener("click", open);
  $("header.places > .foot")?.append(button);
}
root.dataset.ready = "";
