"""Names of browsers, for lists of sessions: from what a browser calls itself to what its user calls it."""

BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    *(("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS X", "macOS")),
    *(("CrOS", "ChromeOS"), ("Linux", "Linux")),
)
"""In the order in which they are looked for: most browsers call themselves others, too."""
LONGEST = 40


def named(text: str | None) -> str:
    """What the user will know it by, such as "Firefox on Linux"; else the beginning of the text."""
    if not text:
        return "Unknown browser"
    browser = next((name for mark, name in BROWSERS if mark in text), "")
    if not browser:
        return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    system = next((name for mark, name in SYSTEMS if mark in text), "")
    return f"{browser} on {system}" if system else browser
