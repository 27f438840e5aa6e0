"""Pages as they are seen: what a renderer of Markdown makes of texts that try to be more than texts."""

import re
import unicodedata
from html.parser import HTMLParser

import cmarkgfm
from cmarkgfm.cmark import Options
from hypothesis import strategies as st

_EVIL = (
    "<script>alert(1)</script>",
    "</script>",
    "<img src=x onerror=alert(1)>",
    "<b",
    "<!--",
    "-->",
    "<details><summary>x</summary>",
    "</details>",
    "<http://x.org>",
    "![x](../secret.txt)",
    "![x](figures/forest.svg)",
    "[a](javascript:alert(1))",
    "[a](http://x.org)",
    "[a]: http://x.org",
    "[^1]",
    "http://x.org/a_b",
    "www.x.org",
    "a@x.org",
    "@user",
    ":tada:",
    "$x$",
    "&#60;b&#62;",
    "&lt;",
    "{{ 1 + 1 }}",
    "{% raw %}",
    "%",
    "|",
    "|---|",
    "`",
    "``",
    "```",
    "\\",
    "*",
    "**",
    "_",
    "__x__",
    "~~",
    "# ",
    "- ",
    "+ ",
    "1. ",
    "2) ",
    "> ",
    "===",
    "---",
    ":-:",
    "    ",
    "\n",
    "\n\n",
    "\t",
    "\r",
    "\u2028",
    "\u202e",
    "\u200f",
    "\x1b[2J",
    "\0",
    "\ud800",
    "'",
    '"',
    "(",
    ")",
    "a",
    "b c",
    "é",
    "字",
)
# texts that a table, a heading or a user's own code may hold
texts = st.lists(st.sampled_from(_EVIL) | st.text(max_size=3), min_size=1, max_size=6).map("".join)


def seen(text: str) -> str:
    """A text as it is to be seen: on one line, and what would act on it written out."""
    return "".join(map(_written, " ".join(text.split())))


def _written(letter: str) -> str:
    turns = unicodedata.bidirectional(letter) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
    acts = turns or letter in "\u200e\u200f\u061c" or unicodedata.category(letter) in ("Cc", "Cs")
    return letter.encode("unicode_escape").decode() if acts else letter


def as_on_github(markdown: str) -> str:
    """The HTML that GitHub's own library makes of Markdown, before anything is taken out of it."""
    extensions = ["table", "autolink", "strikethrough", "tasklist"]
    return cmarkgfm.markdown_to_html_with_extensions(markdown, Options.CMARK_OPT_UNSAFE, extensions)


_ATTRIBUTES = {"href", "src", "alt", "id", "lang", "charset", "name", "content", "http-equiv", "align"} | {
    "class",
    "scope",
    "data-head",
    "aria-label",
}


class Seen(HTMLParser):
    """What a page shows: its elements, each with its attributes; its text, with one blank where there are several.

    Attributes:
        elements: the names of the tags that begin, but those of code and of where a line may end or not; the texts of
            images stand for themselves.
        addresses: where links lead and images are.
        said: the text.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.addresses: list[str] = []
        self._texts: list[str] = []
        self._beside: str | None = None
        self.feed(html)
        self.close()

    @property
    def said(self) -> str:
        return " ".join("".join(self._texts).split())

    def handle_starttag(self, tag, attributes):
        known = dict(attributes)
        if tag == "nav" or known.get("class") == "jump":  # of the page itself, beside what it shows
            self._beside = "nav" if tag == "nav" else "p"
        if tag == "table":  # how many columns share its width, and no other style
            assert re.fullmatch(r"--columns: \d+", known.pop("style", "--columns: 1"))
        assert set(known) <= _ATTRIBUTES
        if self._beside:
            return
        self.addresses += [known[name] for name in ("href", "src") if name in known]
        if tag not in ("code", "main", "wbr", "span"):
            self.elements.append(tag)
        if tag == "img":
            self._texts.append(known["alt"])

    def handle_endtag(self, tag):
        if tag == self._beside:
            self._beside = None

    def handle_data(self, data):
        if not self._beside:
            self._texts.append(data)

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data}")
