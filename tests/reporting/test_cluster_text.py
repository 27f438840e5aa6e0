from dataclasses import replace

import numpy as np
import pytest

from stages.reporting.texts import cluster_text, setup_text
from stages.reporting.texts.verdict_text import verdict

N_ROWS = 242  # of which the first two train


@pytest.fixture
def make_clustered(make_decided):
    """A factory of comparisons of two losses, one a little better, whose rows count by clusters."""

    def make(*, method="group", clusters=None, clusters_are=None, column="patient", from_table=True, better=0.02):
        generator = np.random.default_rng(0)
        right = generator.random(N_ROWS) < 0.8
        other = np.where(generator.random(N_ROWS) < better, ~right, right)
        losses = {"hinge": np.tile(right, (12, 1)), "squared_hinge": np.tile(other, (12, 1))}
        made = make_decided(losses, margin=1e-6)
        plan = replace(made.plan, method=method, clusters=clusters, clusters_are=clusters_are)
        description = replace(made.description, files=["visits.csv"] if from_table else [])
        runs = [_grouped(run, column) for run in made.runs]
        return replace(made, plan=plan, encoded=replace(made.encoded, description=description), runs=runs)

    return make


def _grouped(run, column):
    split = run.settings.data.split.model_copy(update={"column": column})
    data = run.settings.data.model_copy(update={"split": split})
    return replace(run, settings=run.settings.model_copy(update={"data": data}))


def groups(n, rows=N_ROWS):
    """The first two rows are a group of their own."""
    return np.r_[0, 0, 1 + np.arange(rows - 2) % n]


def test_groups_are_what_counts(make_clustered):
    comparison = make_clustered(clusters=groups(60), clusters_are="groups")
    said = "Rows of one `patient` count as one: 60 with 240 test rows."
    assert cluster_text.what_counts(comparison) == said
    assert said in str(setup_text.setup(comparison))
    assert comparison.outcome.pairs["hinge", "squared_hinge"].estimate.n_clusters == 60
    assert cluster_text.too_few(comparison) == []
    best = comparison.outcome.advice.best
    [other] = {"hinge", "squared_hinge"} - {best}
    settles = f"More groups (`patient`), not more seeds, would tell `{other}` from `{best}`: 60 are too few."
    assert settles in verdict(comparison).reasons


@pytest.mark.parametrize(("n", "says"), [(19, True), (20, False)])
def test_fewer_than_twenty_groups_are_said_beside_the_verdict(make_clustered, n, says):
    comparison = make_clustered(clusters=groups(n), clusters_are="groups")
    said = f"Only {n} groups (`patient`) are tested; below 20, intervals are a little too narrow."
    assert (said in verdict(comparison).reasons) == says


def test_copies_count_as_one(make_clustered):
    comparison = make_clustered(method="shuffle", clusters=groups(230), clusters_are="copies")
    assert cluster_text.what_counts(comparison) == "Rows that are equal count as one: of 240 test rows 230."
    both = make_clustered(clusters=groups(50), clusters_are="groups and copies")
    assert (
        cluster_text.what_counts(both) == "Rows of one `patient`, and equal ones, count as one: 50 with 240 test rows."
    )


def test_rows_in_the_order_of_time_count_by_ten_blocks(make_clustered):
    comparison = make_clustered(method="first", clusters=groups(230), clusters_are="copies")
    said = "Rows are in the order of time, where neighbours are alike: 10 blocks of 24 neighbours count."
    assert cluster_text.what_counts(comparison) == said
    pair = comparison.outcome.pairs["hinge", "squared_hinge"]
    assert (pair.estimate.n_clusters, pair.n_rows) == (10, 240)
    assert cluster_text.too_few(comparison) == []


def test_too_few_rows_in_the_order_of_time_are_said_beside_the_verdict(make_clustered):
    comparison = make_clustered(method="first")
    labels, plan = comparison.labels[:151], replace(comparison.plan, parts=comparison.plan.parts[:, :151])
    runs = [replace(run, outputs=run.outputs[:, :151]) for run in comparison.runs]
    fewer = replace(comparison, labels=labels, plan=plan, runs=runs)
    said = "Only 149 rows in the order of time are tested; below 150, intervals are a little too narrow."
    assert said in verdict(fewer).reasons


def test_rows_that_are_drawn_are_in_no_order_of_time(make_clustered):
    comparison = make_clustered(method="first", from_table=False)
    assert cluster_text.what_counts(comparison) == ""
    assert comparison.outcome.pairs["hinge", "squared_hinge"].estimate.n_clusters == 240
