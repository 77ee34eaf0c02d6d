"""The measured analysis: 5 weight systematics, up to 200 variations, three taggers, 45 columns.

Half of the variations shift the pt of photons, half that of jets; all of them are written.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parents[1]
CORRECTIONS = ROOT / "config" / "corrections"
YEAR = "2017"
PHOTON_SIZE, JET_SIZE = 0.01, 0.04
TAGS = ("tth_leptonic", "thq_leptonic", "tth_hadronic")
_PHOTON = ("pt", "eta", "phi", "mvaID", "r9")
EVENT_INPUTS = ("MET_pt", "MET_phi", "PV_npvs", "Pileup_nTrueInt", "fixedGridRhoFastjetAll")
VARIABLES = (
    *("m_gg", "pt_gg", "eta_gg", "phi_gg", "dR_gg"),
    *(f"{which}_{name}" for which in ("lead", "sublead") for name in _PHOTON),
    *("n_electrons", "n_muons", "n_leptons", "n_central_jets", "n_forward_jets", "n_b_jets"),
    *("m_jj", *(f"input:{name}" for name in EVENT_INPUTS)),
)
SEQUENCES: dict[str, list[Any]] = {
    "shipped": ["diphoton", list(TAGS)],
    "users": [
        "diphoton",
        "benchmarks.user.taggers:objects",
        [f"benchmarks.user.taggers:{tag}" for tag in TAGS],
    ],
}


class Source(NamedTuple):
    """A systematic that shifts the pt of a collection, up and down."""

    name: str
    collection: str
    number: int
    size: float


def sources(n_variations: int) -> tuple[Source, ...]:
    """The systematics that give so many variations, photons and jets in turn.

    Raises:
        ValueError: for an odd number: each has two directions.
    """
    if n_variations % 2:
        raise ValueError(f"{n_variations} variations are not pairs of up and down")
    found = []
    for i in range(n_variations // 2):
        number = i // 2
        collection, largest = ("Jet", JET_SIZE) if i % 2 else ("Photon", PHOTON_SIZE)
        size = round(largest * (number % 10 + 1) / 10, 6)
        found.append(Source(f"{collection.lower()}_scale_{number}", collection, number, size))
    return tuple(found)


def variations(n_variations: int) -> tuple[str, ...]:
    """Names of all variations, nominal first."""
    shifted = (f"{s.name}_{d}" for s in sources(n_variations) for d in ("up", "down"))
    return ("nominal", *shifted)


def analysis(
    samples: Mapping[str, Sequence[Path]],
    n_variations: int,
    sequence: str = "shipped",
    **jobs_manager: Any,
) -> dict[str, Any]:
    """The configuration for simulated samples of given files."""
    return {
        "samples": {
            "samples": {
                name: {
                    "kind": "simulation",
                    "xs": 0.5071,
                    "files": {YEAR: list(map(str, paths))},
                    # many small files are copies of one
                    "allow_equal_sums": True,
                }
                for name, paths in samples.items()
            },
            "years": {YEAR: {"luminosity": 41.5}},
        },
        "systematics": {
            "weights": _weights(),
            "independent_collections": {s.name: _collection(s) for s in sources(n_variations)},
        },
        "tag_sequence": SEQUENCES[sequence],
        "variables_of_interest": list(VARIABLES),
        "jobs_manager": {"batch": "local", **jobs_manager},
        "python_path": [str(ROOT)],
    }


def write_analysis(path: Path, content: Mapping[str, Any]) -> Path:
    """Writes a configuration as the command line reads it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(dict(content), sort_keys=False), encoding="utf-8")
    return path


def _collection(source: Source) -> dict[str, Any]:
    function = f"benchmarks.user.systematics:shift_{source.collection.lower()}s"
    return {
        "method": "from_function",
        "function": function,
        "branch_modified": [source.collection, "pt"],
        "requires_branches": [f"{source.collection}_eta"],
        "bound": source.size,
        "kwargs": {"source": source.number, "size": source.size},
    }


def _weights() -> dict[str, Any]:
    return {
        "pileup": {
            "method": "from_branch",
            "branches": {"central": "puWeight", "up": "puWeightUp", "down": "puWeightDown"},
            "modify_central_weight": True,
        },
        "prefiring": {
            "method": "from_branch",
            "branches": {
                "central": "L1PreFiringWeight_Nom",
                "up": "L1PreFiringWeight_Up",
                "down": "L1PreFiringWeight_Dn",
            },
            "modify_central_weight": True,
        },
        "photon_id": _of_objects("Photon", ["lead", "sublead"], "photons.json"),
        "muon_id": _of_objects("Muon", ["SelectedMuon"], "muons.json"),
        "top_pt": {
            "method": "from_function",
            "function": "benchmarks.user.systematics:top_pt",
            "requires_branches": ["GenPart_pt", "GenPart_pdgId", "GenPart_statusFlags"],
            "modifies_taggers": list(TAGS),
        },
    }


def _of_objects(collection: str, targets: list[str], file: str) -> dict[str, Any]:
    return {
        "type": "object",
        "method": "correctionlib",
        "input_collection": collection,
        "target_collections": targets,
        "modify_central_weight": True,
        "correction": {
            "file": str(CORRECTIONS / file),
            "name": "id",
            "inputs": {
                "systematic": {"variation": True},
                "eta": {"column": "eta", "transform": "abs"},
                "pt": "pt",
            },
            "variations": {"central": "nominal", "up": "up", "down": "down"},
        },
    }
