"""What people look at, in a real Chromium: MLflow's UI, the HTML report and the page of `dvc plots show`."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Page, expect, sync_playwright

from tests.projects import DEFAULTS, ROOT

pytestmark = pytest.mark.browser

COMPARISONS = ["blobs", "circles", "circles_fair", "regression", "regression_fair"]
SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def project(tmp_path_factory, run_stages):
    """A folder in which all stages have run with small parameters, tracked in a database of its own."""
    folder = tmp_path_factory.mktemp("project")
    params = yaml.safe_load(DEFAULTS.read_text())
    params["train"]["seeds"] = 8
    params["train"]["optimizer"]["learning_rate"] = [0.01, 0.03]
    params["comparisons"] = {name: params["comparisons"][name] | {"epochs": 3} for name in COMPARISONS}
    params["comparisons"]["circles_fair"]["losses"] = ["binary_crossentropy", "hinge"]
    params["comparisons"]["regression_fair"]["losses"] = ["mse", "mae"]
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    (folder / "data").mkdir()
    shutil.copy(ROOT / "data/published.yaml", folder / "data")
    run_stages(folder)
    return folder


@pytest.fixture(scope="module")
def ui(project):
    """What `make ui` prints: the address of each comparison's page in MLflow."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("DVC_", "LOSSLAB_", "MLFLOW_"))
    }
    with subprocess.Popen(
        [sys.executable, "-m", "stages.commands.show_runs", str(port)],
        cwd=project,
        env=environment | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as server:
        try:
            pages = [server.stdout.readline().split() for _ in COMPARISONS]
            wait_for(f"http://127.0.0.1:{port}/health", server)
            yield {name.removeprefix("losslab/"): address for name, address in pages}
        finally:
            os.killpg(server.pid, signal.SIGTERM)


def wait_for(address: str, server: subprocess.Popen, seconds: float = 60) -> None:
    """Wait until a server answers; fail when it ends or does not answer in time."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(address, timeout=5)
        except (urllib.error.URLError, OSError):
            assert server.poll() is None, "the server ended"
            assert time.monotonic() < deadline, "the server does not answer"
        else:
            return


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        started = playwright.chromium.launch(executable_path=chromium, args=SWITCHES)
        yield started
        started.close()


@pytest.fixture
def page(browser):
    opened = browser.new_page(viewport={"width": 1800, "height": 1000})
    opened.set_default_timeout(45_000)
    expect.set_options(timeout=45_000)
    yield opened
    opened.close()


def faults_of(page: Page) -> list[str]:
    """A list that fills with the page's console errors and failed requests."""
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("requestfailed", lambda request: faults.append(request.url))
    return faults


def test_the_address_that_is_printed_leads_to_the_runs_sorted_by_the_score_that_decides(ui, page):
    assert list(ui) == COMPARISONS
    page.goto(ui["circles"])
    for loss in ("binary_crossentropy", "hinge", "squared_hinge"):
        expect(page.get_by_role("link", name=loss, exact=True)).to_be_visible()
    expect(page.get_by_text("Sort: decides/test_accuracy")).to_be_visible()
    expect(page.get_by_role("columnheader", name="decides/test_accuracy", exact=True).first).to_be_visible()
    for name in ("epochs", "optimizer.learning_rate"):
        expect(page.get_by_role("columnheader", name=name, exact=True).first).to_be_visible()


def test_an_experiments_note_holds_the_verdict(ui, page):
    page.goto(ui["blobs"])
    expect(page.get_by_text("use categorical_crossentropy").first).to_be_visible()


def test_charts_begin_with_the_score_that_decides_and_draw_every_loss(ui, page):
    page.goto(ui["circles"].replace("viewStateShareKey=losslab", "compareRunsMode=CHART"))
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    expect(page.get_by_text("hinge", exact=True).first).to_be_visible()
    sections = page.get_by_text(re.compile(r"^(decides|epochs|final|Model metrics) ?\(\d+\)$"))
    expect(sections).to_have_count(4)
    assert [text.split("(")[0].strip() for text in sections.all_inner_texts()] == [
        "decides",
        "epochs",
        "final",
        "Model metrics",
    ]


def test_two_runs_are_compared(ui, page):
    page.goto(ui["circles"])
    for loss in ("hinge", "squared_hinge"):
        row = page.get_by_role("row").filter(has=page.get_by_role("link", name=loss, exact=True))
        row.get_by_role("checkbox").first.click()
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.get_by_text("Comparing 2 Runs")).to_be_visible()
    for loss in ("hinge", "squared_hinge"):
        expect(page.get_by_role("cell", name=loss, exact=True).first).to_be_visible()


def test_the_html_report_has_every_image_and_no_fault(project, page, tmp_path):
    alone = shutil.copy(project / "reports/report.html", tmp_path)
    faults = faults_of(page)
    page.goto(Path(alone).as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(block => block.open = true)")
    images = page.evaluate("[...document.images].map(image => image.complete && image.naturalWidth)")
    assert len(images) == len(list((project / "reports/figures").iterdir()))
    assert all(images)
    assert faults == []


def test_the_page_of_dvc_plots_draws_without_a_network_wherever_it_is_moved(project, page, tmp_path):
    folder = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    shutil.copytree(project / "reports", folder / "reports", dirs_exist_ok=True)
    shutil.copytree(ROOT / ".dvc/plots", folder / ".dvc/plots", dirs_exist_ok=True)
    shutil.copy(ROOT / ".dvc/config", folder / ".dvc/config")
    shutil.copy(ROOT / "dvc.yaml", folder)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    subprocess.run([Path(sys.executable).parent / "dvc", "plots", "show"], cwd=folder, check=True, capture_output=True)
    n_figures = len(list((folder / "reports/figures").iterdir()))
    moved = Path(shutil.move(folder / "dvc_plots", tmp_path / "moved"))
    shutil.rmtree(folder)
    faults = faults_of(page)
    page.goto((moved / "index.html").as_uri())
    expect(page.locator(".vega-embed svg.marks")).to_have_count(4)
    for drawing in page.locator(".vega-embed svg.marks").all():
        assert drawing.bounding_box()["height"] > 300
    widths = page.evaluate("[...document.images].map(image => image.complete && image.naturalWidth)")
    assert len(widths) == n_figures
    assert all(widths)
    assert faults == []
