/* "Follow" puts new requests above those of the list, and holds still while somebody reads them. */
{
  const button = $("[data-follow]");
  const table = $("[data-follow-rows]");
  const MOST = 500, PAUSE = 2000;
  const isRead = () => document.hidden || table.matches(":hover") || table.contains(document.activeElement);
  const look = () => {
    if (button.getAttribute("aria-pressed") !== "true" || isRead()) return;
    const address = table.dataset.followRows;
    const since = $("[data-sequence]", table)?.dataset.sequence ?? 0;
    htmx.ajax("GET", `${address}${address.includes("?") ? "&" : "?"}since=${since}`, { target: "#rows", swap: "afterbegin" });
    while (table.tBodies[0].rows.length > MOST) table.tBodies[0].rows[MOST].remove();
  };
  if (button && !table) button.remove();
  else if (button) {
    button.addEventListener("click", () => button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true")));
    setInterval(look, PAUSE);
  }
}
