"""A user's table: reading it, what its columns are, how it is split and prepared for a network."""
