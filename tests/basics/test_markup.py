import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stages.basics.markup import LONGEST_NAME, Markdown, code, plain, short, text
from stages.reporting.html_page import page
from stages.reporting.markdown import Image, Table
from tests.pages import Seen, as_on_github, seen, texts

HEAD = "# Title\n\n"
# what a text stands in, and what that is where the text is `TEXT`
AROUND = (
    "{}",
    "The sentence before {}, and after it.",
    "**{}.** And more",
    "Here: ({}) {} [{}](#there)",
    "- {}",
    "## {}",
    "> {}",
    "A line\n{}\nand another",
    "1. {}",
)
BEGIN_SOMETHING = (
    "1. a",
    "2)",
    "- a",
    "+",
    "===",
    "---",
    "|---|",
    ":-:",
    "# a",
    "> a",
    "a_b_ _c_ __d__",
    "a\\",
    "www.x.org.",
    "^",
    "^note",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a figure, and a file beside it."""
    made = tmp_path_factory.mktemp("reports")
    (made / "figures").mkdir()
    (made / "figures" / "forest.png").write_bytes(b"\x89PNG")
    (made.parent / "secret.txt").write_text("secret")
    return made


@pytest.fixture(scope="module")
def renderers(folder):
    return as_on_github, lambda markdown: page(markdown, folder)


def check(markdown, expected_of, value, renderers):
    """A page holds the same elements and addresses as with a plain word, and says the text where it said the word."""
    for render in renderers:
        usual, shown = Seen(render(HEAD + expected_of("WORD"))), Seen(render(HEAD + markdown))
        assert (shown.elements, shown.addresses) == (usual.elements, usual.addresses)
        assert shown.said == " ".join(usual.said.replace("WORD", seen(value)).split())


@given(st.sampled_from(AROUND), texts)
def test_a_text_is_seen_as_it_is_whatever_stands_around_it(renderers, around, value):
    check_within(around, value, renderers)


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("value", BEGIN_SOMETHING)
def test_what_means_something_where_a_line_begins_means_nothing(renderers, around, value):
    check_within(around, value, renderers)


def check_within(around, value, renderers):
    for escape in (text, code):
        if len(seen(value)) <= LONGEST_NAME and seen(value):

            def line(word, of=escape):
                return around.replace("{}", of(word))

            check(line(value), line, value, renderers)


@given(texts)
@example("|")
@example("\\|")
@example("`|`")
@example("a`\\\\|")
def test_a_cell_holds_its_text_and_parts_no_cells(renderers, value):
    for escape in (str, text, code):
        if len(seen(value)) <= LONGEST_NAME and seen(value):

            def table(word, of=escape):
                return str(Table(("head", of(word)), [(of(word), "next"), ("last", of(word))]))

            check(table(value), table, value, renderers)


@given(texts)
def test_an_image_has_its_text_and_is_the_figure_that_it_names(renderers, value):
    check(str(Image(value, "forest.png")), lambda word: str(Image(word, "forest.png")), value, renderers)


@given(texts)
def test_what_is_said_in_markdown_can_be_had_plain(value):
    if seen(value):
        assert plain(f"**Train with {code('mse')}**: {text(value)}") == f"Train with mse: {seen(value)}"


def test_lines_of_a_paragraph_are_parted_by_a_blank():
    assert plain("**Use `mse`.**\nIt misses by 3.\\\nNo more.") == "Use mse. It misses by 3. No more."


@pytest.mark.parametrize("name", ["mse", "squared_hinge", "houses.2024-v1", "größe", "a b", "f1", "3.14", "-5"])
def test_plain_names_and_numbers_stay_as_they_are(name):
    assert text(name) == name


def test_a_name_without_letters_is_code_and_begins_none():
    for blank in ("", "  ", "\n"):
        assert code(blank) == "` `"
        assert Seen(as_on_github(f"a {code(blank)} *b* `x` c")).said == "a b x c"


def test_of_a_long_name_the_beginning_is_shown():
    assert short("x " * 100) == f"{('x ' * 40)[:79]}…"
    assert code("y" * 100) == f"`{'y' * 79}…`"
    assert len(short("z" * 80)) == 80


def test_markdown_of_ours_is_escaped_once():
    assert text(text("a *b* <c>")) == text("a *b* <c>") == r"a \*b\* &lt;c&gt;"
    assert text(Markdown("**ours**")) == "**ours**"
    assert isinstance(text("a"), Markdown)
    assert isinstance(code("a"), Markdown)
