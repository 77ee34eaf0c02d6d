"""HTML that is escaped by construction: plain strings are text, only `Html` is markup.

Control characters are shown, as on a terminal: no page may hold them.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

from higgsflow.report.theme import CSS
from higgsflow.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True)
class Html:
    """Markup; made by `element` only, so that its text is escaped."""

    text: str


Content = str | Html


def _rendered(content: Content) -> str:
    # between tags a quote is a quote
    if isinstance(content, Html):
        return content.text
    return html.escape(visible(content), quote=False)


def element(tag: str, *children: Content, **attributes: str) -> Html:
    """An element; `class_` is its class, an attribute that is an empty string stands alone."""
    given = "".join(_attribute(name, value) for name, value in attributes.items())
    return Html(f"<{tag}{given}>{''.join(map(_rendered, children))}</{tag}>")


def void(tag: str, **attributes: str) -> Html:
    """An element without content, such as a picture."""
    return Html(f"<{tag}{''.join(_attribute(n, v) for n, v in attributes.items())}>")


def _attribute(name: str, value: str) -> str:
    shown = name.rstrip("_").replace("_", "-")
    return f' {shown}="{html.escape(visible(value))}"' if value else f" {shown}"


def joined(parts: Iterable[Content]) -> Html:
    """Several after each other, one a line."""
    return Html("\n".join(map(_rendered, parts)))


def wide_figure(*children: Content) -> Html:
    """A drawing that scrolls sideways on a narrow page, also by keys."""
    return element("figure", *children, class_="wide", tabindex="0")


def table(headers: Sequence[Content], rows: Iterable[Sequence[Content]], names: int = 1) -> Html:
    """A table that scrolls sideways; the first `names` columns are headers of their rows."""
    head = element("tr", *(_header(header, i < names) for i, header in enumerate(headers)))
    body = (element("tr", *_cells(row, names)) for row in rows)
    parts = (element("thead", head), element("tbody", joined(body)))
    # what scrolls can be reached, and scrolled, from the keyboard
    return element("div", element("table", *parts), class_="scroll", tabindex="0")


def _header(content: Content, is_of_names: bool) -> Html:
    return element("th", content, scope="col", **({"class_": "name"} if is_of_names else {}))


def _cells(row: Sequence[Content], names: int) -> Iterable[Html]:
    for i, cell in enumerate(row):
        yield element("th", cell, scope="row") if i < names else element("td", cell)


def section(anchor: str, title: str, *children: Content) -> Html:
    """A part of the page that the list of contents leads to."""
    return element("section", element("h2", title), joined(children), id=anchor)


def details(title: str, *children: Content) -> Html:
    """Something that opens when asked for."""
    return element("details", element("summary", title), joined(children))


def document(title: str, *children: Content, head: Iterable[Html] = ()) -> str:
    """A page in the look of the report, as text; `head` is put into its head."""
    heads = (
        void("meta", charset="utf-8"),
        void("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", title),
        # the one text that is not escaped: a style sheet of this package
        element("style", Html(CSS)),
    )
    parts = (element("head", *heads, *head), element("body", joined(children)))
    return f"<!DOCTYPE html>\n{element('html', *parts, lang='en').text}\n"


def note(text: str) -> Html:
    """A remark, such as what is not there."""
    return element("p", text, class_="note")
