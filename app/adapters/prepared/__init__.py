"""Decoded images, kept on disk and shared by all runs of a machine."""

from app.adapters.prepared.arrays import PreparedArrays, PreparedRows

__all__ = ["PreparedArrays", "PreparedRows"]
