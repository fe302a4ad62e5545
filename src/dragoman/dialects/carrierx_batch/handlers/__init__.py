"""Requests and the commands that they become, by the vendor's nouns."""
