"""What is found out for many columns together is what a look at each of them finds."""

import numpy as np
import pandas as pd
import pytest

from stages.checks import every
from stages.checks.cells import date_doubts, far, infinite, nothing
from stages.checks.columns import leaks
from stages.checks.every import Seen

N_ROWS = 60


def columns(seed):
    """Columns of numbers of every sort that a check is about, many near its limits, some with missing ones."""
    rng = np.random.default_rng(seed)
    labels = rng.normal(size=N_ROWS)
    makes = [
        lambda: rng.normal(size=N_ROWS),
        lambda: np.where(rng.random(N_ROWS) < 0.1, rng.choice([-999, -200, 9999, -1]), rng.normal(size=N_ROWS) * 5),
        lambda: np.append(rng.random(N_ROWS - 1), rng.uniform(2, 8)),
        lambda: np.where(rng.random(N_ROWS) < 0.1, 0, rng.uniform(60, 90, N_ROWS)),
        lambda: rng.integers(0, 3, N_ROWS).astype(float),
        lambda: np.where(rng.random(N_ROWS) < 0.05, 1e39, rng.normal(size=N_ROWS)),
        lambda: 20240100.0 + rng.integers(1, rng.choice([29, 40]), N_ROWS),
        lambda: labels + rng.choice([0, 1e-4, 1e-2, 1]) * rng.normal(size=N_ROWS),
        lambda: np.exp(labels) + rng.choice([0, 1e-3]) * rng.normal(size=N_ROWS),
        lambda: (labels > 0) * 7 + rng.random(N_ROWS),
        lambda: np.full(N_ROWS, np.nan),
        lambda: np.full(N_ROWS, 3.5),
    ]
    made = {}
    for number in range(200):
        values = makes[number % len(makes)]()
        if rng.random() < 0.3:
            values[rng.integers(0, N_ROWS, 3)] = np.nan
        made[f"x{number}"] = pd.Series(values, name=f"x{number}")
    return made, labels


def seen(written, labels, n_classes):
    kept = np.ones(N_ROWS, bool)
    values = {name: each.mask(each.abs() > 3.5e38) for name, each in written.items()}
    return Seen(
        columns={name: (each, "number") for name, each in values.items()},
        written=pd.DataFrame(written),
        features=list(written),
        uses=dict.fromkeys(written, "number"),
        targets=[],
        weight=None,
        said=set(),
        asked_for=set(),
        has_target=kept,
        kept=kept,
        labels=labels,
        n_classes=n_classes,
        lost=[],
        copies=None,
        copies_apart=False,
        methods={"first"},
    )


@pytest.mark.parametrize("block", [1 << 22, 700])
@pytest.mark.parametrize("seed", range(2))
def test_checks_of_many_columns_find_what_they_find_in_each(seed, block, monkeypatch):
    monkeypatch.setattr(every, "_BLOCK", block)
    written, labels = columns(seed)
    table = seen(written, labels[:, None], 0)
    kept = [table.columns[name][0] for name in table.features]
    alone = {
        far: [each for column in kept for each in far.far(column)],
        nothing: [each for column in kept for each in nothing.zeros(column)],
        date_doubts: [each for column in kept for each in date_doubts.perhaps_dates(column)],
        infinite: [each for column in kept for each in infinite.infinite(written[column.name], column)],
    }
    for check, findings in alone.items():
        assert findings
        assert check.find(table) == findings


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("n_classes", [0, 2])
def test_columns_that_tell_the_target_are_found_among_many(seed, n_classes):
    written, labels = columns(seed)
    target = (labels > 0).astype(np.int64) if n_classes else labels[:, None]
    table = seen(written, target, n_classes)
    telling = [name for name in table.features if leaks.tells(table.columns[name][0], "number", target)]
    assert telling
    assert [finding.column for finding in leaks.find(table)] == telling
