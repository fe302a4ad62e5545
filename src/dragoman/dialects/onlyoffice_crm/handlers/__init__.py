"""Request to command for each operation, by the vendor's nouns, and what this vendor asks of the present state."""
