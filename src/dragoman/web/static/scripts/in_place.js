/* Escape leaves a field that is edited in its place. */
document.addEventListener("keydown", (event) => {
  const form = event.key === "Escape" && event.target.closest?.(".in-place");
  if (!form) return;
  event.preventDefault();
  $("a[role=button]", form).click();
});
