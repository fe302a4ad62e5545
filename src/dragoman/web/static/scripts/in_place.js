/* Escape leaves a field that is edited in its place. */
document.addEventListener("keydown", (event) => {
  const form = event.key === "Escape" && event.target.closest?.(".in-place");
  if (!form) return;
  event.preventDefault();
  form.querySelector("a[role=button]").click();
});
