"""This vendor's shapes: plain values, in the order of the page's tables (8), ready for JSON and XML alike."""
