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
if (list && asked) peek(Number(asked));
if (words.who) for (const [name, open] of [["commands", openPalette], ["shortcuts", () => openDialog("shortcuts")]]) {
  const button = copy(`#open-${name}`);
  button.addEventListener("click", open);
  $("header.places > .foot").append(button);
}
root.dataset.ready = "";
