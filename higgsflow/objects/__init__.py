"""Physics objects: masks and pairs, as functions of arrays and cuts.

All thresholds are fields of frozen cut nouns; NaN fails every cut.
"""
