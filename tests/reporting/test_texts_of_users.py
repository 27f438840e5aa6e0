"""What a user calls columns, classes, files and comparisons, and what a table's cells hold, wherever it is shown."""

import json
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from stages.losses.validity import Reason, Validity
from stages.records.datasets import Column, CsvFormat, Encoded, Inference, Treatment
from stages.records.findings import Finding
from stages.reporting import data_files, html_page, page
from stages.reporting.registry import Report
from stages.reporting.texts.published import Reference
from stages.tracking import pages
from stages.tracking.pages import Headline
from stages.wording.findings import _SENTENCES, in_words
from tests.pages import Seen, as_on_github, seen, texts

WORDS = [f"word{number}" for number in range(10)]
NOTHING = Reference("", {}, {}, {})  # is published of these
few = settings(  # a report takes a while, and a failing one is not sought a shorter example for
    max_examples=15,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
# what is shown is shortened where it is longer
short_texts = texts.filter(lambda value: 0 < len(seen(value)) <= 30)
names = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,9}", fullmatch=True).filter(str.isascii)


@pytest.fixture
def make(make_decided):
    """A factory of comparisons on a table in which everything is called as a user likes: ten texts."""
    rng = np.random.default_rng(0)
    labels = np.array([0] + [1] * 39)
    right = {loss: rng.random((5, 40)) < 0.9 for loss in ("binary_crossentropy", "hinge", "binary_crossentropy_2")}
    usual = make_decided(right, labels=labels)

    def made(values):
        classes, (target, file, column, other, cell, weight, group) = values[:2], values[2:9]
        findings = [
            Finding(kind, column, [cell, other], [3, 7], 2, 40, read_as=other, files=[file] * (kind == "far") * 2)
            for kind in _SENTENCES
        ]
        description = replace(
            usual.description,
            inferred=Inference("texts", 2),
            other_tasks=["multiclass"],
            classes=classes,
            targets=[target],
            files=[file],
            csv=CsvFormat(cell, "utf-8", "."),
            columns=[Column(column, "category", 0), Column(other, "number", 0)],
            findings=findings,
            positive="as said",
            weight=weight,
        )
        treatments = [
            Treatment(column, "category", 0, left_out="always", value=cell),
            Treatment(other, "number", 1, scaled="standard"),
        ]
        runs = [_named(run, classes, group) for run in usual.runs]
        names = {"absent classes": {"name": classes[0], "n_absent": 1}, "one class": {"name": values[9]}}
        why = Validity("works, but", tuple(Reason("works, but", kind, facts) for kind, facts in names.items()))
        return replace(
            usual,
            runs=runs,
            encoded=Encoded(description, treatments),
            plan=replace(usual.plan, method="group"),
            weights=np.ones(len(labels)),
            validity=dict.fromkeys(usual.losses, why),
        )

    return made


def _named(run, classes, group):
    loss = replace(run.loss, class_weight={classes[0]: 2.0, classes[1]: 1.0})
    data = run.settings.data
    data = data.model_copy(update={"split": data.split.model_copy(update={"column": group})})
    return replace(run, settings=run.settings.model_copy(update={"loss": loss, "data": data}))


@few
@given(st.lists(short_texts, min_size=10, max_size=10, unique_by=seen))
def test_the_report_says_every_text_and_holds_nothing_but_its_own_elements(make, tmp_path, values):
    comparison = make(values)
    usual, markdown = (page.markdown(Report([each], NOTHING)) for each in (make(WORDS), comparison))
    for render in (as_on_github, partial(html_page.page, folder=tmp_path)):
        expected, shown = Seen(render(usual)), Seen(render(markdown))
        assert (shown.elements, shown.addresses) == (expected.elements, expected.addresses)
        lines = [*values[:9], *map(in_words, comparison.description.findings)]
        assert [line for line in lines if seen(line) not in shown.said] == []


@few
@given(st.lists(short_texts, min_size=10, max_size=10, unique_by=seen))
def test_mlflow_shows_every_text_and_no_element_but_its_own(make, values):
    def notes(comparison):
        told = json.loads(json.dumps(data_files.verdicts([comparison], [])))[comparison.name]
        note = pages.tags("7", told["verdict"], Headline("accuracy", higher_is_better=True))[pages.NOTE]
        return [note, *(loss["note"] for loss in told["losses"].values())]

    for usual, note in zip(notes(make(WORDS)), notes(make(values)), strict=True):
        expected, shown = Seen(as_on_github(usual)), Seen(as_on_github(note))
        assert (shown.elements, shown.addresses) == (expected.elements, expected.addresses)
        assert shown.said == expected.said.replace(WORDS[1], seen(values[1]))


@few
@given(names, names, st.lists(names, min_size=3, max_size=3, unique=True))
def test_names_of_comparisons_datasets_and_losses_are_seen_as_they_are(make, tmp_path, name, dataset, losses):
    def renamed(name, dataset, losses):
        made = make(WORDS)
        called = dict(zip(made.losses, losses, strict=True))
        runs = [
            replace(
                run, settings=run.settings.model_copy(update={"loss": replace(run.loss, name=called[run.loss.name])})
            )
            for run in made.runs
        ]
        validity = {called[loss]: judged for loss, judged in made.validity.items()}
        return replace(made, name=name, dataset=dataset, runs=runs, own_baseline=losses[0], validity=validity)

    usual = page.markdown(Report([renamed("ours", "data", ["one", "two", "three"])], NOTHING))
    markdown = page.markdown(Report([renamed(name, dataset, losses)], NOTHING))
    for render in (as_on_github, partial(html_page.page, folder=tmp_path)):
        shown = Seen(render(markdown))
        assert shown.elements == Seen(render(usual)).elements
        assert all(address.startswith(("#", "figures/")) for address in shown.addresses)
        assert f"Details: {name} " in shown.said
        assert f"{name}: which loss" in shown.said
        assert all(f"Loss and accuracy by epoch for {loss} on {name}" in shown.said for loss in losses)
        assert all(f"{loss} = " in shown.said for loss in losses)
