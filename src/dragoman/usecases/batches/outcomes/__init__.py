"""What became of the entries, and new batches made from it: retries and undos."""
