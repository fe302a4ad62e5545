"""What dialects are called on tags, and the other ways by which tasks come to be."""

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
