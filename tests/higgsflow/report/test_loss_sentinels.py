import pytest

from higgsflow.model.reporting import Sentinels
from higgsflow.records.losses import Losses, Placing, Spread
from higgsflow.report.loss_sentinels import about_losses

FLAT = Spread(mean=1.0, chi2=19.0, ndf=19, excess=0.0)
UNEVEN = Spread(mean=0.4, chi2=100.0, ndf=19, excess=0.2)
RANDOM = Losses(
    n_ranges=20, n_lost=4, fraction_lost=0.2, weight=FLAT, selected=FLAT, pattern="", chance=1.0,
    position=None, file_entries=Placing(lost=90.0, every=100.0, chance=0.4),
)  # fmt: skip


def told(make_summary, limits=None, kind="simulation", **change):
    sample = next(s for s in make_summary().samples if s.kind == kind)
    found = RANDOM.model_copy(update=change) if change.get("losses", True) else None
    sample = sample.model_copy(update={"complete": False, "losses": found})
    findings = list(about_losses(sample, "here", limits or Sentinels()))
    assert {(f.kind, f.where, f.severity) for f in findings} <= {("biased loss", "here", "warning")}
    return [finding.text for finding in findings]


def test_random_loss_of_equal_parts_is_no_bias(make_summary):
    assert told(make_summary) == []
    assert told(make_summary, losses=None) == []


def test_lost_ranges_that_are_alike_are_told(make_summary):
    assert told(make_summary, pattern="of one file", chance=2e-4) == [
        "all 4 lost of 20 ranges are of one file, of chance 0.0002: not lost at random"
    ]
    assert told(make_summary, pattern="of one file", chance=0.2) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("position", "lie at 0.86 of their files, all ranges at 0.50 on average, of chance 0.001"),
        ("file_entries", "are of files of 0.86 entries, all ranges of 0.5 on average"),
    ],
)
def test_lost_ranges_at_particular_places_are_told(make_summary, name, text):
    (found,) = told(make_summary, **{name: Placing(lost=0.86, every=0.5, chance=0.001)})
    assert text in found


def test_parts_that_differ_say_by_how_much_numbers_may_be_off(make_summary):
    """A fifth is lost, of parts that differ by a fifth: 4 %."""
    assert told(make_summary, selected=UNEVEN) == [
        (
            "the selected fraction differs between chunks more than by chance (chi2/ndf 100/19): "
            "with 20 % lost, yields may be off by 4 %"
        )
    ]
    (found,) = told(make_summary, weight=UNEVEN.model_copy(update={"chi2": None}))
    assert "the mean generator weight differs between ranges" in found
    assert "chi2/ndf infinite/19" in found
    assert told(make_summary, Sentinels(significance=20.0), selected=UNEVEN) == []


def test_of_data_what_was_selected_is_not_looked_at(make_summary):
    assert told(make_summary, kind="data", selected=UNEVEN) == []
    assert len(told(make_summary, kind="data", pattern="whole files", chance=1e-5)) == 1
