import dataclasses
import re

from higgsflow.report.galleries import gallery, pictures_section
from higgsflow.report.markup import element
from higgsflow.report.pictures import Figure, Pictures


def figure(group="m_gg", period="all years", name="ttH"):
    drawing = element("svg", aria_label="what it shows")
    return Figure(group, f"{group}, tth", period, drawing, ((name, 0), ("b", 10)), ("a.png",))


def test_figures_share_one_legend():
    text = gallery([figure(), figure(name="tHq")]).text
    assert text.count('class="legend"') == 1
    assert text.count('<rect class="c0"') == 2
    assert re.search(r'<rect class="c1h1"[^>]*></rect></svg>b<', text)


def test_figure_links_to_its_files():
    assert '<a href="plots/a.png">png</a>' in gallery([figure()]).text


def test_single_years_open_on_demand(make_summary):
    made = Pictures((figure(), figure(period="2017")), ("a note",), None)
    text = pictures_section(make_summary(), made).text
    assert text.count("<details>") == 1
    assert text.index("<figure>") < text.index("<summary>2017</summary>")
    assert "a note" in text


def test_single_years_repeat_no_legend_but_one_of_their_own(make_summary):
    made = Pictures((figure(), figure(period="2017")), (), None)
    assert pictures_section(make_summary(), made).text.count('class="legend"') == 1
    made = Pictures((figure(), figure(period="2017", name="new")), (), None)
    assert pictures_section(make_summary(), made).text.count('class="legend"') == 2


def test_caption_says_what_is_not_drawn():
    one = dataclasses.replace(figure(), notes=("outside of the axis: data 3",))
    assert "<br>outside of the axis: data 3</figcaption>" in gallery([one]).text


def test_names_are_text():
    assert "&lt;b&gt;" in gallery([figure(name="<b>")]).text
