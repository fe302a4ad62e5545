/* Fields: the time zone of the browser is proposed, and a password can be shown. */
for (const field of $$("[data-proposes='zone']")) {
  if (!field.value) field.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
}
for (const button of $$("[data-shows]")) {
  const field = document.getElementById(button.dataset.shows);
  button.closest("[hidden]")?.removeAttribute("hidden");
  button.addEventListener("click", () => {
    const isShown = field.type === "password";
    field.type = isShown ? "text" : "password";
    button.setAttribute("aria-pressed", String(isShown));
  });
}
