"""Stage `report`: compare the runs in Markdown, with figures, ``results.csv`` and ``metrics.json``."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from stages import cli, files, params, paths, published
from stages.losses import HIGHER_IS_BETTER
from stages.sections import Section, drawings, read_section
from stages.statistics import Summary


def results(sections: list[Section]) -> pd.DataFrame:
    """Every score, one row each: ``dataset, loss, seed, split, metric, value``; empty value where a seed failed."""
    tables = [
        run.scores.assign(dataset=section.name, loss=run.loss.name) for section in sections for run in section.runs
    ]
    return pd.concat(tables)[["dataset", "loss", "seed", "split", "metric", "value"]]


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


def render(sections: list[Section], reference: dict[str, Any]) -> str:
    """The report as Markdown, its images relative to it."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"number": number, "plus_minus": plus_minus}
    every_run = [run for section in sections for run in section.runs]
    differing = {
        run.dataset: found
        for run in every_run
        if run.dataset in reference["settings"] and (found := published.differences(reference, run))
    }
    return environment.get_template("report.md.j2").render(
        sections=sections,
        seeds=every_run[0].seeds,
        failed=[run for run in every_run if run.failed],
        reference=reference,
        published=[
            row for run in every_run if run.dataset not in differing for row in published.compare(reference, run)
        ],
        differing=differing,
        misjudged=[run for run in every_run if run.loss.targets == "plus_minus_one"],
        clipped=[
            (run, _share_below_zero(section)) for section in sections for run in section.runs if run.loss.name == "msle"
        ],
        median=lambda run, metric: float(np.nanmedian(run.values(metric, "test"))),
        sentence=sentence,
        finite=lambda values: values[np.isfinite(values)],
    )


def sentence(section: Section) -> str:
    """Which loss has the best mean test score, in words."""
    summaries = {run.loss.name: summary for run in section.runs if (summary := section.summary(run, "test")).n}
    if not summaries:
        return "Every seed of every loss failed."
    sign = -1 if HIGHER_IS_BETTER[section.headline] else 1
    best, *others = sorted(summaries, key=lambda loss: sign * summaries[loss].mean)
    lead = f"Best mean test {section.headline}: `{best}` with {plus_minus(summaries[best])}"
    return lead + (f"; next `{others[0]}` with {plus_minus(summaries[others[0]])}." if others else ".")


def _share_below_zero(section: Section) -> float:
    return float((section.rows("train")["target"] < 0).mean())


def number(value: float) -> str:
    """A score for people: three significant digits."""
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def plus_minus(summary: Summary) -> str:
    """A mean with its 95 % interval."""
    if not summary.n:
        return "–"
    return f"{number(summary.mean)} ± {summary.half_width:.2g}" if summary.n > 1 else number(summary.mean)


def _save(path: Path, draw: Callable[[], Figure]) -> None:
    draw().savefig(path)


def main() -> None:
    """Write ``reports/``."""
    wanted = params.load().selected()
    sections = [read_section(name, [loss.name for loss in selected]) for name, selected in wanted.items()]
    text = render(sections, published.read())
    with files.replacing(paths.FIGURES) as folder:
        folder.mkdir()
        drawing = {folder / name: draw for section in sections for name, draw in drawings(section).items()}
        with ProcessPoolExecutor() as executor:
            list(executor.map(_save, drawing, drawing.values()))
    with files.replacing(paths.REPORTS / "results.csv") as temporary:
        results(sections).to_csv(temporary, index=False)
    files.write_json(paths.REPORTS / "metrics.json", headline_metrics(sections))
    with files.replacing(paths.REPORTS / "report.md") as temporary:
        temporary.write_text(text, encoding="utf-8")
    cli.say(f"report: read {paths.REPORTS / 'report.md'}")


if __name__ == "__main__":
    cli.run(main)
