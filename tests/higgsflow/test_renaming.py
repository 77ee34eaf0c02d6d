"""Counters of jobs by the names of today: as if they had been counted under these."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from higgsflow.model.systematic import Systematics
from higgsflow.records.chunk_store import Seen, SeenOutput
from higgsflow.records.job_record import Product
from higgsflow.records.layout import layout_of
from higgsflow.records.ledger import Ledger, StepFlow
from higgsflow.records.moments import measure
from higgsflow.records.names import Called, Names
from higgsflow.records.packed import pack, unpack
from higgsflow.records.recipes import Recipe
from higgsflow.renaming import Renamings
from higgsflow.selection.cutflow import Counter, CutFlow

BINS = {"column": "nJet", "edges": [0, 2, 9]}
CENTRAL = {"branches": {"central": "c", "up": "u"}, "modify_central_weight": True, "preserve": BINS}
# what each source is, and how it may be configured
CONTENTS: dict[str, Any] = {
    "1": CENTRAL,
    "2": {**CENTRAL, "branches": {"central": "C", "up": "U"}},
    "3": {"branches": {"up": "x", "down": "y"}},
}
NUMBERS = {content: 100 * int(content) for content in CONTENTS}


def counter(n: float) -> Counter:
    return Counter(n=int(n), sumw=n + 0.5, sumw2=n + 0.25)


def systematics(names: dict[str, str]) -> Systematics:
    return Systematics.model_validate(
        {"weights": {name: CONTENTS[content] for name, content in sorted(names.items())}}
    )


def ledger(names: dict[str, str], tags: tuple[str, str]) -> Ledger:
    """Counters whose numbers say what they are of, under the names that things have."""
    weights = systematics(names).weights
    binned = [name for name in weights if names[name] != "3"]
    bins = {}
    for k in range(2 ** len(binned)):
        at = [k >> place & 1 for place in range(len(binned))]
        # the number says which bin of which weight it is
        says = sum(NUMBERS[names[b]] * bin_ for b, bin_ in zip(binned, at, strict=True))
        bins[f"@{','.join(map(str, at))}"] = says

    def of_tag(number: int) -> dict[str, Counter]:
        found = {}
        for name, base in {"central": 0, **{n: NUMBERS[c] for n, c in names.items()}}.items():
            for d, key in enumerate([name] if not base else weights[name].variations):
                found[key] = counter(number + base + 10 * d)
                for at, says in bins.items():
                    found[f"{key}{at}"] = counter(number + base + 10 * d + 7 * says)
        return found

    kept = {
        f"{name}:{direction}:{k}": counter(NUMBERS[names[name]] + k)
        for name in binned
        for direction in ("", "central", "up")
        for k in (0, 1)
    }
    factors = {f"weight_{name}_up": NUMBERS[content] for name, content in names.items()}
    moments = {
        name + at: measure(np.array([float(number + 7 * says)]), np.ones(1))
        for name, number in {**factors, "m_gg": 1}.items()
        for at, says in {"": -1, **bins}.items()
    }
    return Ledger(
        flows=tuple(
            StepFlow(step=0, tagger=tag, group="events", flow=flow(i)) for i, tag in enumerate(tags)
        ),
        before={tag: counter(i) for i, tag in enumerate(tags)},
        after={tag: counter(10 + i) for i, tag in enumerate(tags)},
        overlap=((3, 1), (1, 4)),
        moments=dict.fromkeys(tags, moments),
        yields={tag: of_tag(1000 * i) for i, tag in enumerate(tags)},
        kept=kept | {f"gen:stxs:{n}:{c}": counter(n) for n in (1, 2) for c in ("", *factors)},
    )


def flow(n: int) -> CutFlow:
    one = (counter(n),)
    return CutFlow(cuts=("pt",), total=one[0], passed=one[0], alone=one, prefix=one, others=one)


def products(names: dict[str, str], variations: dict[str, str]) -> dict[str, Product]:
    columns = {f"weight_{name}_up": f"up of {content}" for name, content in names.items()}
    nominal = Product(digest="n", columns={**columns, "m_gg": "m", "gen:stxs": "bins"})
    shifted = {v: Product(digest=d, columns={"m_gg": "m"}) for v, d in variations.items()}
    return {"nominal": nominal, **shifted}


def seen(names: dict[str, str], tags: tuple[str, str], variations: dict[str, str]) -> Seen:
    return Seen(
        stem="chunk.d1",
        products=products(names, variations),
        names=Names(weights=names, corrections={"jec": "j"}, taggers=(tags,)),
        output=SeenOutput(name="chunk.d1.parquet", size=1, checksum="", most_rows=0),
    )


def today(names: dict[str, str], tags: tuple[str, str], variations: dict[str, str]) -> Renamings:
    recipe = Recipe(
        common={},
        own={},
        sources={},
        weights={},
        made_by={},
        products=products(names, variations),
        names=Names(weights=names, corrections={"scale": "j"}, taggers=(tags,)),
    )
    return Renamings(recipe, systematics(names))


STORED = ({"a": "1", "b": "2", "c": "3"}, ("x", "y"), {"s_up": "up", "t_up": "other"})


@pytest.mark.parametrize(
    ("names", "tags", "variations"),
    [
        ({"z": "1", "b": "2", "c": "3"}, ("x", "y"), STORED[2]),
        ({"a": "2", "b": "1", "c": "3"}, ("x", "y"), STORED[2]),
        ({"a": "3", "b": "1", "c": "2"}, ("y", "x"), STORED[2]),
        (STORED[0], ("y", "z"), {"s_up": "other", "t_up": "up"}),
        (STORED[0], ("x", "y"), {"v_up": "up", "t_up": "other"}),
        ({**STORED[0], "d": "3"}, ("x", "y"), {**STORED[2], "v_up": "up"}),
        ({"a": "2", "b": "1"}, ("x", "y"), {"t_up": "up"}),
        ({"a": "1", "b": "2"}, ("x", "y"), STORED[2]),
    ],
)
def test_counters_are_those_that_jobs_of_today_would_write(
    names: dict[str, str], tags: tuple[str, str], variations: dict[str, str]
) -> None:
    renaming = today(names, tags, variations).of(seen(*STORED))
    assert renaming is not None
    before = dict.fromkeys(("nominal", *STORED[2]), ledger(*STORED[:2]))
    found = unpack(renaming.ledgers(pack(before)))
    expected = ledger(names, tags)
    assert found == dict.fromkeys(("nominal", *variations), expected)


def test_each_variation_keeps_its_own_counters() -> None:
    renaming = today(*STORED[:2], {"s_up": "other", "t_up": "up"}).of(seen(*STORED))
    assert renaming is not None
    stored = {"s_up": Ledger(before={"x": counter(1)}), "t_up": Ledger(before={"x": counter(2)})}
    found = unpack(renaming.ledgers(pack(stored)))
    assert {v: one.before["x"].n for v, one in found.items()} == {"t_up": 1, "s_up": 2}


def test_bins_of_the_generator_may_be_renamed() -> None:
    columns = {"nominal": Product(digest="n", columns={"gen:fiducial": "bins"})}
    recipe = Recipe(common={}, own={}, sources={}, weights={}, made_by={}, products=columns)
    stored = seen({}, ("x", "y"), {}).model_copy(update={"names": Names()})
    renaming = Renamings(recipe, Systematics()).of(stored)
    assert renaming is not None
    kept = {"gen:stxs:0 to 2:": counter(1), "gen:other:0 to 2:": counter(2), "a:up:0": counter(3)}
    found = unpack(renaming.ledgers(pack({"nominal": Ledger(kept=kept)})))
    assert found["nominal"].kept == {"gen:fiducial:0 to 2:": counter(1)}


def test_sums_before_any_cut_follow_too() -> None:
    renaming = today({"b": "1", "a": "2"}, ("x", "y"), {}).of(seen(*STORED))
    assert renaming is not None
    sums = {
        "weight_a_up": 1.0, "weight_b_central": 2.0, "weight_c_up": 3.0,
        "clamped:a:pt": 4.0, "no_variation:b": 5.0, "clamped:jec:eta": 6.0, "clamped:c:pt": 7.0,
        "events_of_other_datasets": 8.0,
    }  # fmt: skip
    assert renaming.factor_sums(sums) == {
        "weight_b_up": 1.0, "weight_a_central": 2.0,
        "clamped:b:pt": 4.0, "no_variation:a": 5.0, "clamped:scale:eta": 6.0,
        "events_of_other_datasets": 8.0,
    }  # fmt: skip


def test_what_is_called_as_it_was_needs_no_renaming() -> None:
    renamings = today(*STORED)
    stored = seen(*STORED)
    same = stored.model_copy(update={"names": Names(weights=STORED[0], taggers=(STORED[1],))})
    assert renamings.of(same) is None
    assert renamings.called(same) == Called()


def test_a_correction_or_column_that_is_gone_is_left_out() -> None:
    names = Names(weights=STORED[0], corrections={"scale": "j", "old": "o"}, taggers=(STORED[1],))
    stored = seen(*STORED).model_copy(update={"names": names})
    renaming = today(*STORED).of(stored)
    assert renaming is not None
    assert renaming.factor_sums({"clamped:old:pt": 1.0, "clamped:scale:pt": 2.0}) == {
        "clamped:scale:pt": 2.0
    }
    assert renaming.called == Called()

    wider = products(STORED[0], STORED[2])
    wider["nominal"] = Product(digest="n", columns={**wider["nominal"].columns, "pt_gg": "p"})
    known = Names(weights=STORED[0], corrections={"scale": "j"}, taggers=(STORED[1],))
    stored = seen(*STORED).model_copy(update={"names": known, "products": wider})
    renaming = today(*STORED).of(stored)
    assert renaming is not None
    moments = {"x": {n: measure(np.ones(1), np.ones(1)) for n in ("pt_gg", "m_gg")}}
    found = unpack(renaming.ledgers(pack({"nominal": Ledger(moments=moments)})))
    assert list(found["nominal"].moments["x"]) == ["m_gg"]


def test_a_file_is_told_only_what_is_called_otherwise() -> None:
    names = {"a": "2", "b": "1", "c": "3"}
    called = today(names, ("x", "y"), {"s_up": "up", "v_up": "other"}).called(seen(*STORED))
    assert called.variations == {"v_up": "t_up"}
    assert called.column("weight_full_a_up") == "weight_full_b_up"
    assert called.column("weight_bin_b") == "weight_bin_a"
    assert not {name for name in called.columns if "_c_" in name or name == "m_gg"}


def test_records_that_share_their_names_share_a_renaming() -> None:
    renamings, one = today(*STORED[:2], {"v_up": "up"}), seen(*STORED)
    other = one.model_copy(update={"stem": "chunk.d2"})
    assert renamings.of(one) is renamings.of(other)


def test_layouts_of_one_renaming_are_the_same_object() -> None:
    renaming = today(*STORED[:2], {"v_up": "up"}).of(seen(*STORED))
    assert renaming is not None
    packed = pack({"s_up": ledger(*STORED[:2])})
    first, second = renaming.ledgers(packed), renaming.ledgers(packed)
    assert first[0].layout is second[0].layout
    assert first[0].layout == layout_of(ledger(*STORED[:2]))
