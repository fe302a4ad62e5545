/* Times that are near are said in words, which are renewed as time passes. */
const MINUTE = 60_000, HOUR = 60 * MINUTE, NEAR = 6 * HOUR;

const amount = (length) => (length < HOUR ? `${Math.max(1, Math.floor(length / MINUTE))} min` : `${Math.floor(length / HOUR)} h`);

const showTimes = () => {
  const now = Date.now();
  for (const each of $$("#main time[datetime], .peek time[datetime]")) {
    const apart = Date.parse(each.dateTime) - now, length = Math.abs(apart);
    if (!(length < NEAR) || each.closest("[hx-ignore]:not(td)") || /\d\d:\d\d:\d\d/.test(each.textContent)) continue;
    const isLate = each.closest(".due.late") !== null;
    const text = isLate ? say("late", { amount: amount(length) })
      : length < MINUTE ? say("now") : apart > 0 ? say("in", { amount: amount(length) }) : say("ago", { amount: amount(length) });
    if (text && each.textContent !== text) each.textContent = text;
  }
};
setInterval(() => { if (!document.hidden) showTimes() }, 30_000);
