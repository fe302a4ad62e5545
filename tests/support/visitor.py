"""A person with a browser of his own: in English in light, in German in dark; with script or without."""

from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect

from dragoman.web.words import words
from tests.support.tenant import PASSWORD, Tenant


class Visitor:
    """A person with a browser of his own, who is signed in."""

    def __init__(
        self, browser: Browser, tenant: Tenant, person: str, language: str, *, has_script: bool = True
    ) -> None:
        self.has_script = has_script
        self.context: BrowserContext = browser.new_context(
            locale={"en": "en-GB", "de": "de-DE"}[language],
            java_script_enabled=self.has_script,
            color_scheme="light" if language == "en" else "dark",
        )
        self.page: Page = self.context.new_page()
        self.base_url = tenant.server.base_url
        self.say = words(language).gettext
        self.open("/ui/sign-in")
        self.page.get_by_label(self.say("Login")).fill(tenant.login(person))
        self.page.get_by_label(self.say("Password")).fill(PASSWORD)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url("**/ui/inbox/mine")

    def open(self, address: str) -> None:
        """Go to a page, and wait for its script if it has one."""
        self.page.goto(self.base_url + address)
        if self.has_script:
            self.page.locator("html[data-ready]").wait_for()

    def press(self, name: str) -> None:
        """Press the button with this English name."""
        self.page.get_by_role("button", name=self.say(name), exact=True).first.click()

    def said(self) -> Any:
        """What the last act did."""
        return expect(self.page.get_by_role("status", name=self.say("Done"), exact=True))
