"""Who decides a batch, and what its preview shows."""
