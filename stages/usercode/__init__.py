"""The user's own code: load it, and tell which files it is."""
