"""Readers: each makes a Reading of one kind of source. Nothing that is read is ever executed."""
