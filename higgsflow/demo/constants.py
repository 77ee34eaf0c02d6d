"""The numbers behind the demo: what a catalogue must say so that simulation matches the data.

The kinematics are toys and the cross sections are chosen for a picture, not for physics: signal is
enlarged (the real values stand beside it) until its peak shows in a few thousand events.
"""

from __future__ import annotations

YEARS = ("2016", "2017", "2018")
SIGNALS = ("ttH_M125", "tHq_M125", "ggH_M125")
BACKGROUNDS = ("DiPhoton", "GJet")
SIMULATIONS = SIGNALS + BACKGROUNDS
DATA = "Data"
SAMPLES = (*SIMULATIONS, DATA)

HIGGS_MASS = 125.0  # GeV

# Integrated luminosity of the certified lumisections [fb^-1].
LUMINOSITIES = {"2016": 35.9, "2017": 41.5, "2018": 59.8}

# Cross sections [pb] as the demo generates them.
CROSS_SECTIONS = {
    "ttH_M125": 3.0426,  # 6 times the real 0.5071
    "tHq_M125": 1.485,  # 20 times the real 0.07425
    "ggH_M125": 3.4006,  # 7 % of the real 48.58
    "DiPhoton": 0.085,
    "GJet": 0.040,
}

# H -> gamma gamma for the signals; backgrounds are generated in the final state itself.
BRANCHING_FRACTIONS = {
    "ttH_M125": 0.00227,
    "tHq_M125": 0.00227,
    "ggH_M125": 0.00227,
    "DiPhoton": 1.0,
    "GJet": 1.0,
}

# Magnitude of the generator weight, in the arbitrary units generators use.
GENERATOR_WEIGHTS = {
    "ttH_M125": 0.5071,
    "tHq_M125": 0.074251,
    "ggH_M125": 28.7,
    "DiPhoton": 1.35,
    "GJet": 1.0,
}
# Fraction of events of negative weight; drawn without regard to the event's content, so that data
# drawn without signs have the same shapes.
NEGATIVE_FRACTIONS = {
    "ttH_M125": 0.22,
    "tHq_M125": 0.20,
    "ggH_M125": 0.01,
    "DiPhoton": 0.005,
    "GJet": 0.0,
}
# Relative spread of the magnitude (log-normal); 0 means weights of +-w.
WEIGHT_SPREADS = {
    "ttH_M125": 0.0,
    "tHq_M125": 0.0,
    "ggH_M125": 0.1,
    "DiPhoton": 0.25,
    "GJet": 0.0,
}

# Rows of the Runs tree per file: more than one where several original files were joined.
RUNS_ROWS = {"ttH_M125": 1, "tHq_M125": 1, "ggH_M125": 3, "DiPhoton": 1, "GJet": 1}

# Relative change of the rate by each of the nine scale choices; the fifth is the nominal one.
SCALE_SHIFTS = (-0.09, -0.05, -0.01, -0.04, 0.0, 0.04, 0.02, 0.06, 0.10)
PARTON_SHOWER_SHIFTS = (0.04, 0.02, -0.05, -0.02)

# The last file of this sample has one photon per event: jobs that select nothing must work too.
ONE_PHOTON_SAMPLE = "GJet"
ONE_PHOTON_FILE = 2
N_FILES = 3


def simulated_events(sample: str, year: str, number: int) -> int:
    """How many events a file of simulation holds; no two files of a sample hold the same.

    Equal files would look like one original counted twice.
    """
    offset = 29 * YEARS.index(year) + 11 * SIMULATIONS.index(sample)
    return (1850, 2300, 1500)[number] + offset


def one_photon_fraction(sample: str, year: str) -> float:
    """Fraction of a sample's events that have one photon only, for data to have as many."""
    if sample != ONE_PHOTON_SAMPLE:
        return 0.0
    events = [simulated_events(sample, year, number) for number in range(N_FILES)]
    return events[ONE_PHOTON_FILE] / sum(events)
