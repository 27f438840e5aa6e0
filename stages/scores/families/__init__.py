"""Families of scores, one file each: scores that differ by a number in their name, or in what they measure of masks."""
