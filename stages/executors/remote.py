"""What runs in a Dask worker, which has none of the project's modules.

These functions are made inside others, so that they travel by value: one that could be imported would be named instead,
and looked for on the scheduler and the workers.
"""

from collections.abc import Callable


def training() -> Callable:
    """A function that trains a chunk in a process of the worker."""

    def train(session: str, code: bytes, facts: dict, chunk: bytes, shared: dict) -> tuple:
        import importlib.util
        import io
        import zipfile
        from functools import partial
        from pathlib import Path

        from dask.utils import SerializableLock
        from distributed import get_worker

        worker = get_worker()
        folder, sessions = Path(worker.local_directory) / session, vars(worker).setdefault("losslab", {})
        with SerializableLock(session):  # the worker's threads share it
            if session not in sessions:
                zipfile.ZipFile(io.BytesIO(code)).extractall(folder)
                spec = importlib.util.spec_from_file_location(session, folder / "stages" / "executors" / "child.py")
                module = importlib.util.module_from_spec(spec)
                spec.loader.exec_module(module)
                sessions[session] = module.Children(folder, folder)
        contents = {digest: partial(bytes, content) for digest, content in shared.items()}
        return worker.address, *sessions[session].run(chunk, contents, facts)

    return train


def ending() -> Callable:
    """A function that ends the processes of a worker, also in the middle of a chunk."""

    def end(session: str, dask_worker: object) -> None:
        import shutil
        from pathlib import Path

        children = vars(dask_worker).get("losslab", {}).get(session)
        if children is not None:
            children.end()
            shutil.rmtree(Path(dask_worker.local_directory) / session, ignore_errors=True)

    return end
