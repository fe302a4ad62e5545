"""What a page's script takes of a browser's main thread, from the first byte to a page that is set up."""

import shutil
import statistics
from urllib.parse import quote

from playwright.sync_api import Browser, sync_playwright

from bench.contenders import Side
from bench.plan import Bench
from bench.signed_in import sign_in
from bench.world import World

CHROMIUM = shutil.which("chromium")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking")
PAGE = "/ui/inbox/all?limit=50&q=" + quote("is:open sort:-number")


def run(bench: Bench, engine: str, side: Side, place: World) -> None:
    """A page of 50 rows, opened again and again."""
    name = f"inbox_script_ms_{engine}"
    if CHROMIUM is None:
        bench.leave_out(name, "no Chromium")
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        took = [_script_ms(browser, side.address, sign_in(place)) for _ in range(bench.plan.rounds * 2 + 1)][1:]
        browser.close()
    bench.report(f"{engine:9}inbox: script of a page {statistics.median(took):.1f} ms, at most {max(took):.1f} ms")
    bench.figures[name] = round(statistics.median(took), 1)


def _script_ms(browser: Browser, address: str, session: str) -> float:
    context = browser.new_context(viewport={"width": 1_440, "height": 900})
    context.add_cookies([{"name": "dragoman_session", "value": session, "url": address}])
    page = context.new_page()
    protocol = context.new_cdp_session(page)
    protocol.send("Performance.enable")
    page.goto(address + PAGE)
    page.locator("html[data-ready]").wait_for()
    metrics = {each["name"]: each["value"] for each in protocol.send("Performance.getMetrics")["metrics"]}
    context.close()
    return float(metrics["ScriptDuration"]) * 1e3
