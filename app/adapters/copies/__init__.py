"""Finds copies of one photograph: rotated, mirrored, shifted, cropped, encoded again, made brighter or darker.

Two stages. A fingerprint has a few keys, each telling what lies around one place of the image whatever way it is
turned; near keys make candidates. A candidate counts only where the one small image, laid over the other by what
Gauss and Newton's method finds, differs nowhere by more than noise: two photographs of one scene differ where the
object was moved.
"""
