"""Made-up designs: which rows each seed tests."""

import numpy as np

from stages.verdicts.design import Design


def crossed(n_seeds, n_rows, **clusters):
    """Every seed tests every row."""
    return Design(np.ones((n_seeds, n_rows), bool), np.empty(0), **clusters)


def folds(n_seeds, n_rows, n_folds, number=0, **clusters):
    """Seeds take turns on the folds of a partition, and a fresh one after `n_folds` seeds."""
    generator, tested = np.random.default_rng(number), np.zeros((n_seeds, n_rows), bool)
    for seed in range(n_seeds):
        if seed % n_folds == 0:
            order = generator.permutation(n_rows)
        tested[seed, order[seed % n_folds :: n_folds]] = True
    return Design(tested, np.empty(0), **clusters)
