"""What an attacker would store so that a browser runs it. Each calls `trap`, which is in every page of
the tests."""

CALL = "trap()"
XHTML, SVG = "http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg"
XSL = "http://www.w3.org/1999/XSL/Transform"

EVENTS = (
    "img src=x onerror", "svg onload", "body onload", "video src=x onerror", "audio src=x onerror",
    "input autofocus onfocus", "select autofocus onfocus", "textarea autofocus onfocus", "details open ontoggle",
    "marquee onstart", "iframe onload", "object data=x onerror", "link rel=stylesheet href=x onerror",
    "style onload", "script src=x onerror", "embed src=x onload", "xss tabindex=1 autofocus onfocus",
    "svg><animate onbegin", "svg><set onbegin", "image src=x onerror",
)  # fmt: skip
FRAMES = (
    'iframe src="javascript:{}"', 'iframe srcdoc="&lt;script>parent.{}&lt;/script>"', 'object data="javascript:{}"',
    'embed src="javascript:{}"', 'meta http-equiv=refresh content="0;url=javascript:{}"',
    'form action="javascript:{}"><input type=submit autofocus onfocus="{}"',
)  # fmt: skip
BREAKS = ("", '"', "'", '">', "'>", "-->", "]]>", "</title>", "</textarea>", "</script>", "</style>", "*/", "`", "\\")
SCRIPTS = ("<script>{}</script>", "<ScRiPt>{}</sCrIpT>", "<script >{}</script\n>", "<svg><script>{}</script></svg>")

TEXTS: tuple[str, ...] = (
    *(f"<{event}={CALL}>" for event in EVENTS),
    *("<" + frame.replace("{}", CALL) + ">" for frame in FRAMES),
    *(f"{out}<script>{CALL}</script>" for out in BREAKS),
    *(script.format(CALL) for script in SCRIPTS),
    f'<html xmlns="{XHTML}"><script>{CALL}</script></html>',
    f'<svg xmlns="{SVG}" onload="{CALL}"/>',
    f"+ADw-script+AD4-{CALL}+ADw-/script+AD4-",
    f"{{{{constructor.constructor('{CALL}')()}}}}",
    f"${{{CALL}}}",
    f"javascript:{CALL}",
)
"""Text for a title or a name."""

TITLE = f"\"'--></title><script>{CALL}</script><img src=x onerror={CALL}><svg onload={CALL}>"
"""Several of them at once, for whatever is shown one by one."""


def _escaped(text: str) -> str:
    return text.replace("<", "%3C").replace(">", "%3E").replace('"', "%22").replace("#", "%23")


_SHEET = (
    f'<xsl:stylesheet version="1.0" xmlns:xsl="{XSL}"><xsl:template match="/"><html xmlns="{XHTML}">'
    f"<script>{CALL}</script></html></xsl:template></xsl:stylesheet>"
)

_LABELLED = _SHEET.replace(" version", ' id="s" version', 1)
_INNER = f'<?xml-stylesheet type="text/xsl" href="#s"?><a>{_LABELLED}</a>'
_OUTER = f'<?xml-stylesheet type="text/xsl" href="data:text/xsl,{_escaped(_SHEET)}"?><a/>'

DOCUMENTS: tuple[str, ...] = (
    f'<html xmlns="{XHTML}"><script>{CALL}</script></html>',
    f'<a xmlns:h="{XHTML}"><h:script>{CALL}</h:script></a>',
    f'<svg xmlns="{SVG}" onload="{CALL}"/>',
    f'<svg xmlns="{SVG}"><script>{CALL}</script></svg>',
    f'<html xmlns="{XHTML}"><body><img src="x" onerror="{CALL}"/></body></html>',
    f'<html xmlns="{XHTML}"><body onload="{CALL}"/></html>',
    f'<html xmlns="{XHTML}"><iframe src="javascript:parent.{CALL}"/></html>',
    f'<html xmlns="{XHTML}"><meta http-equiv="refresh" content="0;url=javascript:{CALL}"/></html>',
    _INNER,
    _OUTER,
)
"""XML for whoever keeps XML as it was sent."""
