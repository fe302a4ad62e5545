"""Rows of a batch as lines of text: CSV and NDJSON, read as they arrive and written for results and entries."""
