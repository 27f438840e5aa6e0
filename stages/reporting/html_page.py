"""The report as one self-contained HTML page, its figures embedded. It holds no HTML but what is made here."""

import html
import itertools
import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

_STYLE = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
# a browser runs and fetches nothing, whatever the page held
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_JUMP = '<p class="jump"><a href="#contents">Contents</a></p>\n'
WIDE = 8  # columns; of a table with more the words are broken where need be
_FOLDED = re.compile(r"<details><summary>(?P<summary>[^<>]+)</summary>|(?P<end></details>)")
_PERCENT = re.compile(r"(?<=\d) %")
_POWER = re.compile(r"\d[\d.,]*e-\d+")
_FIGURE = re.compile(r"figures/[\w.-]+\.svg", re.ASCII)


def page(markdown: str, folder: Path) -> str:
    """Turn the report into HTML.

    Args:
        markdown: the report, its images relative to `folder`; its first line is its title.
        folder: where the images are.
    """
    tokens, body = _rendered(markdown, folder)
    contents = _contents(tokens)
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="color-scheme" content="light dark">\n'
        f"<title>{html.escape(_text(tokens[1]))}</title>\n"
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"{_JUMP if contents else ''}{body}</main>\n{contents}</body>\n</html>\n"
    )


def part(markdown: str, folder: Path) -> str:
    """Turn a part of the report into HTML that can stand within another page: see `page`."""
    _, body = _rendered(markdown, folder)
    return body


def _rendered(markdown: str, folder: Path) -> tuple[list[Token], str]:
    """Markdown as tokens and as HTML: see `page`."""
    converter = MarkdownIt("commonmark", {"html": False}).enable("table")
    converter.block.ruler.before("paragraph", "folded", _fold)
    converter.add_render_rule("text", _rendered_text)
    converter.add_render_rule("code_inline", _rendered_code)
    converter.core.ruler.push("anchors", _name_headings)
    converter.core.ruler.push("cells", _name_cells)
    converter.core.ruler.push("embedded_images", _embed_images)
    converter.core.ruler.push("percent", _keep_percent)
    environment = {"folder": folder}
    tokens = converter.parse(markdown, environment)
    return tokens, converter.renderer.render(tokens, converter.options, environment)


def _rendered_text(_: RendererHTML, tokens: Sequence[Token], place: int, __: OptionsDict, ___: EnvType) -> str:
    """A text, in which a long name may end a line behind an underscore, and no line ends within a power of ten."""
    named = html.escape(tokens[place].content).replace("_", "_<wbr>")
    return _POWER.sub(r'<span class="whole">\g<0></span>', named)


def _rendered_code(_: RendererHTML, tokens: Sequence[Token], place: int, __: OptionsDict, ___: EnvType) -> str:
    """Code within a line, in which a long name may end a line behind an underscore."""
    return f"<code>{html.escape(tokens[place].content).replace('_', '_<wbr>')}</code>"


def _contents(tokens: list[Token]) -> str:
    """A list of links to the headings below the title, those of the third level within those of the second."""
    links: list[tuple[str, list[str]]] = []
    for token, inline in itertools.pairwise(tokens):
        if token.type == "heading_open" and token.tag in ("h2", "h3"):
            link = f'<a href="#{html.escape(str(token.attrGet("id")))}">{html.escape(_text(inline))}</a>'
            if token.tag == "h2":
                links.append((link, []))
            elif links:
                links[-1][1].append(link)
    if not links:
        return ""
    items = [f"<li>{link}{_list(within)}</li>" for link, within in links]
    return f'<nav id="contents" aria-label="Contents">\n<ul>{"".join(items)}</ul>\n</nav>\n'


def _list(links: list[str]) -> str:
    return f"<ul>{''.join(f'<li>{link}</li>' for link in links)}</ul>" if links else ""


def _fold(state: StateBlock, line: int, _: int, silent: bool) -> bool:
    """Read a line that begins or ends a folded part, which is the only HTML in the report's Markdown."""
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
    for token, inline in itertools.pairwise(state.tokens):
        if token.type == "heading_open" and token.tag != "h1":
            token.attrSet("id", anchor(_text(inline)))


def _name_cells(state: StateCore) -> None:
    """Give every cell the head of its column, which stands before it where a narrow page makes a card of a row."""
    heads: list[str] = []
    column, table = 0, None
    for token, inline in itertools.pairwise(state.tokens):
        match token.type:
            case "table_open":
                table, heads = token, []
            case "tr_open":
                column = 0
            case "th_open":
                token.attrSet("scope", "col")
                heads.append(_text(inline))
                if len(heads) > WIDE:
                    table.attrSet("class", "wide")
                    table.attrSet("style", f"--columns: {len(heads)}")
            case "td_open":
                token.attrSet("data-head", heads[column])
                column += 1


def _embed_images(state: StateCore) -> None:
    """Put the report's figures where they are named; what else is named as an image is shown as a text."""
    for image in (child for token in state.tokens for child in token.children or [] if child.type == "image"):
        source, alt = image.attrGet("src"), _text(image)
        figure = state.env["folder"] / source
        if _FIGURE.fullmatch(source) and figure.is_file():
            drawing = quote(figure.read_text(encoding="utf-8"), safe=" /:;=,.()!*+$@?'-_~{}[]|")
            image.attrSet("src", f"data:image/svg+xml,{drawing}")
            image.children = [Token("text", "", 0, content=alt)]
        else:
            image.type, image.content = "text", f"![{alt}]({source})"


def _keep_percent(state: StateCore) -> None:
    """Let no line end between a number and its percent sign."""
    for child in (child for token in state.tokens for child in token.children or [] if child.type == "text"):
        child.content = _PERCENT.sub("\u00a0%", child.content)


def _text(inline: Token) -> str:
    """What a heading or an image says, without its markup."""
    return "".join(child.content for child in inline.children or [])


def anchor(heading: str) -> str:
    """What links call a heading: the name that GitHub gives it."""
    return re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-")
