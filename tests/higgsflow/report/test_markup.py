from higgsflow.report.markup import (
    Html,
    details,
    element,
    joined,
    note,
    section,
    table,
    void,
    wide_figure,
)

EVIL = '<script>alert("1")</script> & more'
SAFE = '&lt;script&gt;alert("1")&lt;/script&gt; &amp; more'
QUOTED = SAFE.replace('"', "&quot;")


def test_text_is_escaped():
    assert element("p", EVIL).text == f"<p>{SAFE}</p>"


def test_attributes_are_escaped():
    assert void("img", alt=EVIL).text == f'<img alt="{QUOTED}">'


def test_control_characters_are_shown():
    text = element("p", "\x1b]0;title\x07", title="\u202egnp.exe").text
    assert text == r'<p title="\u202egnp.exe">\x1b]0;title\x07</p>'


def test_markup_in_markup_is_not_escaped_again():
    assert element("p", element("b", "a < b")).text == "<p><b>a &lt; b</b></p>"


def test_class_is_not_a_keyword():
    assert element("p", class_="note").text == '<p class="note"></p>'


def test_every_part_escapes_its_strings():
    parts = (
        section("a", EVIL, EVIL),
        details(EVIL, EVIL),
        note(EVIL),
        table((EVIL,), [(EVIL, EVIL)]),
        joined([EVIL]),
        wide_figure(EVIL),
    )
    for part in parts:
        assert "<script" not in part.text
        assert SAFE in part.text


def test_first_columns_are_headers_of_their_rows():
    text = table(("a", "b"), [("x", "1")]).text.replace("\n", "")
    assert '<tr><th scope="row">x</th><td>1</td></tr>' in text


def test_table_without_rows_has_its_headers():
    assert table(("a",), []).text.count("<tr>") == 1


def test_html_is_equal_by_its_text():
    assert Html("a") == Html("a")


def test_what_scrolls_sideways_can_be_reached_by_keys():
    for part in (table(("a",), [("b",)]), wide_figure("drawn")):
        assert ' tabindex="0">' in part.text
