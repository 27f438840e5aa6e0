"""The report as one self-contained HTML page, its images embedded."""

import base64
import re
from pathlib import Path

from markdown_it import MarkdownIt

_STYLE = """
body { max-width: 70rem; margin: 2rem auto; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif; color: #1f2328; }
img { max-width: 100%; }
table { border-collapse: collapse; display: block; overflow-x: auto; margin: 1rem 0; font-size: 0.85rem; }
th, td { border: 1px solid #d1d9e0; padding: 0.3rem 0.6rem; text-align: left; white-space: nowrap; }
th { background: #f6f8fa; }
code { background: #eff1f3; padding: 0.1rem 0.3rem; border-radius: 4px; }
details { margin: 1rem 0; }
summary { cursor: pointer; }
"""


def page(markdown: str, folder: Path) -> str:
    """Turn the report into HTML.

    Args:
        markdown: the report, its images relative to `folder`.
        folder: where the images are.
    """
    body = MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown)
    title = re.search(r"^# (.+)$", markdown, re.MULTILINE)[1]
    linked = re.sub(
        r"<(h[2-6])>(.+?)</\1>", lambda match: f'<{match[1]} id="{_anchor(match[2])}">{match[2]}</{match[1]}>', body
    )
    embedded = re.sub(r'(<img src=")([^":]+)"', lambda match: f'{match[1]}{_data_address(folder / match[2])}"', linked)
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n{embedded}</body>\n</html>\n"
    )


def _anchor(heading: str) -> str:
    """What links call a heading: the name that GitHub gives it."""
    return re.sub(r"[^\w\- ]", "", re.sub(r"<[^>]+>", "", heading)).lower().replace(" ", "-")


def _data_address(image: Path) -> str:
    return f"data:image/png;base64,{base64.b64encode(image.read_bytes()).decode()}"
