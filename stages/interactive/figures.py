"""The figures of an answer, as objects of Matplotlib, drawn when they are asked for."""

from collections.abc import Iterator, Mapping

from matplotlib.figure import Figure

from stages.reporting.drawing import svg
from stages.reporting.registry import Picture


class Figures(Mapping[str, Figure]):
    """Figures by name: those of the report, without the comparison in their names."""

    def __init__(self, pictures: list[Picture], name: str) -> None:
        """Begin.

        Args:
            pictures: rows of the registry, with what they are about.
            name: of the comparison.
        """
        self._pictures = {picture.file.removesuffix(".svg").removeprefix(f"{name}-"): picture for picture in pictures}

    def __getitem__(self, name: str) -> Figure:
        picture = self._pictures[name]
        data = picture.data
        return svg.figure(picture.figure.draw, picture.figure.grid(data), data)

    def svg(self, name: str) -> str:
        """A figure as the report has it."""
        picture = self._pictures[name]
        data = picture.data
        return svg.drawn(picture.figure.draw, picture.figure.grid(data), data)

    def __iter__(self) -> Iterator[str]:
        return iter(self._pictures)

    def __len__(self) -> int:
        return len(self._pictures)

    def __repr__(self) -> str:
        return f"Figures({', '.join(self)})"
