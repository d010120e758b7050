"""Rendered photographs of dice: the newcomer's first dataset.

Everything here is computed by additions, multiplications, divisions and square roots, which IEEE 754 rounds in one way
only, and every random number comes from a bit generator whose stream NumPy guarantees: the same seed gives the same
pixels on every machine, however many threads render.
"""
