import pytest

from higgsflow.output.nanoaod_units import nanoaod_unit


@pytest.mark.parametrize(
    ("column", "unit"),
    [
        ("MET_pt", "GeV"),
        ("GenMET_pt", "GeV"),
        ("LHE_HT", "GeV"),
        ("fixedGridRhoFastjetAll", "GeV"),
        ("MET_phi", "rad"),
        ("Electron_dz", "cm"),
        ("HTXS_Higgs_y", ""),
        ("nJet", ""),
        ("Jet_ptD", ""),
    ],
)
def test_units_follow_the_names_of_nanoaod(column, unit):
    assert nanoaod_unit(column) == unit
