import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from higgsflow.model.reporting import Reporting
from higgsflow.report.content import Finding
from higgsflow.report.page import page_of, write_report
from higgsflow.report.pictures import Pictures

EVIL = "<script>alert('x')</script>"
VOID = {"meta", "img"}


class Balanced(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open = []
        self.links = []
        self.ids = set()

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name in ("src", "href"):
                self.links.append(value)
            if name == "id":
                self.ids.add(value)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page(build_summary, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    path = folder / "out" / "report.html"
    write_report(build_summary(folder, variables=("n_jets",)), path)
    return path


def parsed(text):
    parser = Balanced()
    parser.feed(text)
    return parser


def test_page_is_well_formed(page):
    assert parsed(page.read_text()).open == []


def test_page_needs_nothing_else(page):
    links = parsed(page.read_text()).links
    for link in links:
        assert link.startswith(("#", "plots/"))
    assert "url(" not in page.read_text()
    assert "@import" not in page.read_text()


def test_links_lead_somewhere(page):
    found = parsed(page.read_text())
    for link in found.links:
        if link.startswith("#"):
            assert link[1:] in found.ids
        if link.startswith("plots/"):
            assert (page.parent / link).is_file()


def test_page_follows_light_and_dark_and_prints(page):
    text = page.read_text()
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text


def test_every_figure_is_drawn_in_the_page(page):
    """Two variables in two tags, of all years and of two; effects on two groups in two tags."""
    text = page.read_text()
    assert text.count("<figure>") == 2 * 2 * 3 + 2 * 2
    assert text.count('role="img" aria-label="') == text.count("<figure>")
    assert text.count('aria-hidden="true"><rect') == text.count("<svg ") - text.count("<figure>")


# what a reader's eye does: opens everything, and looks how large each figure is
LOOK = """<script>
document.querySelectorAll("details").forEach(d => { d.open = true; });
const seen = [...document.querySelectorAll("figure svg")].map(svg => {
  const size = svg.getBoundingClientRect();
  return {size: [size.width, size.height], shapes: svg.querySelectorAll("path, rect").length,
          text: getComputedStyle(svg.querySelector("text")).fill};
});
const look = {figures: seen, back: getComputedStyle(document.body).backgroundColor,
              wide: document.documentElement.scrollWidth - innerWidth};
document.body.insertAdjacentHTML("beforeend", "<pre id='seen'>" + JSON.stringify(look) + "</pre>");
</script></body>"""


def seen_in(chromium, page, folder, *options):
    """What is told to the console, and what is seen of a copy of the page."""
    copy = folder / "report.html"
    copy.write_text(page.read_text().replace("</body>", LOOK))
    result = chromium(copy.as_uri(), *options)
    look = re.search(r'<pre id="seen">(.*?)</pre>', result.stdout)
    return re.findall(r"CONSOLE.*", result.stderr), json.loads(look[1])


def test_browser_draws_every_figure_and_has_nothing_to_complain(page, chromium, tmp_path):
    told, look = seen_in(chromium, page, tmp_path)
    assert told == []
    assert len(look["figures"]) == page.read_text().count("<figure")
    for figure in look["figures"]:
        assert min(figure["size"]) > 50
        assert figure["shapes"] >= 4
    assert look["wide"] <= 0


def test_browser_shows_it_light_and_dark(page, chromium, tmp_path):
    schemes = ("--blink-settings=preferredColorScheme=1", "--blink-settings=preferredColorScheme=0")
    light, dark = (seen_in(chromium, page, tmp_path, scheme)[1] for scheme in schemes)
    assert light["back"] == "rgb(255, 255, 255)"
    assert dark["back"] == "rgb(20, 23, 26)"
    assert {f["text"] for f in light["figures"]}.isdisjoint(f["text"] for f in dark["figures"])


# of all cells with a shade the least contrast of a text to what is behind it (WCAG 2, 1.4.3)
CONTRAST = """<script>
document.querySelectorAll("details").forEach(d => { d.open = true; });
const color = text => {
  const found = text.match(/[\\d.]+/g).map(Number), unit = text.startsWith("color") ? 1 : 255;
  return [...found.slice(0, 3).map(x => x / unit), found[3] ?? 1];
};
const over = (top, back) => top.slice(0, 3).map((x, i) => x * top[3] + back[i] * (1 - top[3]));
const behind = e => {
  const own = color(getComputedStyle(e).backgroundColor);
  return own[3] === 1 || !e.parentElement ? own.slice(0, 3) : over(own, behind(e.parentElement));
};
const light = c => c.map(x => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4)
  .reduce((sum, x, i) => sum + x * [0.2126, 0.7152, 0.0722][i], 0);
const contrast = e => {
  const both = [color(getComputedStyle(e).color).slice(0, 3), behind(e)].map(light);
  return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
};
const look = [...document.querySelectorAll(".two[style], .two[style] small")].map(contrast);
document.body.insertAdjacentHTML("beforeend", "<pre id='seen'>" + JSON.stringify(look) + "</pre>");
</script></body>"""


@pytest.mark.parametrize("scheme", [0, 1])
def test_browser_shows_texts_on_shades_with_enough_contrast(page, chromium, tmp_path, scheme):
    copy = tmp_path / "report.html"
    copy.write_text(page.read_text().replace("</body>", CONTRAST))
    result = chromium(copy.as_uri(), f"--blink-settings=preferredColorScheme={scheme}")
    found = json.loads(re.search(r'<pre id="seen">(.*?)</pre>', result.stdout)[1])
    assert len(found) > 4
    assert min(found) > 4.5


# of a telephone, and with the arrow keys pressed: what is cut off, and what stays of a wide table
NARROW = """<script>
const texts = [...document.querySelectorAll("#findings .long")];
const tables = [...document.querySelectorAll("#overview > .scroll")];
const wide = tables.find(t => t.scrollWidth > t.clientWidth);
const left = () => wide.querySelector("tbody th").getBoundingClientRect().left;
const before = left();
wide.scrollLeft = 99;
const look = {cut: texts.filter(t => t.getBoundingClientRect().right > innerWidth).length,
              scrolled: wide.scrollLeft, moved: before - left()};
document.body.insertAdjacentHTML("beforeend", "<pre id='seen'>" + JSON.stringify(look) + "</pre>");
</script></body>"""


@pytest.mark.parametrize(("width", "moved"), [(500, 99), (800, 0)])
def test_browser_cuts_no_finding_off_and_keeps_names_in_sight(
    make_summary, chromium, tmp_path, width, moved
):
    """Of a narrow page the names of samples would take all of the width, so they move there."""
    found = Finding(kind="one-sided", where="s" * 60, text="up and down " * 9, severity="warning")
    samples = (("ttHJetToGG_M125_" * 4, "simulation", "ttH", True, 1.0),)
    summary = make_summary(samples=samples, variables=(), findings=(found,))
    path = tmp_path / "report.html"
    write_report(summary, path)
    path.write_text(path.read_text().replace("</body>", NARROW))
    result = chromium(path.as_uri(), f"--window-size={width},900")
    look = json.loads(re.search(r'<pre id="seen">(.*?)</pre>', result.stdout)[1])
    assert look == {"cut": 0, "scrolled": 99, "moved": moved}


def test_browser_would_tell_what_is_wrong(chromium, tmp_path):
    """That the console is silent means something only if it is heard."""
    (tmp_path / "page.html").write_text("<script>not_there()</script>")
    result = chromium((tmp_path / "page.html").as_uri())
    assert re.search("CONSOLE.*not_there is not defined", result.stderr)


def test_same_summary_gives_the_same_page(make_summary, tmp_path):
    summary = make_summary(variables=())
    write_report(summary, tmp_path / "a" / "report.html")
    write_report(summary, tmp_path / "b" / "report.html")
    first, second = ((tmp_path / n / "report.html").read_bytes() for n in "ab")
    assert first == second


def test_nothing_temporary_is_left(page):
    assert sorted(p.name for p in page.parent.iterdir()) == ["plots", "report.html"]


def test_every_name_is_escaped(make_summary):
    samples = ((EVIL.replace("/", "|"), "simulation", EVIL, True, 1.0),)
    summary = make_summary(samples=samples)
    sample = summary.samples[0].model_copy(
        update={
            "sample": EVIL,
            "year": EVIL,
            "lost": ((EVIL, 0, 1),),
            "complete": False,
            "merged": {EVIL: EVIL},
            "systematics": tuple(
                s.model_copy(update={"systematic": EVIL, "direction": EVIL})
                for s in summary.samples[0].systematics
            ),
        }
    )
    texts = ("analysis", "version", "store", "created", "higgsflow", "inputs", "configuration")
    changed = summary.model_copy(
        update={
            **dict.fromkeys(texts, EVIL),
            "tags": (EVIL, "thq"),
            "blinded": (EVIL, 0.0, 1.0),
            "samples": (sample,),
        }
    )
    text = page_of(changed, Pictures((), (EVIL,), {EVIL: 1}))
    assert "<script" not in text
    assert text.count("&lt;script&gt;") > 20
    assert parsed(text).open == []


def test_blinded_page_does_not_depend_on_selected_data(make_summary):
    summary = make_summary(blinded=("m_gg", 115.0, 135.0))
    samples = tuple(
        s.model_copy(
            update={
                "n_selected": 7,
                "efficiency": 0.5,
                "variations": summary.samples[0].variations,
            }
        )
        if s.kind == "data"
        else s
        for s in summary.samples
    )
    none = Pictures((), (), None)
    changed = summary.model_copy(update={"samples": samples})
    assert page_of(changed, none) == page_of(summary, none)


def without_half_of_the_window(summary, rewrite):
    """Other data in the window: half of them gone, the others moved; the counters follow."""
    changed = []
    for sample in summary.samples:
        if sample.kind == "data":
            path = Path(sample.merged["nominal"])
            rows = {name: np.array(v) for name, v in pq.read_table(path).to_pydict().items()}
            inside = (rows["m_gg"] > 115) & (rows["m_gg"] < 135)
            rows["m_gg"][inside] = 125.0
            rows["n_jets"][inside] = 40
            keep = ~inside | (np.arange(len(inside)) % 2 == 0)
            rewrite(path, {name: v[keep] for name, v in rows.items()})
            numbers = {"n_selected": int(keep.sum()), "efficiency": 0.1}
            numbers["variations"] = summary.samples[0].variations
            changed.append(sample.model_copy(update=numbers))
        else:
            changed.append(sample)
    return summary.model_copy(update={"samples": tuple(changed)})


@pytest.mark.parametrize("blinded", [("m_gg", 115.0, 135.0), None])
def test_nothing_of_a_blinded_page_depends_on_data_of_the_window(
    make_summary, rewrite, tmp_path, blinded
):
    """Pictures, tooltips, alternative texts and tables; without blinding it would be seen."""
    summary = make_summary(blinded=blinded, variables=("n_jets",))
    no_files = Reporting(files=())
    write_report(summary, tmp_path / "a" / "report.html", no_files)
    other = without_half_of_the_window(summary, rewrite)
    write_report(other, tmp_path / "b" / "report.html", no_files)
    first, second = ((tmp_path / n / "report.html").read_text() for n in "ab")
    assert (first == second) is (blinded is not None)


def test_page_without_samples_is_written(make_summary, tmp_path):
    write_report(make_summary(samples=()), tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text()
    assert "m_gg is not drawn" in text
    assert parsed(text).open == []


def test_sections_are_in_order(page):
    found = re.findall(r'<section id="(\w+)"', page.read_text())
    assert found == [
        "findings",
        "overview",
        "luminosity",
        "pictures",
        "cutflows",
        "overlap",
        "systematics",
        "jobs",
        "provenance",
    ]


def test_page_and_tables_import_nothing_heavy():
    code = (
        "import sys, higgsflow.report.page, higgsflow.report.tables;"
        # a lazy module is known by its name before it is imported
        "heavy = {'hist', 'matplotlib', 'pyarrow.lib', 'awkward.contents'} & set(sys.modules);"
        "sys.stdout.write(' '.join(sorted(heavy)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout == ""
