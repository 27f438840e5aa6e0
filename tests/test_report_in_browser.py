"""The HTML report as people see it, in a real Chromium: at three widths, dark, and in print.

`LOSSLAB_SCREENSHOTS=folder` keeps the pictures.
"""

import os
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, sync_playwright

from stages import generate, report, scale, settings, train
from tests.projects import DEFAULTS, run_all
from tests.test_browser import SWITCHES

pytestmark = pytest.mark.browser

SCREENS = {"wide": (1280, 900), "middle": (830, 900), "phone": (390, 844)}
MAX_BYTES = 2_000_000


def write_table(folder: Path) -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(160, 3))
    price = (200 + 30 * rows @ [1.0, -0.5, 0.2] + rng.normal(0, 8, 160)).round(1)
    pd.DataFrame(rows, columns=["size", "age", "rooms"]).assign(price=price).to_csv(folder / "houses.csv", index=False)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project with a table of its own, of whose losses one is to be avoided, beside what was published."""
    params = yaml.safe_load(DEFAULTS.read_text())
    optimizer = {"name": "SGD", "learning_rate": 0.03}
    own = {"losses": ["mse", "huber", "msle"], "hidden": [10], "epochs": 12, "optimizer": optimizer}
    params["train"]["seeds"] = 6
    params["datasets"] |= {"houses": {"source": {"file": "data/external/houses.csv", "target": "price"}}}
    params["comparisons"] = {
        **{name: params["comparisons"][name] | {"epochs": 3} for name in ("regression", "circles", "blobs")},
        "houses": own,
    }
    params["report"]["headline"] = {"regression": "mse", "circles": "balanced_accuracy"}  # a long head in a wide table
    folder = tmp_path_factory.mktemp("project")
    return run_all(folder, params, {}, write_table, settings, generate, scale, train, report)


@pytest.fixture(scope="module")
def browser(project):
    """A Chromium, begun after the stages ran, which need the event loop for themselves."""
    assert (project / "reports/report.html").is_file()
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        started = playwright.chromium.launch(executable_path=chromium, args=SWITCHES)
        yield started
        started.close()


@pytest.fixture(params=[*SCREENS, "dark"])
def page(request, browser, project):
    """The report on a screen."""
    width, height = SCREENS.get(request.param, SCREENS["wide"])
    scheme = "dark" if request.param == "dark" else "light"
    opened = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
    opened.goto((project / "reports/report.html").as_uri())
    picture(opened, request.param)
    yield opened
    opened.close()


def picture(page: Page, name: str) -> None:
    """Keep what is seen, where that is asked for."""
    if folder := os.environ.get("LOSSLAB_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png")


# every text that begins, is whole and lies within the window
SEEN = """() => {
  const seen = [];
  const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  for (let node; node = walker.nextNode();) {
    const range = document.createRange();
    range.selectNodeContents(node);
    const boxes = [...range.getClientRects()];
    const isWithin = box => box.width > 0 && box.top >= 0 && box.left >= 0
      && box.bottom <= innerHeight && box.right <= innerWidth;
    if (boxes.length && boxes.every(isWithin)) seen.push(node.textContent);
  }
  return seen.join("");
}"""


def test_the_first_screen_shows_question_answer_score_guess_what_to_avoid_how_sure_and_what_to_type(page):
    seen = " ".join(page.evaluate(SEEN).split())
    assert "houses: which loss predicts price best?" in seen
    assert re.search(r"Use (mse|huber)[\w, ]*; avoid (huber and )?msle\.", seen)
    assert "Predictions miss by about " in seen
    assert "Always guessing the mean gives " in seen
    assert re.search(
        r"A wrong choice costs (at most [\d.,]+: no other loss is better by more \(95\s?% sure\)|nothing: no other)",
        seen,
    )
    assert "Train: model.compile(" in seen
    assert "Predict: make predict " in seen


def test_the_default_report_opens_with_the_claims_which_losses_to_use_and_what_a_wrong_choice_costs(page):
    # without the table of one's own, which stands before them
    page.evaluate("""() => {
      const claims = document.getElementById("what-became-of-the-published-claims");
      while (claims.previousElementSibling.tagName != "H1") claims.previousElementSibling.remove();
    }""")
    seen = " ".join(page.evaluate(SEEN).split())
    assert re.search(r"Of 6 published differences between losses, \d holds?\.", seen)
    for problem in ("regression", "circles", "blobs"):
        assert re.search(rf"{problem}Use \w+", seen), seen
    if page.viewport_size["width"] > 500:
        assert "a wrong choice costs at most (95" in seen


def test_nothing_is_wider_than_the_screen_and_no_text_is_cut(page):
    page.evaluate("document.querySelectorAll('details').forEach(block => block.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    beyond = """() => [...document.querySelectorAll("main *")].filter(each => {
      const box = each.getBoundingClientRect();
      return box.width > 1 && (box.right > innerWidth + 1 || box.left < -1) && !each.closest("thead");
    }).map(each => each.outerHTML.slice(0, 80))"""
    assert page.evaluate(beyond) == []


def test_a_narrow_table_is_cards_that_name_their_cells(page):
    first = page.locator("table").first
    is_narrow = page.viewport_size["width"] < 500
    display = first.evaluate("table => getComputedStyle(table.querySelector('tr')).display")
    assert display == ("block" if is_narrow else "table-row")
    if is_narrow:
        head = "cell => getComputedStyle(cell, '::before').content"
        assert first.locator("td").nth(1).evaluate(head) == '"rmse: "'


def test_no_serious_fault_is_found_by_axe(page):
    page.evaluate("document.querySelectorAll('details').forEach(block => block.open = true)")
    found = Axe().run(page).response["violations"]
    serious = [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in ("serious", "critical")]
    assert serious == []


def test_colours_follow_what_the_reader_prefers(page, request):
    ground = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") is ("dark" not in request.node.name)


def test_links_of_the_contents_lead_to_every_part(page):
    links = page.locator("nav a").evaluate_all("links => links.map(link => link.getAttribute('href').slice(1))")
    headings = page.locator("h2, h3").evaluate_all("headings => headings.map(heading => heading.id)")
    assert links == headings
    assert len(set(headings)) == len(headings)
    if page.viewport_size["width"] < 1200:
        page.get_by_role("link", name="Contents", exact=True).click()
    assert page.get_by_role("link", name="How sure: houses", exact=True).is_visible()


def test_pictures_can_be_read_on_a_phone(browser, project):
    """Letters of the picture on the first screen are no smaller than 9 pixels there."""
    width, height = SCREENS["phone"]
    phone = browser.new_page(viewport={"width": width, "height": height})
    phone.goto((project / "reports/report.html").as_uri())
    first = phone.locator("img").first
    drawn = first.evaluate("image => image.naturalWidth")
    shown = first.evaluate("image => image.getBoundingClientRect().width")
    assert 10 * 96 / 72 * shown / drawn >= 9
    phone.close()


def test_print_loses_nothing(browser, project):
    """What is folded on a screen is printed, within the paper's width."""
    paper = browser.new_page(viewport={"width": 718, "height": 1000})  # A4 within its margins
    paper.emulate_media(media="print")
    paper.goto((project / "reports/report.html").as_uri())
    picture(paper, "print")
    assert paper.locator("details").count() > 10
    folded = paper.locator("details table, details img")
    heights = folded.evaluate_all("all => all.map(each => each.getBoundingClientRect().height)")
    assert min(heights) > 0
    assert paper.evaluate("document.documentElement.scrollWidth") <= 718
    paper.close()


def test_no_short_word_in_a_cell_is_broken_in_print(browser, project):
    page = browser.new_page(viewport={"width": 718, "height": 1000})  # A4 without its margins
    page.goto((project / "reports/report.html").as_uri())
    page.emulate_media(media="print")
    broken = """() => {
      const found = [];
      for (const cell of document.querySelectorAll("table:not(.wide) :is(td, th)")) {
        const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
        for (let node; node = walker.nextNode();)
          for (const word of node.textContent.matchAll(/(?<![^ ])[a-z]{2,8}(?![^ ])/g)) {
            const range = document.createRange();
            range.setStart(node, word.index); range.setEnd(node, word.index + word[0].length);
            if (range.getClientRects().length > 1) found.push(word[0]);
          }
      }
      return found;
    }"""
    assert page.evaluate(broken) == []
    page.close()


def test_who_reads_in_the_dark_prints_black_on_white(browser, project):
    """Contents and links back to them are not printed; nothing is beyond the paper, and no part is left folded."""
    paper = browser.new_page(viewport={"width": 718, "height": 1000}, color_scheme="dark")
    paper.goto((project / "reports/report.html").as_uri())
    style = "element => [getComputedStyle(element).color, getComputedStyle(element).backgroundColor]"
    light, dark = "rgb(230, 237, 243)", "rgb(13, 17, 23)"
    assert paper.locator("html").evaluate(style) == [light, dark]
    paper.emulate_media(media="print", color_scheme="dark")
    assert paper.locator("html").evaluate(style) == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    assert paper.locator("main a").first.evaluate(style)[0] == "rgb(0, 0, 0)"
    assert not paper.locator("nav").is_visible()
    assert not paper.locator(".jump").is_visible()
    beyond = (
        "all => all.filter(each => each.getBoundingClientRect().right > innerWidth + 1).map(each => each.outerHTML)"
    )
    assert paper.locator("main td, main th, main img, main p").evaluate_all(beyond) == []
    paper.close()


def test_on_a_phone_every_cell_but_the_first_of_a_row_is_named_once(browser, project):
    width, height = SCREENS["phone"]
    phone = browser.new_page(viewport={"width": width, "height": height})
    phone.goto((project / "reports/report.html").as_uri())
    named = """all => all.filter(each => each.textContent).map(each => {
      const said = getComputedStyle(each, "::before").content;
      const head = each.dataset.head, isFirst = !each.previousElementSibling;
      const expected = isFirst ? "none" : `"${head}${head.endsWith("?") ? " " : ": "}"`;
      return said === expected ? "" : `${said} in the place of ${expected}`;
    }).filter(Boolean)"""
    cells = phone.locator("main td")
    assert cells.count() > 100
    assert cells.evaluate_all(named) == []
    phone.close()


def test_the_page_is_small_enough_to_send(project):
    assert (project / "reports/report.html").stat().st_size < MAX_BYTES
