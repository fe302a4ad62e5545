/* A task at the side of its list. */
let peeked = null;

const peek = async (each) => {
  const text = await textOf(`/ui/peek/${each}?${new URLSearchParams({ back: here() })}`);
  if (!text) return;
  const frame = $(".frame");
  $("aside.peek", frame)?.remove();
  await swap(text, "beforeend", frame, "aside");
  frame.classList.add("peeking");
  peeked = each;
  remember(each);
  $("[data-close]", frame)?.addEventListener("click", endPeek);
};

const endPeek = () => {
  $("aside.peek")?.remove();
  $(".frame")?.classList.remove("peeking");
  peeked = null;
  remember(null);
};

const remember = (each) => {
  const url = new URL(location.href);
  if (each) url.searchParams.set("peek", each);
  else url.searchParams.delete("peek");
  history.replaceState(history.state, "", url);
};

const peekCurrent = () => {
  const each = current() ?? rows()[0];
  if (!each) return;
  if (peeked === number(each)) return endPeek();
  focusRow(each);
  peek(number(each));
};
