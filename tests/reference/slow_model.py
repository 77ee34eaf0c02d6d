"""What goes into the slow loop and what comes out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from slow_objects import Cuts

if TYPE_CHECKING:
    from slow_books import CutFlow, Overlap

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
class Setup:
    """What to run: the year, data or simulation, tags in order of priority, systematics."""

    year: str
    is_data: bool
    golden: dict[str, list[list[int]]] | None = None
    tags: tuple[str, ...] = ("tth_leptonic", "thq_leptonic", "tth_hadronic")
    photon_pt_scale: dict[str, float] = field(default_factory=dict)
    weights: dict[str, WeightColumns] = field(default_factory=dict)
    keep_untagged: bool = False
    cuts: Cuts = field(default_factory=Cuts)

    @property
    def active_weights(self) -> dict[str, WeightColumns]:
        """The weight systematics that are applied: none for data."""
        return {} if self.is_data else self.weights

    @property
    def photon_scales(self) -> dict[str, float]:
        """Factor on the photon pt of each variation, nominal first."""
        return {NOMINAL: 1.0, **({} if self.is_data else self.photon_pt_scale)}


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
