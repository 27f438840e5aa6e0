"""What is odd about a table, as facts: one check a file."""
