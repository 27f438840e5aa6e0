"""The report as one self-contained HTML page, its images embedded."""

import base64
import re
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

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
        markdown: the report, its images relative to `folder`; its first line is its title.
        folder: where the images are.
    """
    converter = MarkdownIt("commonmark", {"html": True}).enable("table")
    converter.core.ruler.push("anchors", _name_headings)
    converter.core.ruler.push("embedded_images", _embed_images)
    environment = {"folder": folder}
    tokens = converter.parse(markdown, environment)
    body = converter.renderer.render(tokens, converter.options, environment)
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{_text(tokens[1])}</title>\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
    )


def _name_headings(state: StateCore) -> None:
    """Give every heading below the title the name by which links call it."""
    for token, inline in zip(state.tokens, state.tokens[1:], strict=False):
        if token.type == "heading_open" and token.tag != "h1":
            token.attrSet("id", anchor(_text(inline)))


def _embed_images(state: StateCore) -> None:
    """Put the images themselves where their files are named."""
    for token in state.tokens:
        for child in token.children or []:
            if child.type == "image":
                image = state.env["folder"] / child.attrGet("src")
                child.attrSet("src", f"data:image/png;base64,{base64.b64encode(image.read_bytes()).decode()}")


def _text(inline: Token) -> str:
    """What a heading says, without its markup."""
    return "".join(child.content for child in inline.children)


def anchor(heading: str) -> str:
    """What links call a heading: the name that GitHub gives it."""
    return re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-")
