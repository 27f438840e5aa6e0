"""The loss functions: one row each, and whether one can learn from a target."""
