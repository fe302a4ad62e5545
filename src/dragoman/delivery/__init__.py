"""Requests to other servers: the only code that calls out. Each address is checked before it is connected to."""
