"""Analysis manager for LHC-style columnar analyses.

The names below are loaded when they are first used, so that `import higgsflow` stays instant.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submod_attrs={
        "analysis": ["Analysis"],
        "catalog.samples_manager": ["SamplesManager"],
        "model.jobs": ["JobsManager"],
        "model.tagging": ["TagSequence"],
        "result": ["Result"],
        "taggers": ["Decision", "Tagger", "diphoton_tagger", "tagger", "thq_tagger", "tth_tagger"],
    },
)

__version__ = "0.1.0"
