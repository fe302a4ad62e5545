/* A button with `data-copy` copies the text of the element of that id, and says so for a while. */
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  const source = button && document.getElementById(button.dataset.copy);
  if (!source) return;
  await navigator.clipboard.writeText(source.textContent);
  const label = $("span", button) ?? button;
  const words = label.textContent;
  if (words === button.dataset.copied) return;
  label.textContent = button.dataset.copied;
  setTimeout(() => { label.textContent = words }, 1600);
});
