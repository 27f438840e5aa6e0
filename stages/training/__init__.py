"""Training numerics: networks, their replicas, and all that one chunk of seeds gives. Nothing else needs TensorFlow."""
