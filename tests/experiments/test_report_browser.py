"""The report in a real browser, headless: without errors, whole, filtered, and no wider than the screen."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from PIL import Image

from experiments import evidence_entries
from experiments.report import page, pieces
from experiments.settings import preset_config
from grok_jax import results

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="needs chromium or google-chrome")

DOCS = Path(__file__).parents[2] / "docs"
FIGURES = ["omnigrok/sec3_decay_and_small_norm", "lazy_to_rich/fig3b_epsilon"]
RECORDED = evidence_entries.read(DOCS / "evidence.json")
# The first figure in both sizes and the second in one, so that choosing a size leaves some claims out.
ENTRIES = [RECORDED[name] for name in (f"{FIGURES[0]} quick", f"{FIGURES[0]} paper", f"{FIGURES[1]} quick")]
IDS = list(dict.fromkeys(claim["id"] for entry in ENTRIES for claim in entry["claims"]))
WIDTHS = [390, 1400]


def keep_run(out, folder, figure):
    results.begin(folder, preset_config(figure, "quick").to_dict())
    steps = np.unique(np.geomspace(1, 1e5, 40).astype(int))
    draws = np.random.default_rng(0).random((4, 3, 5, steps.size))
    draws[2:] **= 20  # losses span decades
    names = ("train_accuracy", "test_accuracy", "train_loss", "test_loss")
    data = {name: (("model.init_scale", "seed", "step"), draw) for name, draw in zip(names, draws, strict=True)}
    coords = {
        "model.init_scale": [0.5, 1, 2],
        "seed": range(5),
        "step": np.unique(np.geomspace(1, 1e5, 40).astype(int)),
    }
    attrs = {"config": "{}", "wall_seconds": 1.0, "compile_seconds": 1.0, "programs": 1}
    attrs |= {"chunk_runs": [4], "devices": "1 x cpu"}
    results.write_dataset(folder, xr.Dataset(data, coords, attrs))
    Image.fromarray(np.full((900, 2400, 3), 200, np.uint8)).save(folder / "figure.png")
    pieces.keep(out, folder, figure, "quick")


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """A page of the recorded claims of two figures, with pictures of made-up quick runs."""
    base = tmp_path_factory.mktemp("report")
    for i, figure in enumerate(FIGURES):
        keep_run(base / "out", base / str(i), figure)
    page.write(base / "out", ENTRIES, FIGURES)
    return base / "out"


@pytest.fixture(scope="module")
def browser():
    sync = pytest.importorskip("playwright.sync_api", reason="needs the extra 'browser'")
    with sync.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def opened(request, out, browser):
    """A page in a new tab, offline, and the errors that it reported; out/index.html unless a test names another."""
    context = browser.new_context(offline=True)
    context.set_default_timeout(120_000)  # of milliseconds: docs/report takes long where other tests run beside
    tab, errors = context.new_page(), []
    tab.on("console", lambda message: errors.append(message.text) if message.type in ("error", "warning") else None)
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.on("requestfailed", lambda asked: errors.append(asked.url))
    tab.goto((out / getattr(request, "param", "index.html")).as_uri())  # a whole path replaces out
    yield tab, errors
    context.close()


def rows(tab):
    """The claims that can be seen."""
    return [row.get_attribute("id") for row in tab.query_selector_all("table.claims tbody tr") if row.is_visible()]


def claims_that(holds):
    """The ids on the page of the recorded claims for which holds(entry, claim) is true at some size."""
    found = {claim["id"] for entry in ENTRIES for claim in entry["claims"] if holds(entry, claim)}
    return sorted(name.replace("/", "-") for name in found)


@pytest.mark.parametrize("opened", [DOCS / "report" / "index.html"], indirect=True, ids=["docs/report"])
def test_the_committed_page_is_whole_and_no_wider_than_the_screen(opened):
    tab, errors = opened
    tab.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
    for place in tab.query_selector_all(".curves"):
        place.scroll_into_view_if_needed()
        tab.wait_for_selector(f".curves[data-name={place.get_attribute('data-name')}] canvas")
    for width in WIDTHS:
        tab.set_viewport_size({"width": width, "height": 800})
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
    loaded = "images => images.filter(image => image.naturalWidth > 0).map(image => image.getAttribute('src'))"
    report = DOCS / "report"
    kept = [file.relative_to(report).as_posix() for file in report.glob("*/*.webp")]
    assert sorted(tab.eval_on_selector_all("section img", loaded)) == sorted(kept)
    assert errors == []


@pytest.mark.parametrize("opened", ["index.html", "report.html"], indirect=True)
def test_the_page_and_its_curves_are_without_errors_and_every_picture_is_there(opened):
    tab, errors = opened
    for place in tab.query_selector_all(".curves"):
        place.scroll_into_view_if_needed()
        tab.wait_for_selector(f".curves[data-name={place.get_attribute('data-name')}] canvas")
        place.query_selector("select").select_option("loss")
    widths = tab.eval_on_selector_all("section img", "images => images.map(image => image.naturalWidth)")
    assert widths == [1600, 1600]
    assert errors == []


@pytest.mark.parametrize(
    ("menu", "choice", "holds"),
    [
        ("verdict", "does-not-hold", lambda entry, claim: claim["verdict"] == "does not hold"),
        ("paper", "lazy_to_rich", lambda entry, claim: entry["figure"] == FIGURES[1]),
        ("size", "paper", lambda entry, claim: entry["preset"] == "paper"),
        ("whose", "own", lambda entry, claim: claim["own"]),
        ("reason", "Paper", lambda entry, claim: claim["finding"].startswith("Paper:")),
    ],
)
def test_a_menu_leaves_the_claims_that_it_names(opened, menu, choice, holds):
    tab, _ = opened
    left = claims_that(holds)
    assert 0 < len(left) < len(rows(tab)) == len(IDS)
    tab.select_option(f"select[name={menu}]", choice)
    assert sorted(rows(tab)) == left
    assert tab.text_content("output") == f"{len(left)} of {len(IDS)} claims shown"
    tab.click("button[type=reset]")
    tab.wait_for_function(f"document.querySelector('output').value.startsWith('{len(IDS)} of')")
    assert len(rows(tab)) == len(IDS)


def test_each_number_that_is_a_link_leaves_as_many_claims(opened):
    tab, _ = opened
    links = tab.locator("a.chosen").all()
    assert len(links) > 5
    for link in links:
        number = link.inner_text().split()[0]
        link.click()
        tab.wait_for_function(f"document.querySelector('output').value === '{number} of {len(IDS)} claims shown'")


def test_a_link_to_a_figure_that_the_filters_hide_shows_all(opened):
    tab, _ = opened
    tab.select_option("select[name=paper]", "omnigrok")
    tab.click("nav a[href='#lazy_to_rich-fig3b']")
    assert tab.is_visible("#lazy_to_rich-fig3b h3")
    assert len(rows(tab)) == len(IDS)


def test_words_leave_the_claims_that_have_them_in_any_case(opened):
    tab, _ = opened
    words = ENTRIES[0]["claims"][0]["claim"]
    tab.fill("input[name=words]", words.upper())
    assert rows(tab) == claims_that(lambda entry, claim: claim["claim"] == words)


def test_pointing_at_a_curve_reads_it(opened):
    tab, _ = opened
    tab.locator(".curves").first.scroll_into_view_if_needed()
    tab.wait_for_selector(".curves .u-over")
    tab.hover(".curves .u-over")
    assert tab.text_content(".readout th").startswith("step ")
    assert " to " in tab.text_content(".readout td:nth-child(3)")


def test_a_picture_can_be_enlarged(opened):
    tab, _ = opened
    tab.click(".enlarge")
    assert tab.is_visible("dialog img")
    tab.click("dialog img")
    assert not tab.is_visible("dialog img")


@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_is_no_wider_than_the_screen_with_everything_unfolded(opened, width):
    tab, _ = opened
    tab.set_viewport_size({"width": width, "height": 800})
    tab.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
    assert tab.evaluate("document.documentElement.scrollWidth") <= width


def test_rows_stack_on_a_phone(opened):
    tab, _ = opened
    for width, stacked in zip(WIDTHS, (True, False), strict=True):
        tab.set_viewport_size({"width": width, "height": 800})
        first, second = (
            cell.bounding_box() for cell in tab.query_selector_all("table.claims tbody tr:first-child td")[:2]
        )
        assert (second["y"] > first["y"]) == stacked


def test_the_page_prints(opened, tmp_path):
    tab, errors = opened
    tab.pdf(path=tmp_path / "page.pdf")
    assert (tmp_path / "page.pdf").stat().st_size > 10_000
    assert errors == []
