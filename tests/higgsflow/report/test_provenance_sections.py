from higgsflow.report.content import FileSummary
from higgsflow.report.provenance_sections import provenance


def test_configuration_is_shown_as_it_is(make_summary):
    text = provenance(make_summary(configuration="a: <b>\n  c: 1\n")).text
    assert '<pre tabindex="0">a: &lt;b&gt;\n  c: 1\n</pre>' in text


def test_no_configuration_is_said(make_summary):
    assert "holds no configuration" in provenance(make_summary(configuration="")).text


def test_merged_files_are_listed(make_summary):
    summary = make_summary()
    folder, _, name = summary.samples[0].merged["nominal"].rpartition("/")
    text = provenance(summary).text
    assert f"<code>{folder}</code>" in text
    assert f'<code class="long">{name}' in text


def test_commit_of_the_program_is_told(make_summary):
    row = "commit of higgsflow</th><td><code>{}</code>"
    assert row.format("9ac4119f") in provenance(make_summary(commit="9ac4119f")).text
    assert row.format("-") in provenance(make_summary()).text


def test_versions_of_the_jobs_are_there(make_summary):
    summary = make_summary()
    samples = tuple(
        s.model_copy(update={"versions": {"python": (version,)}})
        for s, version in zip(summary.samples, ["3.10", "3.11", "3.11"], strict=False)
    )
    text = provenance(summary.model_copy(update={"samples": samples})).text
    assert "python of the jobs</th><td><code>3.10, 3.11</code>" in text


def test_what_it_was_made_from_is_told(make_summary):
    made_from = {"tagger diphoton: lead_pt_min": 35, "code": "#abc"}
    text = provenance(make_summary(made_from=made_from, inputs="d16e57")).text
    assert "lead_pt_min</th><td><code>35</code>" in text
    assert "<code>d16e57</code>" in text


def with_files(summary, n):
    file = FileSummary(url="root://h//<f>", uuid="u", ranges=((0, 5), (7, 9)), sum_g=1360.5)
    samples = tuple(s.model_copy(update={"files": (file,) * n}) for s in summary.samples)
    return summary.model_copy(update={"samples": samples})


def test_files_and_the_entries_that_count_are_listed(make_summary):
    text = provenance(with_files(make_summary(), 1)).text
    assert "root://h//&lt;f&gt;" in text
    assert "<td>7</td><td>1360.5</td>" in text


def test_very_many_files_are_cut_with_a_sentence(make_summary):
    text = provenance(with_files(make_summary(), 200)).text
    assert "200 more are in summary.json." in text


def test_very_many_merged_files_are_cut_with_a_sentence(make_summary):
    summary = make_summary()
    merged = {f"source{i}_up": f"/store/{i}/up.parquet" for i in range(200)}
    samples = tuple(s.model_copy(update={"merged": merged}) for s in summary.samples)
    text = provenance(summary.model_copy(update={"samples": samples})).text
    assert "200 more are in summary.json." in text
