"""TensorFlow and Keras, imported without their noise and set up for many small models.

Import `keras` and `tf` from here. One operation runs on one thread, as these networks are too small
to share; chunks run beside each other instead. Results do not depend on either number.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from stages.basics.machine import processors
from stages.basics.turns import IMPORTING

INTER_OP_THREADS = processors()


@contextmanager
def _quiet() -> Iterator[None]:
    """Hold back what native code writes on standard error; show it when the block fails."""
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except Exception:
            held.seek(0)
            os.write(terminal, held.read())
            raise
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)


@contextmanager
def _without(name: str) -> Iterator[None]:
    """Let a package that is not imported yet seem not to be installed."""
    hidden = name not in sys.modules
    if hidden:
        sys.modules[name] = None
    try:
        yield
    finally:
        if hidden:
            del sys.modules[name]


os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"
# Keras does without Matplotlib, with which it draws images, and scikit-learn, for which it has wrappers: these, and the
# SciPy behind them, are a quarter of the time of importing it
with IMPORTING, _quiet(), _without("matplotlib"), _without("sklearn"):
    import keras
    import tensorflow as tf

    # where other code of the process has calculated before, the numbers are fixed, and stay as they are
    with suppress(RuntimeError):
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(INTER_OP_THREADS)
    # it warns of programs traced again and again; each unit of work traces its own, once
    tf.get_logger().setLevel("ERROR")
    # the first operation looks for devices, and says so
    tf.zeros(())

__all__ = ["INTER_OP_THREADS", "keras", "tf"]
