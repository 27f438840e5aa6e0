"""Stage `report`: compare the runs in Markdown, with figures, tables of results and DVC's metrics."""

import pandas as pd

from stages.basics import cli, files, paths
from stages.params import experiment
from stages.params.load import check_data, load_params
from stages.records import datasets
from stages.reporting import data_files, figures, html_page, page, published
from stages.reporting.verdict_text import verdict
from stages.verdicts import comparison, reading


def main() -> None:
    """Write ``reports/``."""
    params = load_params()
    selected = params.selected()
    of_dataset = {name: params.dataset_of(name) for name in selected}
    check_data(params, {dataset: datasets.read_encoded(dataset).description for dataset in of_dataset.values()})
    every = [
        reading.read(
            name,
            of_dataset[name],
            losses,
            headline=params.report.headline.get(name),
            baseline=params.baseline(name),
            margin=params.report.margin.get(name),
            other_names=params.other_names(name),
        )
        for name, losses in selected.items()
    ]
    comparisons = comparison.by_dataset(every)
    text = page.markdown(comparisons, published.read(), cells=params.report.cells)
    with files.replacing(paths.FIGURES) as folder:
        folder.mkdir()
        figures.save(figures.drawings(comparisons), folder)
    _write_table("results.csv", data_files.results(comparisons))
    _write_table("pairs.csv", data_files.pairs(comparisons))
    _write_table("scores.csv", data_files.scores(comparisons))
    _write_table("curves.csv", data_files.curves(comparisons))
    _write_table("tuning.csv", data_files.tuning(comparisons))
    files.write_json(paths.REPORTS / "metrics.json", data_files.metrics(comparisons))
    files.write_json(paths.VERDICTS, data_files.verdicts(comparisons))
    _write_text("report.md", text)
    _write_text("report.html", html_page.page(text, paths.REPORTS))
    for each in comparisons:
        cli.say(f"report: {each.name}: {verdict(each).lead}")
    cli.say(f"report: read {paths.REPORTS / 'report.md'}")


def _write_table(name: str, table: pd.DataFrame) -> None:
    with files.replacing(paths.REPORTS / name) as temporary:
        table.to_csv(temporary, index=False)


def _write_text(name: str, text: str) -> None:
    with files.replacing(paths.REPORTS / name) as temporary:
        temporary.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    cli.run(main, experiment.what_stays)
