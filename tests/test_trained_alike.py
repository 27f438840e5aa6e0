"""The same table gives the same networks and the same predictions, whatever kind of file it comes in."""

from contextlib import chdir
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from stages import generate, scale, settings, train, winner
from stages.parsing import reading
from stages.records import winners
from stages.records.winners import Recommended
from stages.winners.predictor import Predictor
from tests.projects import run_all
from tests.sources.test_drawn_tables import KINDS, write

N_ROWS, N_NEW = 40, 7
LOSSES = {"values": "mse", "classes": "categorical_crossentropy", "flags": "binary_crossentropy"}


def drawn(seed):
    """A table of columns of every kind, some missing; and of what kind its target is."""
    rng = np.random.default_rng(seed)
    n_rows = N_ROWS + N_NEW
    words = np.array(["red", "Größe", "a, b", 'say "x"', "東京", "no one"])
    makes = {
        "size": lambda: rng.normal(size=n_rows).round(6),
        "count": lambda: rng.integers(-(10**9), 10**9, n_rows),
        "level": lambda: rng.integers(0, 4, n_rows),
        "new": lambda: rng.random(n_rows) < 0.5,
        "day": lambda: pd.Timestamp(1990, 1, 1) + pd.to_timedelta(rng.integers(0, 12_000, n_rows), unit="D"),
        "kind": lambda: rng.choice(words[: rng.integers(2, 6)], n_rows),
        "share": lambda: [f"{value:.1f} %" for value in rng.random(n_rows) * 100],
        "took": lambda: [f"{value // 60}:{value % 60:02}:00" for value in rng.integers(0, 1000, n_rows)],
    }
    names = rng.permutation(list(makes))[: rng.integers(2, 7)]
    target = list(LOSSES)[seed % len(LOSSES)]
    table = {str(name): [each.item() if hasattr(each, "item") else each for each in makes[name]()] for name in names}
    for name in names[: rng.integers(0, 3)]:
        for row in rng.integers(0, n_rows, 3):
            table[str(name)][row] = None
    y = {
        "values": lambda: rng.normal(size=n_rows).round(4).tolist(),
        "classes": lambda: rng.permutation(np.resize(["low", "mid", "high"], n_rows)).tolist(),
        "flags": lambda: rng.permutation(np.resize([True, False], n_rows)).tolist(),
    }
    return table | {"y": y[target]()}, target


def part(table, rows):
    return {name: values[rows] for name, values in table.items()}


def check(folder, seeds):
    tables = {f"t{seed}": drawn(seed) for seed in seeds}

    def write_tables(external):
        with chdir(external):
            for name, (table, _) in tables.items():
                for kind in KINDS:
                    write(part(table, slice(None, N_ROWS)), kind, name)
                    write(part(table, slice(N_ROWS, None)), kind, f"new_{name}")

    each = {f"{name}_{kind}": (name, kind) for name in tables for kind in KINDS}
    params = {
        "loss": "all",
        "datasets": {
            own: {"source": {"file": f"data/external/{name}.{kind}", "target": "y"}}
            for own, (name, kind) in each.items()
        },
        "comparisons": {
            own: {"hidden": [4], "epochs": 2, "losses": [LOSSES[tables[name][1]]]} for own, (name, _) in each.items()
        },
        "train": {"seeds": 2, "optimizer": {"name": "SGD", "learning_rate": 0.1}},
    }
    recommended = {
        own: Recommended(LOSSES[target], "log_loss" if target != "values" else "rmse", 1.0, beats_constant=True)
        for own, (name, _) in each.items()
        if (target := tables[name][1])
    }
    decide = SimpleNamespace(main=lambda: winners.write_recommended(recommended))
    run_all(folder, params, {}, write_tables, settings, generate, scale, train, decide, winner)
    for name in tables:
        outputs = {}
        for kind in KINDS:
            predictor = Predictor(folder / winners.path_of(f"{name}_{kind}"))
            known, names = predictor.winner.description.csv, [each.name for each in predictor.winner.inputs]
            for other in KINDS:
                file = folder / f"data/external/new_{name}.{other}"
                new = reading.read_new(file, predictor.source, known, names)
                outputs[kind, other] = predictor.predict(new.rows, new.written.decimal).outputs
        for which, each in outputs.items():
            np.testing.assert_allclose(each, outputs["csv", "csv"], rtol=1e-6, atol=1e-6, err_msg=f"{name}: {which}")


def test_a_table_is_trained_and_predicted_alike_from_every_kind_of_file(tmp_path):
    check(tmp_path, range(1))


@pytest.mark.endurance
def test_fifty_tables_are(tmp_path):
    check(tmp_path, range(1, 51))
