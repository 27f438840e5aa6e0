"""Checks of what columns tell of rows and of the target."""
