"""Training: networks, their replicas, and the units of work. All that needs TensorFlow, and nothing else does."""
