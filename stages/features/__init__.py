"""Columns as numbers: encoding, scaling, splits and plans."""
