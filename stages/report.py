"""Stage `report`: compare the runs in Markdown, with figures, ``results.csv`` and ``metrics.json``."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from stages.basics import cli, files, paths
from stages.losses import validity
from stages.params.load import check_data, load_params
from stages.records import datasets
from stages.reporting import columns_text, published
from stages.reporting import plots as figures
from stages.reporting import setup_text as prose
from stages.reporting import verdict_text as wording
from stages.reporting.html_page import page
from stages.reporting.sections import Section, drawings, read_section
from stages.verdicts import pairs as verdicts


def results(sections: list[Section]) -> pd.DataFrame:
    """Every score, one row each: ``dataset, loss, seed, part, metric, value``; empty value where a seed failed."""
    tables = [
        run.scores.assign(dataset=section.name, loss=run.loss.name) for section in sections for run in section.runs
    ]
    return pd.concat(tables)[["dataset", "loss", "seed", "part", "metric", "value"]]


def headline_metrics(sections: list[Section]) -> dict[str, Any]:
    """DVC's metrics: ``dataset → test_<headline score> → loss → mean over the seeds that did not fail``."""
    return {
        section.name: {
            f"test_{section.headline}": {
                run.loss.name: summary.mean for run in section.runs if (summary := section.summary(run, "test")).n
            }
        }
        for section in sections
    }


def curves(sections: list[Section]) -> pd.DataFrame:
    """For DVC's plots: a score by epoch, its mean and the band that holds the middle 80 % of the seeds."""
    tables = []
    for section in sections:
        for run in section.runs:
            finished = run.finished
            for part, name in (("train", section.epoch_metric), ("test", f"val_{section.epoch_metric}")):
                values = run.epochs(name)[finished]
                if len(values):
                    low, high = np.percentile(values, [10, 90], axis=0)
                    band = {"epoch": range(1, len(low) + 1), "mean": values.mean(axis=0), "low": low, "high": high}
                    tables.append(pd.DataFrame({"panel": f"{section.name}: {run.loss.name}", "part": part, **band}))
    return pd.concat(tables) if tables else pd.DataFrame(columns=["panel", "part", "epoch", "mean", "low", "high"])


def verdict_of(section: Section) -> str:
    """The verdict on one dataset, in words."""
    summaries = {run.loss.name: section.summary(run, "test") for run in section.runs}
    return wording.verdict(list(summaries), section.pairs, summaries, section.score, section.constant)


def note_of(section: Section, loss: str) -> str:
    """How one loss did, in words: for the notes of its run in MLflow."""
    if loss == section.baseline:
        return "The baseline of this comparison."
    pair = section.pairs[loss, section.baseline]
    return f"Against the baseline `{pair.against}`: {pair.verdict}, difference {wording.difference(pair)}."


def forest(sections: list[Section]) -> list[figures.ForestRow]:
    """Every loss's difference to its baseline in units of the margin, where there are both."""
    colors = {section.name: figures.colors_of([run.loss.name for run in section.runs]) for section in sections}
    return [
        figures.ForestRow(
            label=f"{section.name}: {pair.loss}",
            difference=pair.difference / section.margin,
            low=pair.low / section.margin,
            high=pair.high / section.margin,
            verdict=f"{pair.verdict} than {pair.against}" if pair.verdict in ("better", "worse") else pair.verdict,
            color=colors[section.name][pair.loss],
        )
        for section in sections
        if section.margin
        for pair in section.against_baseline()
        if pair.n_failed < pair.n_seeds
    ]


def _draw_forest(rows: list[figures.ForestRow]) -> Figure:
    figure, axes = figures.new(8.5, 1.1 + 0.42 * len(rows))
    figures.forest(axes[0, 0], rows)
    return figure


def render(sections: list[Section], reference: dict[str, Any]) -> str:
    """The report as Markdown, its images relative to it."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "reporting/templates"),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {
        "number": wording.number,
        "plus_minus": wording.plus_minus,
        "p_value": wording.p_value,
        "difference": wording.difference,
        "percent": validity.percent,
        "code": wording.code,
        "listed": wording.listed,
    }
    every_run = [run for section in sections for run in section.runs]
    differing = {
        run.dataset: found
        for run in every_run
        if run.dataset in reference["settings"] and (found := published.differences(reference, run))
    }
    return environment.get_template("report.md.j2").render(
        sections=sections,
        seeds=every_run[0].seeds,
        reference=reference,
        published=[
            row for run in every_run if run.dataset not in differing for row in published.compare(reference, run)
        ],
        differing=differing,
        misjudged=[
            run
            for run in every_run
            if run.loss.targets == "plus_minus_one" and not run.loss.is_custom and len(run.failed) < len(run.seeds)
        ],
        clipped=[
            (run, share)
            for section in sections
            for run in section.runs
            if run.loss.target_range == "clipped below 0" and (share := _share_below_zero(section))
        ],
        positive=[name for name, (low, _) in validity.OUTPUTS.items() if low >= 0],
        has_forest=bool(forest(sections)),
        treatments=lambda section: columns_text.treatments(section.scaled.folds),
        in_full=wording.loss_in_full,
        source_of=prose.source,
        split_of=prose.split,
        scaling_of=prose.scaling,
        network_of=prose.network,
        pipeline_of=lambda section: datasets.pipeline_path(section.name, 0, len(section.scaled.folds)),
        folded=[section.name for section in sections if len(section.scaled.folds) > 1],
        median=lambda run, metric: float(np.nanmedian(run.values(metric, "test"))),
        verdict=verdict_of,
        simulated=verdicts,
        finite=lambda values: values[np.isfinite(values)],
    )


def _share_below_zero(section: Section) -> float:
    """The share of the scaled train targets that are below 0, on the fold where it is the largest."""
    shares = [(datasets.labels_of(rows, section.description, "train") < 0).mean() for rows in section.folds]
    return float(max(shares))


def _save(path: Path, draw: Callable[[], Figure]) -> None:
    draw().savefig(path)


def main() -> None:
    """Write ``reports/``."""
    wanted = load_params()
    check_data(wanted, {name: datasets.read_scaled(name).description for name in wanted.selected()})
    sections = [
        read_section(
            name,
            selected,
            headline=wanted.report.headline.get(name),
            baseline=wanted.baseline(name),
            margin=wanted.report.margin.get(name),
        )
        for name, selected in wanted.selected().items()
    ]
    text = render(sections, published.read())
    with files.replacing(paths.FIGURES) as folder:
        folder.mkdir()
        drawing = {folder / name: draw for section in sections for name, draw in drawings(section).items()}
        if rows := forest(sections):
            drawing[folder / "forest.png"] = partial(_draw_forest, rows)
        with ProcessPoolExecutor() as executor:
            list(executor.map(_save, drawing, drawing.values()))
    for name, table in (("results.csv", results(sections)), ("curves.csv", curves(sections))):
        with files.replacing(paths.REPORTS / name) as temporary:
            table.to_csv(temporary, index=False)
    files.write_json(paths.REPORTS / "metrics.json", headline_metrics(sections))
    files.write_json(
        paths.VERDICTS,
        {
            section.name: {
                "headline": section.headline,
                "higher_is_better": section.score.higher_is_better,
                "verdict": verdict_of(section),
                "losses": {run.loss.name: note_of(section, run.loss.name) for run in section.runs},
            }
            for section in sections
        },
    )
    for name, content in (("report.md", text), ("report.html", page(text, paths.REPORTS))):
        with files.replacing(paths.REPORTS / name) as temporary:
            temporary.write_text(content, encoding="utf-8")
    for section in sections:
        cli.say(f"report: {section.name}: {verdict_of(section).split('**')[1]}")
    cli.say(f"report: read {paths.REPORTS / 'report.md'}")


if __name__ == "__main__":
    cli.run(main)
