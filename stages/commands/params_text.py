"""The text of ``params.yaml`` with something added; every letter that is there stays."""

import io
from typing import Any

import yaml
from ruamel.yaml import YAML


def with_entries(text: str, name: str, dataset: dict[str, object], comparison: dict[str, Any]) -> str:
    """The text with a dataset, and the comparison on it, added."""
    return with_entry(with_entry(text, "datasets", name, dataset), "comparisons", name, comparison)


def with_entry(text: str, section: str, name: str, entry: dict[str, object]) -> str:
    """A YAML text with an entry added at the end of a section; every other letter stays as it is.

    Args:
        text: a mapping that has the section, which is a mapping with an entry or more.
        section: name of the section.
        name: of the entry.
        entry: its keys, whose values are written in one line each.
    """
    [node] = [value for key, value in yaml.compose(text, yaml.SafeLoader).value if key.value == section]
    if node.flow_style:
        end = node.end_mark.index - 1
        comma = "" if text[:end].rstrip().endswith((",", "{")) else ", "
        return f"{text[:end].rstrip()}{comma}{_inline({name: entry})[1:-1]}{text[end:]}"
    newline = "\r\n" if "\r\n" in text else "\n"
    outer, inner = " " * node.value[0][0].start_mark.column, " " * _step(node)
    lines = [f"{outer}{_inline({name: 0})[1:-4]}:"]
    lines += [f"{outer}{inner}{_inline({key: value})[1:-1]}" for key, value in entry.items()]
    end = _end(node)
    start = text.find("\n", end) + 1
    if not start:
        return text + newline + newline.join(lines) + newline
    return text[:start] + "".join(line + newline for line in lines) + text[start:]


def _inline(value: object) -> str:
    """A value in one line of YAML, in quotes where it would be taken for something else."""
    writer, text = YAML(typ="safe", pure=True), io.StringIO()
    writer.default_flow_style, writer.width, writer.sort_base_mapping_type_on_output = True, 10**9, False
    writer.dump(value, text)
    return text.getvalue().strip()


def _step(node: yaml.MappingNode) -> int:
    """By how many columns the keys of a section's entries are indented."""
    for key, value in node.value:
        if isinstance(value, yaml.MappingNode) and not value.flow_style and value.value:
            return value.value[0][0].start_mark.column - key.start_mark.column
    return 2


def _end(node: yaml.Node) -> int:
    """The position of a node's last letter, which is before the comments that follow it.

    YAML's own mark of where a block ends lies behind those comments, so the end is that of the last value in it.
    """
    if isinstance(node, yaml.ScalarNode) or node.flow_style or not node.value:
        # a text over several lines ends before the next one begins
        return node.end_mark.index - (isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"))
    last = node.value[-1]
    return _end(last[1] if isinstance(node, yaml.MappingNode) else last)
