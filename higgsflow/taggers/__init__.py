"""Taggers: what decides which events are kept, and under which tag."""

from higgsflow.taggers.base import Decision, Tagger
from higgsflow.taggers.diphoton import DiphotonTagger
from higgsflow.taggers.function import tagger
from higgsflow.taggers.thq import THQTagger
from higgsflow.taggers.tth import TTHTagger

diphoton_tagger = DiphotonTagger(name="diphoton")
tth_tagger = TTHTagger(name="tth")
thq_tagger = THQTagger(name="thq")

__all__ = [
    "Decision",
    "DiphotonTagger",
    "THQTagger",
    "TTHTagger",
    "Tagger",
    "diphoton_tagger",
    "tagger",
    "thq_tagger",
    "tth_tagger",
]
