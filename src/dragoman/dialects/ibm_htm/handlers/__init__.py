"""From requests to commands, and what this vendor asks of the present state."""
