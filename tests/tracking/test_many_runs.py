"""MLflow lists many runs as fast as it should: rows of a real run, copied in its database."""

import contextlib
import sqlite3
import time
import uuid

import pytest
from mlflow import MlflowClient

from stages import track
from stages.tracking import contents
from tests.tracked import logged

FEW, MANY = 100, 3000


def copied(database, run_id, experiment, n_runs):
    """Give an experiment copies of a run, all that a list of runs reads: its settings, tags and last values."""
    with contextlib.closing(sqlite3.connect(database)) as opened, opened:
        ids = [uuid.uuid4().hex for _ in range(n_runs)]
        for table in ("runs", "params", "tags", "latest_metrics"):
            names = [row[1] for row in opened.execute(f"pragma table_info({table})")]
            rows = [
                dict(zip(names, row, strict=True))
                for row in opened.execute(f"select * from {table} where run_uuid = ?", (run_id,))
            ]
            changed = [{"experiment_id": experiment}, {}][table != "runs"]
            opened.executemany(
                f"insert into {table} ({', '.join(names)}) values ({', '.join('?' * len(names))})",
                (tuple((row | changed | {"run_uuid": new}).values()) for new in ids for row in rows),
            )


@pytest.mark.endurance
def test_a_page_of_3000_runs_is_listed_no_slower_than_ten_times_one_of_100(project, client):
    track.main()
    run = logged(client, "circles")["hinge"]
    order = [f"metrics.`{contents.deciding('accuracy')}` DESC"]
    experiments = {n_runs: client.create_experiment(f"of {n_runs}") for n_runs in (FEW, MANY)}
    for n_runs, experiment in experiments.items():
        copied(project / "mlflow.db", run.info.run_id, experiment, n_runs)
    client = MlflowClient(f"sqlite:///{project / 'mlflow.db'}")

    def seconds(n_runs):
        began = time.process_time()
        page = client.search_runs([experiments[n_runs]], order_by=order, max_results=FEW)
        taken = time.process_time() - began
        assert len(page) == FEW
        assert page[0].data.params == run.data.params
        assert bool(page.token) == (n_runs == MANY)
        return taken

    taken = {n_runs: min(seconds(n_runs) for _ in range(5)) for n_runs in (FEW, MANY)}
    assert taken[MANY] <= 10 * taken[FEW]
