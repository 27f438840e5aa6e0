"""What holds over many tables: the costs of a loss, and random effects of tables."""
