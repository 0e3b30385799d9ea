"""Seeded generators of hard cases for the oracle's questions.

The same seed gives the same cases on every machine. They are meant for runs of ten thousand cases and more, where
shrinking matters less than speed: a disagreement prints its case, and each case stands alone.
"""
