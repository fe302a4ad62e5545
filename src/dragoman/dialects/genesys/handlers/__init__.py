"""From requests to commands, and what Context Services asks of the present state, a file a noun."""
