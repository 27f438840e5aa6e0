"""Families of scores, one file each: scores that differ by a number in their name, as ``interval_score_80`` does."""
