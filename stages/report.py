"""Stage `report`: compare the runs in Markdown, with figures, tables of results and DVC's metrics."""

from dataclasses import replace
from pathlib import Path

import pandas as pd

from stages.basics import cli, files, paths, progress
from stages.basics.markup import plain
from stages.params import experiment, seeds
from stages.params.load import check_data, load_params
from stages.records import datasets, store, winners
from stages.reporting import data_files, html_page, page, registry
from stages.reporting.drawing.save import Drawing
from stages.reporting.registry import Picture, Report
from stages.reporting.texts import answer_text, published
from stages.verdicts import comparison
from stages.verdicts.held_out import cache


def main() -> None:
    """Write ``reports/``."""
    params = load_params()
    selected = params.selected()
    of_dataset = {name: params.dataset_of(name) for name in selected}
    check_data(params, {dataset: datasets.read_encoded(dataset).description for dataset in of_dataset.values()})
    kept = store.from_environment()
    judged_before = cache.beside(kept)
    trained = [
        replace(
            comparison.read(
                name,
                of_dataset[name],
                losses,
                headline=params.report.headline.get(name),
                baseline=params.baseline(name),
                margin=params.report.margin.get(name),
                other_names=params.other_names(name),
                cost=params.comparisons[name].cost,
                seeds_key=seeds.key(name, params.comparisons[name].seeds),
            ),
            cache=judged_before,
        )
        for name, losses in selected.items()
    ]
    comparisons = comparison.by_dataset(trained)
    report = Report(comparisons, published.read(), cells=params.report.cells)
    with files.replacing(paths.FIGURES) as folder:
        folder.mkdir()
        pictures, text = _drawn(report, folder, kept)
    _write_table("results.csv", data_files.results(comparisons))
    _write_table("pairs.csv", data_files.pairs(comparisons))
    _write_table("losses.csv", data_files.losses(pictures))
    _write_table("scores.csv", data_files.scores(comparisons))
    _write_table("curves.csv", data_files.curves(comparisons))
    _write_table("tuning.csv", data_files.tuning(comparisons))
    files.write_json(paths.REPORTS / "metrics.json", data_files.metrics(comparisons))
    winners.write_recommended({compared.name: data_files.recommended(compared) for compared in comparisons})
    files.write_json(paths.VERDICTS, data_files.verdicts(comparisons, pictures))
    _write_text("report.md", text)
    _write_text("report.html", html_page.page(text, paths.REPORTS))
    for compared in comparisons:
        cli.say(f"report: {compared.name}: {plain(answer_text.in_a_line(compared))}")
    cli.say(f"report: read {paths.REPORTS / 'report.html'}")


def _drawn(report: Report, folder: Path, kept: store.Store | None) -> tuple[list[Picture], str]:
    """The figures, of which those that are not kept are drawn while others are worked out, and the text."""
    with Drawing(folder, kept) as drawing:
        pictures = [drawing.add(picture) for picture in registry.each_picture(report)]
        text = page.markdown(report)
        with progress.bars({"figures": len(pictures)}, unit="figures", heading="report") as show:
            for n_done, _ in enumerate(drawing.done(), start=1):
                show("figures", n_done)
    return pictures, text


def _write_table(name: str, table: pd.DataFrame) -> None:
    with files.replacing(paths.REPORTS / name) as temporary:
        table.to_csv(temporary, index=False)


def _write_text(name: str, text: str) -> None:
    with files.replacing(paths.REPORTS / name) as temporary:
        temporary.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    cli.run(main, experiment.what_stays)
