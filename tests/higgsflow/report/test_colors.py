from higgsflow.report.colors import COLORS, CSS, N_LOOKS, color, hatch, line_color, look


def test_no_two_ranks_look_alike():
    ranks = range(N_LOOKS)
    assert len({look(rank) for rank in ranks}) == N_LOOKS
    assert len({(color(rank), hatch(rank)) for rank in ranks}) == N_LOOKS


def test_first_ranks_are_colours_alone():
    ranks = range(len(COLORS))
    assert [(color(rank), hatch(rank)) for rank in ranks] == [(c, "") for c in COLORS]
    assert all(f"svg .{look(rank)} {{ fill: {color(rank)};" in CSS for rank in ranks)


def test_lines_of_a_hatching_differ_from_their_ground():
    """At least the contrast 3:1 of WCAG 2.1 for what is not text."""
    for rank in range(len(COLORS), 2 * len(COLORS)):
        bright, dark = sorted(map(_luminance, (color(rank), line_color(rank))), reverse=True)
        assert (bright + 0.05) / (dark + 0.05) >= 3


def _luminance(code):
    parts = (int(code[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
