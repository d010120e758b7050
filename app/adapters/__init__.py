"""One technology per module, each implementing a port of the core."""
