"""Outputs that are right, and others that rank rows alike but are shifted."""

import numpy as np
from scipy.special import logit


def drawn(n=2000, share=0.1, gap=2.0, seed=0):
    """Labels and log-odds that are right."""
    generator = np.random.default_rng(seed)
    labels = (generator.random(n) < share).astype(int)
    position = generator.normal(size=n) + gap * labels
    return labels, gap * position - gap**2 / 2 + logit(share)
