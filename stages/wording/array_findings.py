"""What is odd about a source of arrays, in words, with the key that settles it."""

from collections.abc import Callable

from stages.basics.words import counted, printable
from stages.records.findings import Finding

SHOWN = 5  # names that a line shows


def in_words(finding: Finding, *, cells: bool) -> str:
    """A line about one thing that is odd.

    Args:
        finding: what is odd.
        cells: whether numbers of the arrays may be quoted.
    """
    return SENTENCES[finding.kind](finding, cells)


def _names(finding: Finding) -> str:
    more = finding.n_rows - min(len(finding.examples), SHOWN)
    return ", ".join(map(printable, finding.examples[:SHOWN])) + (f" and {more:,} more" if more > 0 else "")


def _unused(finding: Finding, _: bool) -> str:
    return f"{finding.column}: no key names {_names(finding)}, so not used"


def _resized(finding: Finding, _: bool) -> str:
    smallest, largest = finding.examples
    theirs = f"of {smallest}" if smallest == largest else f"of {smallest} to {largest}"
    size = finding.read_as.replace(" × ", ", ")
    return (
        f"{finding.n_rows:,} of {counted(finding.n_of, 'image')} are {theirs} pixels, brought to {finding.read_as} "
        f"(for another size: size: [{size}] beside images:)"
    )


def _no_images(finding: Finding, _: bool) -> str:
    return f"{counted(finding.n_rows, 'file is no image', 'files are no images')}, left out: {_names(finding)}"


def _transparent(finding: Finding, _: bool) -> str:
    some = f"{finding.n_rows:,} of {counted(finding.n_of, 'image')} have transparent parts ({_names(finding)})"
    return f"{some}; their colours count there as they are stored"


def _frames(finding: Finding, _: bool) -> str:
    some = f"{finding.n_rows:,} of {counted(finding.n_of, 'image')} have several frames or pages ({_names(finding)})"
    return f"{some}; the first is taken"


def _taken_for(finding: Finding, _: bool) -> str:
    first, last = finding.examples
    as_image, as_sequence = f"images of {first} × {last} pixels", f"sequences of {first} steps and {last} channels"
    if finding.column == "images":
        return f"rows are taken for {as_image} (if they are {as_sequence}: kind: sequences beside arrays:)"
    return f"rows are taken for {as_sequence} (if they are {as_image}: kind: images beside arrays:)"


def _channels_first(finding: Finding, _: bool) -> str:
    shape, n_channels = finding.examples
    return (
        f"rows of {shape} are taken for images with their channels last, and may be of {n_channels} channels (if they "
        "stand first: channels: first beside arrays:)"
    )


def _constant(finding: Finding, _: bool) -> str:
    of_all = f"{finding.n_rows:,} of the {finding.n_of:,} numbers of a row"
    return f"{of_all} are the same in all {finding.column}; they stay, since a layer needs their places"


def _missing(finding: Finding, _: bool) -> str:
    places = ", ".join(f"{row:,}" for row in finding.rows) + ", …" * (finding.n_rows > len(finding.rows))
    rows = counted(finding.n_rows, "row")
    return f"numbers are missing (NaN) in {rows} ({places}); the mean of the channel stands for them"


def _unscaled(finding: Finding, cells: bool) -> str:
    numbers = "numbers from {} to {}".format(*finding.examples) if cells else "large numbers"
    key = "scale: {features: standard} beside source:"
    return f"{numbers} are not scaled, and networks learn badly from large ones (to scale them: {key})"


def _lost(finding: Finding, _: bool) -> str:
    return f"only rows that weigh 0 are of {_names(finding)}, so that is no class"


SENTENCES: dict[str, Callable[[Finding, bool], str]] = {
    "arrays unused": _unused,
    "channels first": _channels_first,
    "classes lost": _lost,
    "constant numbers": _constant,
    "frames": _frames,
    "missing numbers": _missing,
    "no images": _no_images,
    "resized": _resized,
    "taken for": _taken_for,
    "transparent": _transparent,
    "unscaled": _unscaled,
}
