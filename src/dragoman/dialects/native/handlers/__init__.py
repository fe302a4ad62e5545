"""Handlers by noun: from a request to a command, and from a result to a reply."""
