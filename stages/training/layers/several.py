"""Networks of several inputs, which take the numbers of all side by side, as rows are kept."""

from stages.records.array_facts import Inputs, slices
from stages.training.backend import keras


def apart(rows: keras.KerasTensor, inputs: Inputs) -> dict[str, keras.KerasTensor]:
    """What of rows (n_rows, n_numbers) each input has, (n_rows, …) by its name."""
    layers, n_numbers, parts = keras.layers, rows.shape[-1], {}
    column = layers.Reshape((n_numbers, 1), name="row")(rows)
    for place, ((name, shape), some) in enumerate(zip(inputs, slices(inputs).values(), strict=True), start=1):
        numbers = layers.Cropping1D((some.start, n_numbers - some.stop), name=f"numbers_{place}")(column)
        parts[name] = layers.Reshape(shape, name=f"input_{place}")(numbers)
    return parts


def taking_rows(model: keras.Model, inputs: Inputs) -> keras.Model:
    """A model that gives of whole rows (n_rows, n_numbers) what another gives of their inputs.

    Args:
        model: one whose inputs have the names and shapes of these, or of some of them.
        inputs: of which rows are made.

    Raises:
        ValueError: it has others.
    """
    begins = getattr(model, "input", None)
    if not isinstance(model, keras.Model) or begins is None:
        return model  # which is refused where it is tried
    by_name = begins if isinstance(begins, dict) else {tensor.name: tensor for tensor in model.inputs}
    shapes = dict(inputs)
    for name, tensor in by_name.items():
        if tuple(tensor.shape[1:]) != shapes.get(name):
            needed = ", ".join(f"keras.Input({shape}, name={known!r})" for known, shape in inputs)
            raise ValueError(f"it has keras.Input({tuple(tensor.shape[1:])}, name={name!r}); there are {needed}")
    rows = keras.Input((sum(place.stop - place.start for place in slices(inputs).values()),), name="features")
    parts = apart(rows, inputs)
    fed = {name: parts[name] for name in by_name}
    listed = [*fed.values()] if isinstance(begins, list | tuple) else next(iter(fed.values()))
    outputs = model(fed if isinstance(begins, dict) else listed)
    return keras.Model(rows, outputs, name="network")
