"""The words and shapes of the Human Task Manager."""
