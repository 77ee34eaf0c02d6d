"""The reference analysis as a slow loop over events, independent of the fast program.

Nothing here is shared with the program it judges: no vectorised physics, one event at a time,
the float32 of the file taken as Python floats.

Choices where the text of the selection is silent:
 1. Ties: the lead of two photons of equal pt is the one earlier in the file; of pairs with equal
    pt sum the first in the order (i, j), i < j, of file indices wins; jets of equal pt keep file
    order.
 2. Angles: d_phi is brought into [-pi, pi]; a distance with a NaN fails "dR >=".
 3. pt_gg, eta_gg, phi_gg are those of the sum of two massless four-vectors; m_gg is from the
    formula of the selection, not from that sum.
 4. Lepton and jet four-vectors: E = sqrt(p^2 + m^2) with Electron_mass, Muon_mass where the file
    has them (else massless) and Jet_mass (required); the sign of a negative mass does not
    matter, a negative m^2 of a pair by rounding is m = 0.
 5. The lepton pairs of the Z veto are of selected leptons; 86 and 96 are outside; a pair whose
    mass is NaN is not in the window.
 6. Jets are cleaned of all selected electrons and muons, whatever the tag.
 7. b-jets are counted among the selected (cleaned) central jets.
 8. sum_g, sum_g2 and n_read are over all events read, also those the golden JSON rejects; the
    cut flow of the diphoton stage has the certified events as its total.
 9. A weight without `modifies` is early: it enters the cut-flow weight where it modifies the
    central weight. A weight with `modifies` is applied after the tags and does not.
10. Data has weight 1.0, no weight systematics, no photon_pt_scale; the data flag alone decides.
11. `weights` holds the factor even where the central factor is 0; `full_weights` holds the full
    varied weight, the product with the varied in the place of the central factor.
12. A non-finite factor is an error for every certified event, selected or not (early weights).
13. Photon acceptance by isScEtaEB/EE needs both columns, and then |eta| is not looked at.
14. r9 is NaN where the file has none.
15. The trigger (off by default) is not implemented.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slow_books import CutFlow, apply_weight, is_certified, remove_overlap
from slow_files import Event, read_events
from slow_model import (
    NOMINAL,
    Result,
    Selected,
    Setup,
    VariationResult,
    Weight,
    WeightColumns,
    WeightFunction,
)
from slow_objects import (
    Content,
    Cuts,
    best_diphoton,
    diphoton_columns,
    leading_jets_mass,
    passes_photon,
    select_content,
    tag_cuts,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "NOMINAL",
    "Cuts",
    "Result",
    "Selected",
    "Setup",
    "VariationResult",
    "WeightColumns",
    "WeightFunction",
    "process",
    "process_events",
]

INDEX_COLUMNS = ("run", "luminosityBlock", "event")
TAG_CUTS = {
    "tth_leptonic": ("photon_mvaID", "z_veto", "leptons", "jets", "b_jets"),
    "thq_leptonic": ("photon_mvaID", "z_veto", "leptons", "b_jets", "forward_jets"),
    "tth_hadronic": ("photon_mvaID", "z_veto", "leptons", "jets", "b_jets"),
}


def process(paths: Sequence[str], setup: Setup) -> Result:
    """Run the reference analysis over files, event by event."""
    columns = _scalar_columns(setup)
    return process_events(
        (event for path in paths for event in read_events(Path(path), columns)), setup
    )


def process_events(events: Iterable[Event], setup: Setup) -> Result:
    """Run the reference analysis over events as `read_events` gives them."""
    if setup.year not in setup.cuts.b_tag:
        raise ValueError(f"no b-tag threshold for year {setup.year!r}")
    result = Result()
    certified: list[tuple[Event, float]] = []
    for event in events:
        g = 1.0 if setup.is_data else event["genWeight"]
        result.n_read += 1
        result.sum_g += g
        result.sum_g2 += g * g
        if _is_certified(event, setup):
            result.n_certified += 1
            certified.append((event, g))
    for variation in setup.variations:
        _run_variation(variation, certified, setup, result)
    return result


def _scalar_columns(setup: Setup) -> list[str]:
    columns = [*INDEX_COLUMNS, *([] if setup.is_data else ["genWeight"]), *setup.scalars]
    for weight in setup.active_weights.values():
        columns += weight.columns if isinstance(weight, WeightColumns) else []
    return list(dict.fromkeys(columns))


def _is_certified(event: Event, setup: Setup) -> bool:
    if not setup.is_data or setup.golden is None:
        return True
    return is_certified(setup.golden, event["run"], event["luminosityBlock"])


def _run_variation(
    variation: str, events: list[tuple[Event, float]], setup: Setup, result: Result
) -> None:
    """The diphoton step, the step of the tags, and the selected events of one variation."""
    shift = setup.variations[variation]
    flows = {"diphoton": CutFlow(("two_photons", "diphoton"))}
    flows |= {tag: CutFlow(TAG_CUTS[tag]) for tag in setup.tags}
    kept: list[tuple[Event, float, Content]] = []
    masks: list[list[bool]] = [[] for _ in setup.tags]
    for raw, g in events:
        event = shift(raw)
        weight = _early_weight(event, g, setup, variation)
        content = _diphoton_step(event, setup, (flows["diphoton"], weight))
        if content is None:
            continue
        kept.append((event, g, content))
        for tag, mask in zip(setup.tags, masks, strict=True):
            decisions = tag_cuts(tag, content, setup.cuts)
            if tuple(decisions) != TAG_CUTS[tag]:
                raise AssertionError(tag)
            flows[tag].count(list(decisions.values()), weight)
            mask.append(all(decisions.values()))
    overlap = remove_overlap(masks, len(kept))
    result.variations[variation] = VariationResult(len(kept), overlap, flows)
    for (event, g, content), tag_index in zip(kept, overlap.tag_idx, strict=True):
        if tag_index >= 0 or setup.keep_untagged:
            result.events.append(_selected(event, g, content, (variation, tag_index), setup))


def _diphoton_step(
    event: Event, setup: Setup, flow_and_weight: tuple[CutFlow, float]
) -> Content | None:
    """Photons, the pair, and what is around it; None where no pair passes."""
    photons = [photon for photon in event["Photon"] if passes_photon(photon, setup.cuts)]
    diphoton = best_diphoton(photons, setup.cuts)
    flow, weight = flow_and_weight
    flow.count([len(photons) >= 2, diphoton is not None], weight)
    if diphoton is None:
        return None
    return select_content(event, diphoton, setup.cuts, setup.year)


def _early_weight(event: Event, g: float, setup: Setup, variation: str) -> float:
    """Generator weight times the central factors that need no tag."""
    early = {
        name: weight
        for name, weight in setup.active_weights.items()
        if weight.modifies is None and not (isinstance(weight, WeightFunction) and weight.is_late)
    }
    return _weights((event, None), g, early, (variation, None))[0]


def _factors(
    weight: Weight, event: Event, content: Content | None, variation: str
) -> tuple[float, dict[str, float]]:
    """The central factor and those of the directions."""
    if isinstance(weight, WeightColumns):
        central = event[weight.central] if weight.central else 1.0
        return central, {d: event[column] for d, column in weight.directions.items()}
    found = weight.factors(event, content)
    central = found[weight.under.get(variation, NOMINAL)] if weight.modify_central else 1.0
    return central, {direction: found[direction] for direction in weight.directions}


def _weights(
    what: tuple[Event, Content | None],
    g: float,
    weights: dict[str, Weight],
    identity: tuple[str, str | None],
) -> tuple[float, dict[str, float], dict[str, float]]:
    """Central weight, stored factor columns and full varied weights of one event."""
    central: dict[str, float] = {}
    varied: dict[str, dict[str, float]] = {}
    variation, tag = identity
    for name, weight in weights.items():
        own, directions = _factors(weight, *what, variation)
        one = apply_weight(
            1.0,
            own,
            {f"{name}_{d}": factor for d, factor in directions.items()},
            in_mask=weight.modifies is None or tag in weight.modifies,
            modify_central=weight.modify_central,
        )
        central[name] = one.weight_central
        varied[name] = one.factors
    factors, full = {}, {}
    for name in weights:
        others = math.prod(f for other, f in central.items() if other != name)
        for direction, factor in varied[name].items():
            factors[direction] = factor
            full[direction] = g * others * factor
    return g * math.prod(central.values()), factors, full


def _selected(
    event: Event, g: float, content: Content, identity: tuple[str, int], setup: Setup
) -> Selected:
    """The output row of one event."""
    variation, tag = identity
    pair = content.diphoton
    tag_name = setup.tags[tag] if tag >= 0 else None
    central, factors, full = _weights(
        (event, content), g, setup.active_weights, (variation, tag_name)
    )
    is_nominal = variation == NOMINAL
    return Selected(
        **{name: event[name] for name in INDEX_COLUMNS},
        variation=variation,
        tag=tag,
        **diphoton_columns(pair),
        **_photon_columns("lead", pair.lead),
        **_photon_columns("sublead", pair.sublead),
        m_jj=leading_jets_mass(content.central),
        n_electrons=len(content.electrons),
        n_muons=len(content.muons),
        n_central_jets=len(content.central),
        n_forward_jets=len(content.forward),
        n_b_jets=len(content.b_jets),
        weight_initial=g,
        weight_central=central,
        weights={f"weight_{n}": f for n, f in factors.items()} if is_nominal else {},
        full_weights=full if is_nominal else {},
    )


def _photon_columns(prefix: str, photon: dict[str, Any]) -> dict[str, Any]:
    names = ("pt", "eta", "phi", "mvaID", "r9")
    return {f"{prefix}_{name}": photon.get(name, math.nan) for name in names}
