"""What one stage writes and another reads: datasets and runs."""
