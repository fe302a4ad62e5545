"""What open pages hear: a stream of numbers of what changed, and the rows that they then ask for."""
