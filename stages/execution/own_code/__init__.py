"""Trials of what is the user's own, before it is trained."""
