"""The report as one self-contained HTML page, its figures embedded. It holds no HTML but what is made here."""

import base64
import html
import re
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

_STYLE = """
body { max-width: 70rem; margin: 2rem auto; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif; color: #1f2328; }
img { max-width: 100%; }
table { border-collapse: collapse; display: block; overflow-x: auto; margin: 1rem 0; font-size: 0.85rem; }
th, td { border: 1px solid #d1d9e0; padding: 0.3rem 0.6rem; text-align: left; white-space: nowrap; }
th { background: #f6f8fa; }
code { background: #eff1f3; padding: 0.1rem 0.3rem; border-radius: 4px; unicode-bidi: isolate; }
details { margin: 1rem 0; }
summary { cursor: pointer; }
"""
# a browser runs and fetches nothing, whatever the page held
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_FOLDED = re.compile(r"<details><summary>(?P<summary>[^<>]+)</summary>|(?P<end></details>)")
_FIGURE = re.compile(r"figures/[\w.-]+\.svg", re.ASCII)


def page(markdown: str, folder: Path) -> str:
    """Turn the report into HTML.

    Args:
        markdown: the report, its images relative to `folder`; its first line is its title.
        folder: where the images are.
    """
    converter = MarkdownIt("commonmark", {"html": False}).enable("table")
    converter.block.ruler.before("paragraph", "folded", _fold)
    converter.core.ruler.push("anchors", _name_headings)
    converter.core.ruler.push("embedded_images", _embed_images)
    environment = {"folder": folder}
    tokens = converter.parse(markdown, environment)
    body = converter.renderer.render(tokens, converter.options, environment)
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(_text(tokens[1]))}</title>\n"
        f"<style>{_STYLE}</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
    )


def _fold(state: StateBlock, line: int, _: int, silent: bool) -> bool:
    """Take a line that begins or ends a folded part, the only HTML of the report's own, for what it is."""
    folded = _FOLDED.fullmatch(state.getLines(line, line + 1, state.blkIndent, keepLastLF=False))
    if not folded:
        return False
    if silent:
        return True
    state.line = line + 1
    if folded["end"]:
        state.push("details_close", "details", -1)
        return True
    state.push("details_open", "details", 1)
    state.push("summary_open", "summary", 1)
    inline = state.push("inline", "", 0)
    inline.content, inline.children = folded["summary"], []
    state.push("summary_close", "summary", -1)
    return True


def _name_headings(state: StateCore) -> None:
    """Give every heading below the title the name by which links call it."""
    for token, inline in zip(state.tokens, state.tokens[1:], strict=False):
        if token.type == "heading_open" and token.tag != "h1":
            token.attrSet("id", anchor(_text(inline)))


def _embed_images(state: StateCore) -> None:
    """Put the report's figures where they are named; what else is named as an image is shown as a text."""
    for image in (child for token in state.tokens for child in token.children or [] if child.type == "image"):
        source, alt = image.attrGet("src"), _text(image)
        figure = state.env["folder"] / source
        if _FIGURE.fullmatch(source) and figure.is_file():
            image.attrSet("src", f"data:image/svg+xml;base64,{base64.b64encode(figure.read_bytes()).decode()}")
            image.children = [Token("text", "", 0, content=alt)]
        else:
            image.type, image.content = "text", f"![{alt}]({source})"


def _text(inline: Token) -> str:
    """What a heading or an image says, without its markup."""
    return "".join(child.content for child in inline.children or [])


def anchor(heading: str) -> str:
    """What links call a heading: the name that GitHub gives it."""
    return re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-")
