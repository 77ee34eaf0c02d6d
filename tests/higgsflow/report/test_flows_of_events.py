from typing import NamedTuple

from higgsflow.report.flows_of_events import flows_of_events


class Flow(NamedTuple):
    step: int
    tagger: str
    group: str


def test_those_of_objects_are_left_out_where_the_tagger_has_some_of_events():
    of_events = Flow(0, "diphoton", "events")
    of_channel = Flow(1, "tth", "events_leptonic")
    found = flows_of_events(
        [Flow(0, "diphoton", "photons"), of_events, of_channel, Flow(1, "tth", "jets")]
    )
    assert found == (of_events, of_channel)


def test_of_a_tagger_that_tells_nothing_of_events_all_stay():
    """Also where another tagger, or the same one in another step, does."""
    flows = (Flow(0, "a", "photons"), Flow(0, "a", "jets"), Flow(0, "b", "events"))
    assert flows_of_events(flows) == flows
    assert flows_of_events((Flow(0, "a", "events"), Flow(1, "a", "jets"))) == (
        Flow(0, "a", "events"),
        Flow(1, "a", "jets"),
    )
