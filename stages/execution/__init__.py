"""What is trained, in which order: units, tuning, the scheduler, the store and its keys."""
