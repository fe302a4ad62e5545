"""The objects that batches work on."""
