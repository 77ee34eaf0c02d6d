from __future__ import annotations

from higgsflow.records.reasons import EARLIER, NEVER
from higgsflow.report.reasons import WIDTH, Reason, told

ALL = ", of 4 samples and years"
PAIRS = [(sample, year) for sample in ("ttH", "DY") for year in ("2017", "2018")]


def test_one_cause_of_many_samples_is_told_once() -> None:
    reasons = [
        reason
        for number, pair in enumerate(PAIRS, 1)
        for reason in (
            Reason("ProcessSample", *pair, f"tagger vbf: m_jj 4 -> 5 ({number} of 4 chunks)"),
            Reason("MonitorJobs", *pair, EARLIER),
            Reason("MergeSample", *pair, EARLIER),
            Reason("MergeSample", *pair, NEVER),
        )
    ]
    assert list(told([*reasons, Reason("SummarizeAnalysis", "", "", EARLIER)])) == [
        "ProcessSample, of 4 samples and years: tagger vbf: m_jj 4 -> 5 (10 of 16 chunks)",
        "  ttH, DY (2017, 2018)",
        f"made again from these: MonitorJobs, MergeSample, SummarizeAnalysis{ALL}",
    ]


def test_what_only_one_has_stays_a_line() -> None:
    reasons = [
        Reason("UpdateScale1fb", "ttH", "2017", "xs 0.5 -> 1"),
        Reason("MergeSample", "ttH", "2017", EARLIER),
        Reason("SummarizeAnalysis", "", "", "samples: + WW (2017)"),
    ]
    assert list(told(reasons)) == [
        "UpdateScale1fb ttH 2017: xs 0.5 -> 1",
        "SummarizeAnalysis: samples: + WW (2017)",
        "made again from these: MergeSample, of ttH 2017",
    ]


def test_stages_that_wait_for_the_same_stand_in_one_line() -> None:
    reasons = [Reason(s, *p, NEVER) for p in PAIRS[:3] for s in ("IndexSample", "MergeSample")]
    assert list(told([*reasons, Reason("SummarizeAnalysis", "", "", NEVER)])) == [
        "IndexSample, MergeSample, of 3 samples and years: was never made",
        "  ttH (2017, 2018); DY (2017)",
        "SummarizeAnalysis: was never made",
    ]


def test_many_names_are_folded_between_words() -> None:
    reasons = [Reason("IndexSample", f"sample_{i}", f"year_{i}", NEVER) for i in range(40)]
    first, *names = told(reasons)
    assert first == "IndexSample, of 40 samples and years: was never made"
    assert all(len(line) <= WIDTH and line.startswith("  ") for line in names)
    assert " ".join(map(str.strip, names)).split("; ")[39] == "sample_39 (year_39)"
