import re
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest

from stages.reporting.html_page import page, part

IMAGES = {"figures/one.svg": b"<svg>one</svg>", "figures/two.svg": b"<svg>two</svg>"}
REPORT = """# Which loss?

How it is made stands under [How to *read* this](#how-to-read-this), and [at Keras](https://keras.io).

![The first](figures/one.svg)

| loss | score |
|---|---|
| `mse` | 0.05 ± 0.01 |
| `mae` | **worse** |

## How to read `this`?

<details><summary>More</summary>

![The second](figures/two.svg)

| a | b |
|---|---|
| 1 < 2 | 3 |

</details>

### What some scores do not mean

Again [above](#what-some-scores-do-not-mean).
"""


class Parsed(HTMLParser):
    """The elements of a page, in order, and its text."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.text = [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes), tuple(self.open)))
        if tag not in ("meta", "img", "br", "hr", "wbr"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def all(self, name):
        return [attributes for tag, attributes, _ in self.elements if tag == name]


@pytest.fixture
def html(tmp_path):
    (tmp_path / "figures").mkdir()
    for name, content in IMAGES.items():
        (tmp_path / name).write_bytes(content)
    return page(REPORT, tmp_path)


def test_every_image_is_embedded_whole_with_its_description(html):
    images = Parsed(html).all("img")
    assert [image["alt"] for image in images] == ["The first", "The second"]
    for image, content in zip(images, IMAGES.values(), strict=True):
        address, encoded = image["src"].split(",")
        assert address == "data:image/svg+xml"
        assert unquote(encoded).encode() == content


def test_rendering_it_needs_nothing_else(html):
    parsed = Parsed(html)
    assert {tag for tag, _, _ in parsed.elements}.isdisjoint({"script", "link", "iframe", "object", "base"})
    needed = [
        value
        for tag, attributes, _ in parsed.elements
        for name, value in attributes.items()
        if name in ("src", "srcset", "href", "data", "background", "poster") and tag != "a"
    ]
    assert len(needed) == len(IMAGES)
    assert all(value.startswith("data:") for value in needed)
    assert not re.search(r"@import|url\(", html)


def test_tables_and_folded_parts_are_kept(html):
    parsed = Parsed(html)
    assert not parsed.open
    assert len(parsed.all("table")) == 2
    assert len(parsed.all("th")) == 4
    assert len(parsed.all("td")) == 6
    assert [around[-1] for tag, _, around in parsed.elements if tag == "summary"] == ["details"]
    assert ["details" in around for tag, _, around in parsed.elements if tag in ("table", "img")] == [0, 0, 1, 1]
    assert "1 < 2" in parsed.text
    assert "0.05 ± 0.01" in parsed.text


def test_it_is_a_page_in_utf_8_with_the_reports_title(html):
    parsed = Parsed(html)
    assert html.startswith("<!doctype html>\n")
    assert parsed.all("html") == [{"lang": "en"}]
    assert parsed.all("meta")[0] == {"charset": "utf-8"}
    assert re.findall("<title>(.*)</title>", html) == ["Which loss?"]
    assert re.findall("<h1>(.*)</h1>", html) == ["Which loss?"]


def test_links_within_the_page_lead_to_its_headings(html):
    parsed = Parsed(html)
    names = [attributes["id"] for _, attributes, _ in parsed.elements if "id" in attributes]
    links = [link["href"] for link in parsed.all("a")]
    headings = ["how-to-read-this", "what-some-scores-do-not-mean"]
    assert names == [*headings, "contents"]
    contents = [f"#{name}" for name in headings]
    within = ["#how-to-read-this", "https://keras.io", "#what-some-scores-do-not-mean"]
    assert links == ["#contents", *within, *contents]


@pytest.mark.parametrize(
    "source",
    [
        "figures/missing.svg",
        "../secret.svg",
        "secret.txt",
        "figures/../../secret.svg",
        "figures/%2e%2e/%2e%2e/secret.svg",
        "figures/one.png",
        "figures",
        "/etc/hostname",
        "https://example.org/figures/one.svg",
        "file:///etc/hostname",
        "",
    ],
)
def test_what_is_no_figure_of_the_report_is_shown_as_a_text_and_no_file_is_opened(tmp_path, source):
    folder = tmp_path / "reports"
    (folder / "figures").mkdir(parents=True)
    (folder / "figures/one.png").write_text("an image of others")
    for place in (tmp_path / "secret.svg", folder / "secret.txt"):
        place.write_text("secret")
    parsed = Parsed(page(f"# Title\n\nBefore ![what `it` is]({source}) after\n", folder))
    assert parsed.all("img") == []
    assert "Before ![what it is](" in parsed.text
    assert parsed.text.strip().endswith(" after")


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "a <b>bold</b> word",
        "<!-- a comment -->",
        "<details><summary>more</summary> and more",
        "x <details><summary>more</summary>",
        "<details><summary><img src=x></summary>",
        "<style>body { display: none }</style>",
        "<?php ?>",
        "<![CDATA[x]]>",
    ],
)
def test_html_in_a_report_is_text_but_for_the_folded_parts(tmp_path, text):
    parsed = Parsed(page(f"# Title\n\n{text}\n", tmp_path))
    assert {tag for tag, _, around in parsed.elements if "body" in around} <= {"main", "h1", "p"}
    assert text in parsed.text


def test_a_browser_runs_and_fetches_nothing_for_it(html):
    policy = next(each["content"] for each in Parsed(html).all("meta") if "http-equiv" in each)
    assert policy == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def test_no_line_ends_between_a_number_and_its_percent_sign_nor_within_a_power_of_ten(tmp_path):
    made = part("At most 10 % (95 % sure) `5 %`, 7.44e-7 to `1e-5`; one-hot, 3 - 2.", tmp_path)
    assert '<span class="whole">7.44e-7</span> to <code>1e-5</code>; one-hot, 3 - 2.' in made
    # who copies a number from the page gets that number
    assert Parsed(made).text == "At most 10\u00a0% (95\u00a0% sure) 5 %, 7.44e-7 to 1e-5; one-hot, 3 - 2.\n"


def test_long_names_may_end_a_line_behind_an_underscore_and_many_columns_share_the_room(tmp_path):
    head = " | ".join(["loss", "test balanced_accuracy", *"abcdefg"])
    table = f"| {head} |\n|{'---|' * 9}\n| `binary_crossentropy` |{' x |' * 8}\n"
    made = part(table, tmp_path)
    assert "test balanced_<wbr>accuracy</th>" in made
    assert "<code>binary_<wbr>crossentropy</code>" in made
    assert Parsed(made).all("table") == [{"class": "wide", "style": "--columns: 9"}]
