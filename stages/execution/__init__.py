"""What is trained, in which order: rounds of a unit, tuning, the scheduler, the store and its keys."""
