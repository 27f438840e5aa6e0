"""The file of a trained model."""

import itertools
import re
import zipfile
from collections import defaultdict
from pathlib import Path

from stages.training.backend import keras


def save_model(model: keras.Model, path: Path) -> None:
    """Save a model as a ``.keras`` file whose bytes depend on the model alone.

    Keras writes the day of saving and memory addresses, which it uses as names of shared objects.
    """
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["metadata.json"] = re.sub(
        rb'("date_saved": ")[^"]*', rb"\g<1>1980-01-01@00:00:00", members["metadata.json"]
    )
    numbers = itertools.count(1)
    number_of: dict[bytes, bytes] = defaultdict(lambda: str(next(numbers)).encode())
    members["config.json"] = re.sub(
        rb'("shared_object_id": )(\d+)', lambda match: match[1] + number_of[match[2]], members["config.json"]
    )
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
