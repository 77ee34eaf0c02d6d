import re

from higgsflow.report.pictures import Pictures
from higgsflow.report.selection_sections import cut_flows, overlaps, systematics

NONE = Pictures((), (), None)
WINDOW = ("m_gg", 115.0, 135.0)


def test_cut_flow_has_entries_and_fractions(make_summary):
    text = cut_flows(make_summary()).text
    assert "<td>400</td>" in text
    assert ">205<small>51.2%</small>" in text


def test_cut_flow_has_n_minus_1_and_weights(make_summary):
    text = cut_flows(make_summary()).text
    assert "<summary>N-1</summary>" in text
    assert "By year, with weights" in text
    assert "50.0 ± " in text


def test_blinded_data_are_in_no_cut_flow(make_summary):
    text = cut_flows(make_summary(blinded=WINDOW)).text
    rows = [row for row in text.split("<tr>") if row.startswith('<th scope="row">Data<')]
    assert len(rows) == 4
    assert all("<td>blinded</td></tr>" in row for row in rows)


def test_no_cut_flows_are_said(make_summary):
    assert "No cut flows." in cut_flows(make_summary(samples=())).text


def test_overlap_has_a_matrix_per_process(make_summary):
    text = overlaps(make_summary()).text
    assert text.count("Events in both tags") == 3
    assert " → " in text


def test_overlap_of_blinded_data_is_hidden(make_summary):
    text = overlaps(make_summary(blinded=WINDOW)).text
    assert "data: data" not in text
    assert "Data are blinded." in text


def test_systematics_are_there_for_all_and_each_process(make_summary):
    text = systematics(make_summary(), NONE).text
    assert '<th scope="col">ttH</th><th scope="col">diphoton</th>' in text
    assert "+10.00%" in text


def test_many_systematics_are_folded_and_none_is_left_out(make_summary, with_systematics):
    few, many = (with_systematics(make_summary(), n) for n in (20, 21))
    assert "All 20 systematics" not in systematics(few, NONE).text
    text = systematics(many, NONE).text
    (_, folded) = text.split("<summary>All 21 systematics, all simulation</summary>")
    # of all simulation, and for each of two tags of each process
    assert all(folded.count(f'<th scope="row">s{i:02d}</th>') == 2 * 3 for i in range(21))


def test_effects_on_processes_are_those_of_their_samples(make_summary):
    text = systematics(make_summary(), NONE).text
    table = text.split("Effect on each process, tth</summary>")[1].split("</table>")[0]
    rows = [re.sub(r"<[^>]+>", " ", row).split() for row in table.split("<tr>")]
    assert ["pileup", "up", "+10.00%", "+10.00%"] in rows
    assert ["systematic", "direction", "ttH", "diphoton"] in rows


def test_no_systematics_are_said(make_summary):
    data = (("Data", "data", "data", False, 1.0),)
    assert "No systematics." in systematics(make_summary(samples=data), NONE).text
