"""A winner's answer for yes/no targets: for each the decision, its probability, and how far networks differ."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from stages.records.winners import Winner

DIGITS = 8  # behind the point, of probabilities
YES = 0.5  # from this probability on


def answers(
    winner: Winner, outputs: np.ndarray, decide: Callable[[np.ndarray], np.ndarray]
) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """What is answered of outputs (n_networks, n_rows, n_labels, 1).

    Args:
        winner: what it is.
        outputs: as the networks give them.
        decide: gives class indices (…, n_labels) of outputs (…, n_labels, 1).

    Returns:
        The table, one line for each row: `Winner.outputs`. Outputs (n_rows, n_labels, 1) of the loss, to be scored. Of
        the labels (n_rows, n_labels) the class indices that are decided.
    """
    loss = winner.settings.loss
    # networks whose outputs are no probabilities vote
    shares = outputs[..., 0] if loss.outputs_probability else decide(outputs).astype(np.float64)
    mean, spread = shares.mean(axis=0), np.full(shares.shape[1:], np.nan)
    if len(shares) > 1:
        spread = shares.std(axis=0, ddof=1)
    scored = (mean if loss.outputs_probability else 2 * mean - 1)[..., None]
    decided = decide(scored) if loss.outputs_probability else loss.decide(scored)
    names = np.array(winner.description.classes, object)
    columns = np.stack([names[decided], spread.astype(object), mean.astype(object)], axis=-1)
    table = pd.DataFrame(columns.reshape(len(mean), len(winner.outputs)), columns=winner.outputs)
    numbers = [name for place, name in enumerate(winner.outputs) if place % 3]
    return table.astype(dict.fromkeys(numbers, np.float64)).round(dict.fromkeys(numbers, DIGITS)), scored, decided


def beside_numbers(winner: Winner, numbers: np.ndarray) -> pd.DataFrame:
    """The table of what is answered of targets of which some are yes/no: `Winner.outputs`.

    Args:
        winner: what it is.
        numbers: (n_rows, 2 × n_targets), of each target what is predicted and the spread of networks.
    """
    columns: list[np.ndarray] = []
    for place, target in enumerate(winner.description.targets):
        predicted, spread = numbers[:, 2 * place], numbers[:, 2 * place + 1]
        if classes := winner.description.yes_no.get(target):
            shares = predicted.clip(0, 1)  # what no sigmoid keeps there may be beyond
            columns += [np.array(classes, object)[(shares >= YES).astype(int)], spread, shares]
        else:
            columns += [predicted, spread]
    return pd.DataFrame(dict(zip(winner.outputs, columns, strict=True)))
