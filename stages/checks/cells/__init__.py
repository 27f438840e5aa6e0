"""Checks of what single cells of a column hold."""
