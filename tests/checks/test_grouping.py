"""A column whose values group rows is proposed to keep them together; a category to learn from is not."""

import numpy as np
import pandas as pd
import pytest

from stages.checks.rows import grouping
from tests.columns import tidy


def found(table, *, classes=False, features=None):
    """The column that is proposed, how many values it has, and in how many rows each; None without."""
    table = table.sample(frac=1, random_state=0).reset_index(drop=True)
    columns = {name: tidy(table[name]) for name in table.columns.drop("y")}
    labels = pd.factorize(table["y"], sort=True)[0] if classes else table[["y"]].to_numpy(np.float64)
    features = list(columns) if features is None else features
    findings = grouping.groups(
        columns, features, np.arange(len(table)), labels, len(np.unique(labels)) if classes else 0
    )
    assert len(findings) <= 1
    return (findings[0].column, findings[0].n_of, findings[0].n_rows) if findings else None


def patients(rng, n_patients=60, n_visits=6, *, alike=0.95, features_alike=0.9, effect=0.0, classes=False):
    """Rows of which those of a patient are alike; `alike`: the share of the target's variance that the patient is."""
    sizes = np.full(n_patients, n_visits) if n_visits else rng.poisson(4, n_patients) + 2
    patient = np.repeat(np.arange(n_patients), sizes)
    shared, own = rng.normal(size=(n_patients, 4))[patient], rng.normal(size=(len(patient), 4))
    table = pd.DataFrame(np.sqrt(features_alike) * shared + np.sqrt(1 - features_alike) * own, columns=list("abcd"))
    y = np.sqrt(alike) * rng.normal(size=n_patients)[patient] + np.sqrt(1 - alike) * rng.normal(size=len(patient))
    y += effect * (table["a"] + np.sin(2 * table["b"]))
    table["patient"] = np.char.add("P", patient.astype(str))
    return table.assign(y=(y > 0).astype(int) if classes else y)


GROUPED = {
    "as many visits each": {},
    "few visits": {"n_patients": 200, "n_visits": 3},
    "pairs": {"n_patients": 300, "n_visits": 2},
    "many visits": {"n_patients": 30, "n_visits": 50},
    "visits of all numbers": {"n_visits": 0},
    "features that differ": {"features_alike": 0.0},
    "features that tell of the target": {"effect": 1.0, "features_alike": 0.5},
}


@pytest.mark.parametrize("how", GROUPED.values(), ids=GROUPED)
def test_rows_of_a_patient_are_found_to_belong_together(how):
    table = patients(np.random.default_rng(100), **how)
    sizes = table["patient"].value_counts()
    assert found(table) == ("patient", len(sizes), int(sizes.median()))


def test_so_they_are_where_the_target_is_classes():
    assert found(patients(np.random.default_rng(100), classes=True), classes=True)[0] == "patient"


def test_the_column_may_be_numbers_and_need_not_be_learned_from():
    table = patients(np.random.default_rng(0))
    table["patient"] = table["patient"].str[1:].astype(int)
    assert found(table) == ("patient", 60, 6)
    assert found(table.assign(patient=table["patient"] * 37 % 1009)) == ("patient", 60, 6)
    assert found(table, features=list("abcd")) == ("patient", 60, 6)
    assert found(table.rename(columns={"patient": "x"})) == ("x", 60, 6)  # the values count on
    measured = table.assign(patient=table["patient"] * 37 % 1009).rename(columns={"patient": "weight"})
    assert found(measured) is None


def test_of_a_large_table_some_groups_are_looked_at():
    assert found(patients(np.random.default_rng(0), n_patients=6000)) == ("patient", 6000, 6)


def test_rows_without_a_value_cannot_be_grouped():
    table = patients(np.random.default_rng(0))
    table.loc[3, "patient"] = None
    assert found(table) is None


def test_only_rows_that_are_kept_are_looked_at():
    table = patients(np.random.default_rng(0))
    other = patients(np.random.default_rng(1), alike=0).assign(patient=None)
    every = pd.concat([other, table], ignore_index=True)
    columns = {name: tidy(every[name]) for name in every.columns.drop("y")}
    rows = np.arange(len(other), len(every))
    [finding] = grouping.groups(columns, list(columns), rows, table[["y"]].to_numpy(), 0)
    assert (finding.column, finding.n_of) == ("patient", 60)


# --- what is no group


def category(rng, n_values, n_rows, effect, *, unequal=False):
    """A category with an effect, beside features of which one has an effect too."""
    shares = 1 / np.arange(1, n_values + 1) if unequal else np.ones(n_values)
    value = rng.choice(n_values, n_rows, p=shares / shares.sum())
    table = pd.DataFrame(rng.normal(size=(n_rows, 4)), columns=list("abcd"))
    y = effect * rng.normal(size=n_values)[value] + table["a"] + 0.5 * table["b"] ** 2 + 0.5 * rng.normal(size=n_rows)
    return table.assign(city=np.char.add("c", value.astype(str)), y=y)


def numbers(rng, effect):
    """A whole number with an effect, as ages have."""
    age = rng.integers(0, 80, 800)
    table = pd.DataFrame({"a": rng.normal(size=800), "age_code": age})
    return table.assign(y=effect(age) + table["a"] + 0.3 * rng.normal(size=800))


def neighbourhoods(rng):
    """Houses with coordinates, whose neighbourhood has an effect of its own."""
    place = rng.choice(28, 1400, p=rng.dirichlet(np.ones(28)))
    at = rng.normal(size=(28, 2))[place] + 0.15 * rng.normal(size=(1400, 2))
    table = pd.DataFrame(at, columns=["lat", "lon"]).assign(area=rng.lognormal(0, 0.4, 1400))
    price = table["area"] * (2 + 0.5 * np.sin(2 * table["lat"]) + 0.2 * rng.normal(size=28)[place])
    return table.assign(place=np.char.add("n", place.astype(str)), y=price + 0.3 * rng.normal(size=1400))


ORDINARY = {
    "a category of 5": lambda rng: category(rng, 5, 300, 2),
    "a category of 15": lambda rng: category(rng, 15, 600, 2),
    "a category of 50": lambda rng: category(rng, 50, 1000, 1.4),
    "a category of 100": lambda rng: category(rng, 100, 1000, 1.4),
    "a category of 50, in many rows": lambda rng: category(rng, 50, 5000, 1.4),
    "a category of unequal sizes": lambda rng: category(rng, 100, 1000, 0.7, unequal=True),
    "a category without an effect": lambda rng: category(rng, 50, 1000, 0),
    "numbers that rise": lambda rng: numbers(rng, lambda age: age / 20),
    "numbers that bend": lambda rng: numbers(rng, lambda age: (age - 45) ** 2 / 400),
    "numbers that wave": lambda rng: numbers(rng, lambda age: np.sin(age / 8)),
    "numbers with a step": lambda rng: numbers(rng, lambda age: 2 * (age > 50)),
    "patients without an effect": lambda rng: patients(rng, alike=0),
    "patients whose features tell all": lambda rng: patients(rng, alike=0.02, effect=1, features_alike=0.98),
    "neighbourhoods": neighbourhoods,
}


@pytest.mark.parametrize("make", ORDINARY.values(), ids=ORDINARY)
def test_a_category_or_a_number_to_learn_from_is_no_group(make):
    assert found(make(np.random.default_rng(100))) is None


@pytest.mark.endurance
def test_false_alarms_are_few_and_so_are_misses():
    seeds = range(1000, 1040)
    alarms = [found(make(np.random.default_rng(seed))) is not None for make in ORDINARY.values() for seed in seeds]
    misses = [found(patients(np.random.default_rng(seed), **how)) is None for how in GROUPED.values() for seed in seeds]
    assert np.mean(alarms) <= 0.01
    assert np.mean(misses) <= 0.02
