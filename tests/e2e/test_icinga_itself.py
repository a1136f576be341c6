"""What twicket counts on in a real Icinga 2, without twicket: should one of these fail, the source is to be read again."""

import pytest

import fakeicinga
import icinga
from icinga import Api, Icinga, Stream
from nagios import CRITICAL, DOWN, OK, UP
from proc import Cleanup, Place, RigError, wait_for

HOSTS = {
    "gw": {},
    "mx1": {"hostgroups": "mail,all", "services": {
        "SMTP": {"_TWICKET_PUBLIC": "E-mail", "_TWICKET_PUBLIC_DE": "E-Mail", "display_name": "Mail in"},
        "Queue": {"max_check_attempts": 3},
    }},
    "web1": {"parents": "gw", "services": {"HTTP": {"servicegroups": "web"}}},
}
EVENTS = ["StateChange", "AcknowledgementSet", "AcknowledgementCleared", "CommentAdded", "CommentRemoved"]
LATE_S = 15  # Icinga keeps an event back for up to five seconds

pytestmark = [pytest.mark.alone, pytest.mark.skipif(bool(icinga.is_missing()), reason=icinga.is_missing())]


@pytest.fixture(scope="module")
def here():
    with Cleanup() as cleanup:
        place = Place()
        cleanup.callback(place.close)
        yield cleanup.stop(Icinga(place, HOSTS).start())
    assert not cleanup.failures, cleanup.failures


@pytest.fixture
def agent(here):
    """The agent's own user, with its rights and no more."""
    return Api(here, icinga.USER, here.password)


def names(stream):
    return [event["type"] for event in stream.events]


def test_an_acknowledgement_and_who_set_it(here):
    here.service("mx1", "SMTP", CRITICAL, "disk full")
    with Stream(here.root, EVENTS) as stream:
        here.acknowledge("mx1", "SMTP", author="bob", text="mine")
        assert here.acknowledgement("mx1", "SMTP") == ("bob", "mine")
        with pytest.raises(RigError, match="409"):
            here.acknowledge("mx1", "SMTP")
        here.service("mx1", "SMTP", OK)
        wait_for("its events", lambda: "StateChange" in names(stream), LATE_S)
    assert names(stream) == ["CommentAdded", "AcknowledgementSet", "AcknowledgementCleared", "CommentRemoved",
                             "StateChange"]
    assert not here.acknowledged("mx1", "SMTP") and here.comments("mx1", "SMTP") == []
    with pytest.raises(RigError, match="409.*is OK"):
        here.acknowledge("mx1", "SMTP")


def test_what_was_never_checked(here, agent):
    """Its state reads UNKNOWN; only that there is no result tells it apart."""
    found = agent.query("services", service="web1!HTTP")[0]["attrs"]
    assert (found["state"], found["last_check_result"]) == (3, None)


def test_groups_and_names(here, agent):
    service = agent.query("services", service="mx1!SMTP")[0]["attrs"]
    assert service["vars"] == {"twicket_public": "E-mail", "twicket_public_de": "E-Mail"}
    assert service["display_name"] == "Mail in"
    assert sorted(agent.query("hosts", host="mx1")[0]["attrs"]["groups"]) == ["all", "mail"]


def test_a_host_behind_another(here, agent):
    """It is unreachable from its own next result on, not from its parent's."""
    here.host("gw", UP)
    here.host("web1", UP)
    here.host("gw", DOWN)
    assert agent.query("hosts", host="web1")[0]["attrs"]["last_reachable"]
    here.host("web1", DOWN)
    assert not agent.query("hosts", host="web1")[0]["attrs"]["last_reachable"]
    found = agent.query("dependencies")
    assert [(d["attrs"]["parent_host_name"], d["attrs"]["child_host_name"]) for d in found] == [("gw", "web1")]


def test_the_agent_s_user_may_do_what_it_needs_and_no_more(here, agent):
    """A right that is missing and a thing that is not there look the same."""
    here.service("mx1", "SMTP", CRITICAL)
    agent.action("acknowledge-problem", "mx1", "SMTP", author="alice", comment="on it - via test")
    agent.action("remove-acknowledgement", "mx1", "SMTP", author="alice")
    agent.action("add-comment", "mx1", "SMTP", author="alice", comment="hm")
    for kind in ("hosts", "services", "comments", "downtimes", "dependencies"):
        assert agent.call("POST", f"objects/{kind}", {}, "GET")[0] == 200, kind
    assert agent.call("GET", "status/IcingaApplication")[0] == 200
    with pytest.raises(RigError, match="404"):
        agent.action("process-check-result", "mx1", "SMTP", exit_status=0, plugin_output="")
    assert agent.call("GET", "objects/users")[0] in (403, 404)
    assert agent.call("PUT", "objects/hosts/new", {"attrs": {}})[0] in (403, 404)
    assert agent.call("GET", "config/packages")[0] in (403, 404)


def test_a_reload_loses_what_came_just_before(here):
    """The state survives; the stream ends, and never says what it had not yet said."""
    for n in range(3):
        here.service("mx1", "Queue", CRITICAL, f"attempt {n}")
    before = here.program()["program_start"]
    with Stream(here.root, ["StateChange"]) as stream:
        for n in range(20):
            here.service("mx1", "Queue", OK if n % 2 == 0 else CRITICAL, f"result {n}")
        here.reload()
        assert stream.ended.wait(LATE_S)
        assert len(stream.events) < 20, "none of them was lost: the rig cannot show that polling finds them"
    assert here.program()["program_start"] != before
    assert here.status("mx1", "Queue")["plugin_output"] == "result 19"


def test_a_restart_keeps_what_was_acknowledged(here):
    here.service("mx1", "SMTP", OK)
    here.service("mx1", "SMTP", CRITICAL)
    here.acknowledge("mx1", "SMTP", author="bob", text="mine")
    here.stop()
    assert here.program() == {}
    here.start()
    assert here.acknowledgement("mx1", "SMTP") == ("bob", "mine")


def test_its_memory_is_that_of_all_its_processes(here):
    alone = here.rss()
    assert len(here.processes()) == 3 and alone > 20_000
    with Stream(here.root, ["StateChange"]):
        assert alone / 2 < here.rss() < alone * 2


# --- the scripted one ---------------------------------------------------------------------------

SMTP = {"type": "Service", "service": "mx1!SMTP"}
ACK = {**SMTP, "author": "alice", "comment": "mine", "sticky": True}
PAIR = ["mx1!SMTP", "mx1!Queue"]
NAMED = {"attrs": ["last_check_result"], "services": PAIR}
DIALOGUE = [  # (path, body, as a GET)
    ("status/IcingaApplication", {}, True),
    ("objects/services", {"attrs": ["state", "last_check", "acknowledgement", "last_reachable"], "services": PAIR}, True),
    ("objects/services", NAMED, True),
    ("objects/services", {"services": ["mx1!SMTP", "mx1!none"]}, True),
    ("objects/hosts", {"attrs": ["no_such_thing"]}, True),
    ("objects/hosts", {"attrs": ["address", "last_state_up"], "hosts": ["mx1"]}, True),
    ("objects/services", {"attrs": ["address"]}, True),
    ("objects/services", {"attrs": ["last_state_up"]}, True),
    ("objects/hosts", {"attrs": ["last_state_ok"]}, True),
    ("objects/downtimes", {"attrs": []}, True),
    ("objects/nonsense", {}, True),
    ("actions/acknowledge-problem", ACK, False),
    ("actions/acknowledge-problem", ACK, False),
    ("actions/add-comment", {**SMTP, "author": "alice", "comment": "hm"}, False),
    ("objects/comments", {"attrs": ["host_name", "service_name", "entry_type", "author", "text", "entry_time"]}, True),
    ("actions/remove-acknowledgement", {**SMTP, "author": "alice"}, False),
    ("actions/remove-acknowledgement", {**SMTP, "author": "alice"}, False),
    ("actions/acknowledge-problem", {**ACK, "service": "mx1!none"}, False),
    ("actions/no-such-action", SMTP, False),
    ("events", {"queue": "twicket"}, False),
]


def shape(said):
    """What a reader of answers looks at: their keys, the codes and words of results."""
    if "results" not in said:
        return sorted(key for key in said if key != "diagnostic_information")
    return sorted({(*sorted(result), "code", result.get("code"), result.get("status", "")[:20] if "code" in result else "",
                    "attrs", *sorted(result.get("attrs") or [])) for result in said["results"]})


def dialogue(api):
    for path, body, is_get in DIALOGUE:
        status, said = api.call("POST", path, body, "GET" if is_get else "")
        yield path, status, shape(said)


def test_the_scripted_one_answers_alike(here, agent):
    """What is tried on it would be in vain otherwise."""
    here.service("mx1", "SMTP", OK)
    for n in range(3):
        here.service("mx1", "Queue", CRITICAL, f"attempt {n}")
    here.service("mx1", "SMTP", CRITICAL)
    with Cleanup() as cleanup:
        place = Place()
        cleanup.callback(place.close)
        fake = cleanup.stop(fakeicinga.FakeIcinga(place, {"mx1": {"services": {"SMTP": {}, "Queue": {}}}}))
        fake.service("mx1", "SMTP", CRITICAL)
        other = Api(fake, "twicket", fakeicinga.PASSWORD)
        other.context = fake.context
        assert list(dialogue(other)) == list(dialogue(agent))
