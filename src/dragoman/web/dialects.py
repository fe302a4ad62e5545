"""What dialects are called on tags, and the other ways by which tasks come to be."""

from functools import cache

from dragoman.dialects import discover

DIALECTS = {
    "genesys": "Genesys",
    "ibm_htm": "IBM HTM",
    "onlyoffice_crm": "CRM",
    "carrierx_batch": "CarrierX",
    "native": "Native",
    "web": "Web",
    "mcp": "MCP",
    "cli": "Command line",
}
FIRST = ("native", "genesys", "ibm_htm", "onlyoffice_crm", "carrierx_batch")


@cache
def seen_through() -> dict[str, str]:
    """The titles of all dialects by name, in the order in which pages show a task as each of them does."""
    known = {dialect.name: dialect.title for dialect in discover()}
    return {name: known[name] for name in (*FIRST, *known) if name in known}
