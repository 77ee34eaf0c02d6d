"""What goes into the slow loop and what comes out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from slow_objects import Cuts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from slow_books import CutFlow, Overlap
    from slow_files import Event
    from slow_objects import Content

NOMINAL = "nominal"


@dataclass(frozen=True)
class WeightColumns:
    """A weight systematic from columns of the file: the central one, and direction -> column."""

    central: str | None
    directions: dict[str, str]
    modify_central: bool = True
    modifies: tuple[str, ...] | None = None

    @property
    def columns(self) -> list[str]:
        """All columns it reads."""
        return [*([self.central] if self.central else []), *self.directions.values()]


@dataclass(frozen=True)
class WeightFunction:
    """A weight systematic computed from the corrected event, and where it is late from its objects.

    `factors` gives "nominal" where it modifies the central weight, and each of the directions;
    `under` the direction that is the central one under a variation.
    """

    factors: Callable[[Event, Content | None], dict[str, float]]
    directions: tuple[str, ...]
    modify_central: bool = True
    modifies: tuple[str, ...] | None = None
    is_late: bool = False
    under: dict[str, str] = field(default_factory=dict)


Weight = WeightColumns | WeightFunction


@dataclass(frozen=True)
class Setup:
    """What to run: the year, data or simulation, tags in order of priority, systematics.

    With a shift called nominal the nominal events are corrected ones.
    """

    year: str
    is_data: bool
    golden: dict[str, list[list[int]]] | None = None
    tags: tuple[str, ...] = ("tth_leptonic", "thq_leptonic", "tth_hadronic")
    photon_pt_scale: dict[str, float] = field(default_factory=dict)
    # other variations: what makes the event of each from the event of the file
    shifts: dict[str, Callable[[Event], Event]] = field(default_factory=dict)
    # columns of the event, and of objects, that shifts and weights need besides
    scalars: tuple[str, ...] = ()
    weights: Mapping[str, Weight] = field(default_factory=dict)
    keep_untagged: bool = False
    cuts: Cuts = field(default_factory=Cuts)

    @property
    def active_weights(self) -> dict[str, Weight]:
        """The weight systematics that are applied: none for data."""
        return {} if self.is_data else dict(self.weights)

    @property
    def variations(self) -> dict[str, Callable[[Event], Event]]:
        """What makes the event of each variation, nominal first."""
        scales = {} if self.is_data else self.photon_pt_scale
        scaled = {name: _scaling(scale) for name, scale in scales.items()}
        return {NOMINAL: _scaling(1.0), **scaled, **self.shifts}


def _scaling(scale: float) -> Callable[[Event], Event]:
    def scaled(event: Event) -> Event:
        photons = [{**photon, "pt": photon["pt"] * scale} for photon in event["Photon"]]
        return {**event, "Photon": photons}

    return scaled


@dataclass
class Selected:
    """One selected event of one variation; momenta and masses in GeV."""

    run: int
    luminosityBlock: int  # noqa: N815 - the name of the column
    event: int
    variation: str
    tag: int
    m_gg: float
    pt_gg: float
    eta_gg: float
    phi_gg: float
    dR_gg: float  # noqa: N815
    lead_pt: float
    lead_eta: float
    lead_phi: float
    lead_mvaID: float  # noqa: N815
    lead_r9: float
    sublead_pt: float
    sublead_eta: float
    sublead_phi: float
    sublead_mvaID: float  # noqa: N815
    sublead_r9: float
    m_jj: float
    n_electrons: int
    n_muons: int
    n_central_jets: int
    n_forward_jets: int
    n_b_jets: int
    weight_initial: float
    weight_central: float
    weights: dict[str, float]
    full_weights: dict[str, float]


@dataclass
class VariationResult:
    """Counts of one variation; `cut_flows` has "diphoton" and every tag."""

    n_diphoton: int
    overlap: Overlap
    cut_flows: dict[str, CutFlow]


@dataclass
class Result:
    """Selected events, sums over all events read, and the counts of each variation."""

    events: list[Selected] = field(default_factory=list)
    n_read: int = 0
    n_certified: int = 0
    sum_g: float = 0.0
    sum_g2: float = 0.0
    variations: dict[str, VariationResult] = field(default_factory=dict)

    def selected(self, variation: str = NOMINAL) -> list[Selected]:
        """The selected events of one variation, in the order they were read."""
        return [event for event in self.events if event.variation == variation]
