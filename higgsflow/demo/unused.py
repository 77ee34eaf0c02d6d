"""Columns that no selection reads: real files are mostly these, and must not cost their reading."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import lazy_loader as lazy
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

ak = lazy.load("awkward")

# Families of trigger paths and their thresholds [GeV].
TRIGGER_FAMILIES = {
    "HLT_Ele{}_WPTight_Gsf": (20, 27, 28, 30, 32, 35, 38, 40),
    "HLT_Ele{}_CaloIdL_TrackIdL_IsoVL_PFJet30": (8, 12, 15, 17, 23),
    "HLT_Ele{}_eta2p1_WPTight_Gsf": (24, 25, 27, 30),
    "HLT_IsoMu{}": (17, 20, 22, 24, 27, 30),
    "HLT_IsoMu{}_eta2p1": (20, 22, 24),
    "HLT_IsoTkMu{}": (18, 20, 22, 24, 27),
    "HLT_Mu{}": (8, 12, 15, 17, 19, 20, 27, 50, 55),
    "HLT_Mu{}_TrkIsoVVL": (8, 17, 19),
    "HLT_PFJet{}": (15, 25, 40, 60, 80, 140, 200, 260, 320, 400, 450, 500, 550),
    "HLT_PFJetFwd{}": (15, 25, 40, 60, 80, 140, 200, 260, 320, 400, 450, 500),
    "HLT_AK8PFJet{}": (40, 60, 80, 140, 200, 260, 320, 400, 450, 500, 550),
    "HLT_AK8PFHT{}_TrimMass50": (750, 800, 850, 900),
    "HLT_PFHT{}": (125, 180, 200, 250, 300, 350, 370, 430, 510, 590, 680, 780, 890, 1050),
    "HLT_DiPFJetAve{}": (40, 60, 80, 140, 200, 260, 320, 400, 500),
    "HLT_DiPFJetAve{}_HFJEC": (60, 80, 100, 160, 220, 300),
    "HLT_PFMET{}_PFMHT{}_IDTight": (90, 100, 110, 120, 130, 140),
    "HLT_PFMETNoMu{}_PFMHTNoMu{}_IDTight": (90, 100, 110, 120, 130, 140),
    "HLT_CaloMET{}_HBHECleaned": (70, 80, 90, 100, 250, 300, 350),
    "HLT_Photon{}": (22, 25, 30, 33, 36, 50, 75, 90, 120, 150, 165, 175, 200, 250, 300),
    "HLT_Photon{}_R9Id90_HE10_IsoM": (50, 75, 90, 120, 165),
}
FLAGS = (
    "HBHENoiseFilter",
    "HBHENoiseIsoFilter",
    "globalSuperTightHalo2016Filter",
    "goodVertices",
    "METFilters",
    "EcalDeadCellTriggerPrimitiveFilter",
    "BadPFMuonFilter",
    "BadChargedCandidateFilter",
    "eeBadScFilter",
    "ecalBadCalibFilter",
    "hcalLaserEventFilter",
    "ecalLaserCorrFilter",
    "CSCTightHaloFilter",
    "muonBadTrackFilter",
    "trkPOGFilters",
    "HcalStripHaloFilter",
)
FLOATS = (
    "CaloMET_pt",
    "CaloMET_phi",
    "CaloMET_sumEt",
    "ChsMET_pt",
    "ChsMET_phi",
    "ChsMET_sumEt",
    "MET_significance",
    "MET_sumEt",
    "MET_covXX",
    "MET_covXY",
    "MET_covYY",
    "MET_MetUnclustEnUpDeltaX",
    "MET_MetUnclustEnUpDeltaY",
    "PuppiMET_pt",
    "PuppiMET_phi",
    "PuppiMET_sumEt",
    "RawMET_pt",
    "RawMET_phi",
    "RawMET_sumEt",
    "TkMET_pt",
    "TkMET_phi",
    "TkMET_sumEt",
    "SoftActivityJetHT",
    "SoftActivityJetHT2",
    "SoftActivityJetHT5",
    "SoftActivityJetHT10",
    "PV_x",
    "PV_y",
    "PV_z",
    "PV_chi2",
    "PV_ndof",
    "PV_score",
    "fixedGridRhoFastjetCentral",
    "fixedGridRhoFastjetCentralCalo",
)
INTEGERS = (
    "SoftActivityJetNjets2",
    "SoftActivityJetNjets5",
    "SoftActivityJetNjets10",
    "PV_nTracks",
)
OBJECT_FLOATS = {
    "Photon": "chargedHadronIso photonIso pfRelIso03_chg trkSumPtHollowConeDR03 energyRaw",
    "Electron": "deltaEtaSC dr03TkSumPt eInvMinusPInv ip3d jetRelIso miniPFRelIso_all sieie sip3d",
    "Muon": "ip3d jetRelIso miniPFRelIso_all ptErr segmentComp sip3d tkRelIso mvaTTH",
    "Jet": "area bRegCorr bRegRes btagCSVV2 btagDeepFlavC chEmEF muEF neEmEF neHEF rawFactor",
}


def trigger_names() -> tuple[str, ...]:
    """All trigger paths that nothing asks for."""
    return tuple(
        family.replace("{}", str(threshold))
        for family, thresholds in TRIGGER_FAMILIES.items()
        for threshold in thresholds
    )


def scalar_columns(rng: np.random.Generator, n: int) -> dict[str, NDArray[Any]]:
    """Unused columns with one value per event: trigger decisions, filters, floats, integers."""
    names = trigger_names()
    fired = rng.random((len(names), n), dtype=np.float32) < 0.05
    floats = rng.exponential(20.0, (len(FLOATS), n)).astype(np.float32)
    integers = rng.poisson(3.0, (len(INTEGERS), n)).astype(np.int32)
    return (
        dict(zip(names, fired, strict=True))
        | {f"Flag_{name}": np.ones(n, dtype=bool) for name in FLAGS}
        | dict(zip(FLOATS, floats, strict=True))
        | dict(zip(INTEGERS, integers, strict=True))
    )


def _contents(rng: np.random.Generator, names: str, size: int) -> Iterator[tuple[str, Any]]:
    for name in names.split():
        yield name, ak.contents.NumpyArray(rng.random(size, dtype=np.float32))


def widen(rng: np.random.Generator, collections: Mapping[str, Any]) -> dict[str, Any]:
    """The same collections with unused columns added to their records."""
    widened = {}
    for name, collection in collections.items():
        layout = ak.to_packed(collection).layout
        records = layout.content
        more = dict(_contents(rng, OBJECT_FLOATS[name], records.length))
        contents = [*records.contents, *more.values()]
        wide = ak.contents.RecordArray(contents, [*records.fields, *more], length=records.length)
        widened[name] = ak.Array(ak.contents.ListOffsetArray(layout.offsets, wide))
    return widened
