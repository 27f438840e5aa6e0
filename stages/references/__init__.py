"""Reference models: what scikit-learn makes of the rows that networks learn from, on the same splits."""
