"""Chunks that are trained in threads of this process."""

from stages.executors.threads import Threads
from stages.training import scoring, seed_training


def test_code_that_scores_is_parsed_before_threads_begin(monkeypatch):
    """Where two threads parse at once, Python before 3.11.8 ends one of them with a SystemError."""
    scoring.scores_hash.cache_clear()
    monkeypatch.setattr(seed_training, "train", lambda *_: scoring.scores_hash.cache_info().currsize)
    with Threads(1) as threads:
        assert threads.submit(None, print).result() == 1
