"""The run of a batch: its entries one after the other, their failures, and what ends by itself."""
