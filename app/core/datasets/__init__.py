"""Images under a name: what may come in, what it means, what was found."""
