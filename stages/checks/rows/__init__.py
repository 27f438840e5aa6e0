"""Checks of which rows belong together, and of their order."""
