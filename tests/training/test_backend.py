import os
import subprocess
import sys

import pytest

from stages.training.backend import INTER_OP_THREADS, _quiet, keras, tf


@pytest.mark.thorough
def test_importing_it_and_computing_prints_nothing_and_leaves_to_others_what_it_needs_not(root):
    # nothing of this process' own settings may do the silencing
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("TF_", "KERAS_"))}
    script = (
        "import sys; from stages.training.backend import keras, tf; assert float(keras.ops.sum(tf.ones(3))) == 3; "
        "assert not {'matplotlib', 'sklearn', 'scipy.stats'} & set(sys.modules); "
        "from matplotlib import pyplot; from sklearn.base import BaseEstimator"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        check=True,
        cwd=root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=120,
    )
    assert done.stdout == b""


def test_keras_runs_on_tensorflow_with_one_thread_for_an_operation():
    assert keras.backend.backend() == "tensorflow"
    assert tf.config.threading.get_intra_op_parallelism_threads() == 1
    assert tf.config.threading.get_inter_op_parallelism_threads() == INTER_OP_THREADS


def test_what_native_code_writes_is_held_back(capfd):
    with _quiet():
        os.write(2, b"cudart_stub.cc: no such luck\n")
    os.write(2, b"afterwards\n")
    assert capfd.readouterr().err == "afterwards\n"


def test_what_native_code_wrote_is_shown_when_the_import_fails(capfd):
    def fail():
        with _quiet():
            os.write(2, b"illegal instruction\n")
            raise ImportError("no tensorflow")

    with pytest.raises(ImportError, match="no tensorflow"):
        fail()
    os.write(2, b"afterwards\n")
    assert capfd.readouterr().err == "illegal instruction\nafterwards\n"
