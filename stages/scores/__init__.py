"""What losses are scored by: the names of the scores, and how they are measured."""
