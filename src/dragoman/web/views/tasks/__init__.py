"""One task: its page, what is done to it, its form."""
