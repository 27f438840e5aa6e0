"""Stage `track`: log every run to MLflow, once."""

from stages.basics import cli, files, paths
from stages.params.load import load_params
from stages.records import runs
from stages.tracking import mlflow_store
from stages.tracking.mlflow_store import Headline
from stages.tracking.origin import origin


def main() -> None:
    """Log every run to MLflow; write ``data/tracked.json``: ``comparison → loss → fingerprint``."""
    params = load_params()
    verdicts = files.read_json(paths.VERDICTS, stage="report")
    trained = {name: [runs.read(name, loss.name) for loss in losses] for name, losses in params.selected().items()}
    tracked: dict[str, dict[str, str]] = {}
    n_new, tags = 0, origin()
    with mlflow_store.connect() as client:
        for name, every in trained.items():
            verdict = verdicts[name]
            headline = Headline(verdict["headline"], verdict["higher_is_better"])
            experiment = mlflow_store.experiment_of(
                client, f"{params.track.experiment}/{name}", verdict["verdict"], headline
            )
            tracked[name] = {run.loss.name: runs.fingerprint(name, run.loss.name) for run in every}
            for run in every:
                n_new += mlflow_store.log_once(
                    client,
                    experiment,
                    run,
                    fingerprint=tracked[name][run.loss.name],
                    note=verdict["losses"][run.loss.name],
                    tags=tags,
                    options=params.track,
                )
    files.write_json(paths.TRACKED, tracked)
    n_runs = sum(map(len, trained.values()))
    cli.say(f"track: {n_new} new of {n_runs} runs in {mlflow_store.address()}; look at them with: make ui")


if __name__ == "__main__":
    cli.run(main)
