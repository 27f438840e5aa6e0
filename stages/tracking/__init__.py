"""Logging runs to MLflow: what is logged, where a run came from, and the store that keeps it."""
