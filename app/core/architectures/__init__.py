"""Definitions of networks as data, and what can be known of them without Keras."""
