"""A real Icinga 2 as the source: the same words, the same people, by a user who may only what the agent needs.

Icinga tells an event up to five seconds late and the agent asks every ten at the latest: PATIENCE is on top.
"""

import pytest

from client import plain
from filerig import FENCE_HOSTS, NOC, PUBLIC
from icinga import CHOICE, NODE, RIGHTS
from nagios import CRITICAL, DOWN, OK, UP, WARNING
from rig import cores, quick_config

HOSTS = {
    "mx1": {"services": {"SMTP": {"_TWICKET_PUBLIC": "E-mail"}, "Queue": {"max_check_attempts": 3}}},
    "db1": {"services": {"Postgres": {}}},
}
BOTH = (NOC, PUBLIC)


def open_incident(rig, output="disk full"):
    """mx1/SMTP is told on the network: (tag, the first post)."""
    before = rig.known_posts()
    rig.icinga.service("mx1", "SMTP", CRITICAL, output)
    return rig.wait_root(before)


def fail_smtp(rig):
    """mx1/SMTP is told to both audiences: the tag."""
    rig.icinga.service("mx1", "SMTP", CRITICAL, "refused")
    for account in BOTH:
        rig.wait_said(account, 1)
    assert rig.tags(NOC) == rig.tags(PUBLIC)
    return rig.tags(NOC)[0]


def favourited(rig, status):
    """By whom, as the server tells its own people."""
    return next(post["favourited_by"] for post in rig.server.control("posts") if post["id"] == status["id"])


def incident_tags(rig):
    return [incident["tag"] for incident in rig.agent.json("list")["incidents"]]


# --- the loop -----------------------------------------------------------------------------------


def by_password(rig):
    return rig.icinga.group()


def by_certificate(rig):
    return rig.icinga.group_by_certificate()


@pytest.mark.parametrize("login", [by_password, by_certificate], ids=lambda f: f.__name__)
def test_problem_acknowledgement_recovery(make_icinga_rig, login):
    """By a user who may only what the agent needs."""
    rig = make_icinga_rig(start=False)
    rig.agent.always = {"icinga2": [login(rig)]}
    rig.agent.configure(quick_config(rig.server))
    rig.start()
    tag, root = open_incident(rig)
    assert "disk full" not in plain(root["content"]) and "mx1" not in plain(root["content"])
    stranger = rig.client("mallory").post("@status ack I fix it", root["id"])
    reply = rig.client("alice").post("@status ack disk full", root["id"])
    comment = rig.wait_acknowledged("mx1", "SMTP")
    assert comment["author"] == "alice" and comment["comment_data"].startswith("disk full - via "), comment
    assert comment["comment_data"].split()[-1].startswith(f"{tag}:r"), comment
    status = rig.icinga.status("mx1", "SMTP")
    assert status["acknowledgement_type"] == "2" and comment["persistent"] == "0", "sticky, and gone with the trouble"
    rig.wait("the reply is favourited", lambda: favourited(rig, reply), 20, 0.3)
    assert not favourited(rig, stranger)
    rig.wait_posts(tag, 2)
    rig.icinga.service("mx1", "SMTP", OK, "fine again")
    posts = rig.wait_posts(tag, 3)
    assert [text[0] for text, _ in posts] == ["🔴", "👷", "🟢"], posts
    assert {status["in_reply_to_id"] for _, status in posts[1:]} == {root["id"]}


def test_node_and_source_in_status(icinga_rig):
    node, = icinga_rig.agent.json("status")["nodes"]
    assert node["name"] == NODE and node["connected"]
    said = icinga_rig.agent.cli("status").stdout
    assert NODE in said and "icinga" in said.lower(), said
    online = icinga_rig.agent.cli("check", "--online")
    assert online.returncode == 0 and "icinga2" in online.stdout and "may not" not in online.stderr, online


def test_a_comment_and_an_unack_by_reply(icinga_rig):
    """A comment stands there once, however often the answer was waited for."""
    rig = icinga_rig
    _, root = open_incident(rig)
    alice = rig.client("alice")
    alice.post("@status ack", root["id"])
    rig.wait_acknowledged("mx1", "SMTP")
    alice.post("@status the disk is an old one", root["id"])

    def comments():
        return [c for c in rig.icinga.comments("mx1", "SMTP") if c["entry_type"] == "1"]

    rig.wait("the comment is in Icinga", comments, 30)
    reply = alice.post("@status unack", root["id"])
    rig.wait("the acknowledgement is gone", lambda: not rig.icinga.acknowledged("mx1", "SMTP"), 30)
    rig.wait("the reply is favourited", lambda: favourited(rig, reply), 20, 0.3)
    comment, = comments()
    assert comment["author"] == "alice" and "the disk is an old one" in comment["comment_data"]


def test_an_acknowledgement_for_an_hour(icinga_rig):
    """Its end is the agent's: one that Icinga knew could not be renewed by a second reply."""
    rig = icinga_rig
    _, root = open_incident(rig)
    rig.client("alice").post("@status ack 1h disk full", root["id"])
    rig.wait_acknowledged("mx1", "SMTP")
    assert rig.icinga.attrs("mx1", "SMTP")["acknowledgement_expiry"] == 0
    incident, = rig.agent.json("list")["incidents"]
    assert incident["owner"] == "alice", incident


def test_an_acknowledgement_that_comes_after_another(icinga_rig):
    """carol was first, in Icinga: alice's stands beside it, and hers is not taken from her."""
    rig = icinga_rig
    tag, root = open_incident(rig)
    rig.icinga.acknowledge("mx1", "SMTP", author="carol")
    rig.wait_posts(tag, 2)
    rig.client("alice").post("@status ack me too", root["id"])
    rig.wait("alice's reply was worked off", lambda: "me too" in rig.replies(), 30, 0.3)
    rig.wait("it has its end", lambda: rig.agent.query(
        "SELECT 1 FROM reply WHERE text LIKE '%me too%' AND state > 1"), 40, 0.3)
    assert rig.icinga.acknowledgement("mx1", "SMTP")[0] == "carol"


def test_a_downtime_by_reply(make_icinga_rig):
    """Where the sample's choice was taken."""
    rig = make_icinga_rig(start=False)
    rig.icinga.rights = RIGHTS + CHOICE
    rig.icinga.configure(HOSTS)
    rig.start()
    _, root = open_incident(rig)
    alice = rig.client("alice")
    alice.post("@status downtime 30m new disk", root["id"])
    downtime, = rig.wait("the downtime is in Icinga", rig.icinga.downtimes, 30)
    assert downtime["author"] == "alice" and downtime["comment"].startswith("new disk - via "), downtime
    assert abs(downtime["end_time"] - downtime["start_time"] - 1800) < 60
    alice.post("@status downtime cancel", root["id"])
    rig.wait("it is gone", lambda: not rig.icinga.downtimes(), 30)


def test_a_right_that_is_missing(make_icinga_rig):
    """Icinga says 404, and the agent what that means; the problem and its end are told all the same."""
    rig = make_icinga_rig(start=False)
    rig.icinga.rights = [right for right in RIGHTS if right != "actions/acknowledge-problem"]
    rig.icinga.configure(HOSTS)
    rig.start()
    tag, root = open_incident(rig)
    reply = rig.client("alice").post("@status ack", root["id"])
    rig.wait("it is said", lambda: "actions/acknowledge-problem" in rig.agent.log(), 40, 0.3)
    assert not rig.icinga.acknowledged("mx1", "SMTP") and not favourited(rig, reply)
    online = rig.agent.cli("check", "--online")
    assert online.returncode == 1 and 'add "actions/acknowledge-problem"' in online.stdout + online.stderr, online
    rig.icinga.service("mx1", "SMTP", OK)
    rig.wait("its end is told", lambda: "🟢" in rig.posts(tag)[-1][0], 30, 0.2)


# --- what happens in Icinga ---------------------------------------------------------------------


def test_an_acknowledgement_in_icinga_and_its_removal(make_icinga_file_rig):
    rig = make_icinga_file_rig(HOSTS)
    fail_smtp(rig)
    rig.icinga.acknowledge("mx1", "SMTP", author="carol", text="from the web")
    for account in BOTH:
        rig.wait_said(account, 2)
    assert "carol has it" in rig.texts(NOC)[1] and "carol" not in rig.texts(PUBLIC)[1]
    rig.icinga.unacknowledge("mx1", "SMTP")
    assert "nobody" in rig.wait_said(NOC, 3)[2].lower(), rig.texts(NOC)
    rig.fence()
    assert len(rig.said(NOC)) == 3 and len(rig.said(PUBLIC)) == 2


def test_never_checked_and_soft_is_not_told(make_icinga_file_rig):
    """The third attempt is; what was never checked reads UNKNOWN in Icinga and is nobody's trouble."""
    rig = make_icinga_file_rig(HOSTS)
    rig.icinga.service("mx1", "Queue", OK)  # of one that was never checked the first result counts as the second
    rig.icinga.service("mx1", "Queue", CRITICAL, "first")
    rig.icinga.service("mx1", "Queue", CRITICAL, "second")
    rig.fence()
    assert rig.said(NOC) == [] and rig.icinga.status("mx1", "Queue")["state_type"] == "0"
    rig.icinga.service("mx1", "Queue", OK)
    rig.fence()
    assert rig.said(NOC) == [], "an end without a beginning"
    for n in range(3):
        rig.icinga.service("mx1", "Queue", CRITICAL, f"attempt {n}")
    assert "mx1/Queue CRITICAL" in rig.wait_said(NOC, 1)[0]


def test_a_host_down_speaks_for_its_services(make_icinga_file_rig):
    """Before it and after it: one post, one end."""
    hosts = {"mx1": {"services": {f"disk{n}": {"_TWICKET_PUBLIC": f"Share {n}"} for n in range(12)}}}
    rig = make_icinga_file_rig(hosts, hold=5)
    for n in range(6):
        rig.icinga.service("mx1", f"disk{n}", CRITICAL, "no route to host")
    rig.icinga.host("mx1", DOWN, "PING CRITICAL")
    for n in range(6, 12):
        rig.icinga.service("mx1", f"disk{n}", CRITICAL, "no route to host")
    for account in BOTH:
        rig.wait_said(account, 1)
    assert "mx1 DOWN since" in rig.texts(NOC)[0] and "12 services" in rig.texts(NOC)[0]
    rig.icinga.host("mx1", UP)
    for n in range(12):
        rig.icinga.service("mx1", f"disk{n}", OK)
    for account in BOTH:
        assert "🟢" in rig.wait_said(account, 2)[1]
    rig.fence()
    assert [len(rig.said(account)) for account in BOTH] == [2, 2]


def test_hosts_behind_a_router(make_icinga_file_rig):
    """Icinga has no state UNREACHABLE: what is behind it reads DOWN, and is not told."""
    behind = {f"web{n}": {"parents": "gw", "services": {"HTTP": {"_TWICKET_PUBLIC": f"Shop {n}"}}} for n in range(6)}
    rig = make_icinga_file_rig({"gw": {}, **behind}, hold=5)
    for host in ("gw", *behind):
        rig.icinga.host(host, UP)
    rig.icinga.host("gw", DOWN, "PING CRITICAL")
    for host in behind:
        rig.icinga.service(host, "HTTP", CRITICAL, "no route to host")
        rig.icinga.host(host, DOWN, "no answer")
    noc, = rig.wait_said(NOC, 1)
    public, = rig.wait_said(PUBLIC, 1)
    assert noc.startswith("🔴 gw DOWN since") and "Shop 0" in public, (noc, public)
    rig.fence()
    assert [len(rig.said(account)) for account in BOTH] == [1, 1]
    for host in ("gw", *behind):
        rig.icinga.host(host, UP)
    for host in behind:
        rig.icinga.service(host, "HTTP", OK)
    for account in BOTH:
        rig.wait_said(account, 2)
    rig.fence()
    assert [[text[0] for text in rig.texts(account)] for account in BOTH] == [["🔴", "🟢"]] * 2


def test_a_downtime_in_an_incident(make_icinga_file_rig):
    rig = make_icinga_file_rig(HOSTS, hold=1)
    fail_smtp(rig)
    rig.icinga.downtime("mx1", "SMTP", lasts=3600)
    for account in BOTH:
        assert "🔧" in rig.wait_said(account, 2)[1]
    rig.icinga.service("mx1", "SMTP", WARNING, "slow")
    rig.fence()
    assert [len(rig.said(account)) for account in BOTH] == [2, 2], "silent while it lasts"
    rig.icinga.service("mx1", "SMTP", OK, "fine")
    for account in BOTH:
        assert "🟢" in rig.wait_said(account, 3)[2]
    rig.icinga.end_downtimes()
    rig.fence()
    assert [len(rig.said(account)) for account in BOTH] == [3, 3], "no second recovery"


def test_trouble_in_a_downtime(make_icinga_file_rig):
    """The maintenance is told, what fails in it is not, until it ends."""
    rig = make_icinga_file_rig(HOSTS)
    rig.icinga.downtime("mx1", lasts=3600, author="bob", text="new kernel", all_services=True)
    for account in BOTH:
        assert "🔧" in rig.wait_said(account, 1)[0]
    rig.icinga.host("mx1", DOWN, "rebooting")
    rig.icinga.service("mx1", "SMTP", CRITICAL, "refused")
    rig.fence()
    assert [len(rig.said(account)) for account in BOTH] == [1, 1], (rig.texts(NOC), rig.texts(PUBLIC))
    rig.icinga.end_downtimes()
    rig.wait("its end and what is left is told", lambda: "mx1" in rig.texts(NOC)[-1] and len(rig.said(NOC)) > 1, 40, 0.2)
    assert "DOWN" in rig.texts(NOC)[-1], rig.texts(NOC)


def test_a_service_that_comes_and_goes(make_icinga_file_rig):
    """By Icinga's own word: one beginning, one end."""
    rig = make_icinga_file_rig(HOSTS, settings={"enable_flap_detection": 1})
    for n in range(21):
        rig.icinga.service("mx1", "SMTP", OK if n % 2 else CRITICAL, f"result {n}")
    assert rig.icinga.status("mx1", "SMTP")["is_flapping"] == "1"
    for account in BOTH:
        rig.wait("it is called unstable", lambda a=account: any("🟡" in text for text in rig.texts(a)), 30, 0.2)
    began = {account: len(rig.said(account)) for account in BOTH}
    for n in range(6):
        rig.icinga.service("mx1", "SMTP", CRITICAL if n % 2 else OK, f"again {n}")
    rig.fence()
    assert {account: len(rig.said(account)) for account in BOTH} == began, "each turn is not news"
    for _ in range(60):
        rig.icinga.service("mx1", "SMTP", OK, "fine")
    assert rig.icinga.status("mx1", "SMTP")["is_flapping"] == "0"
    for account in BOTH:
        rig.wait("its end is told", lambda a=account: "🟢" in rig.texts(a)[-1], 30, 0.2)
        assert sum("🟢" in text for text in rig.texts(account)) == 1 and len(rig.tags(account)) == 1


def test_an_object_is_taken_out_of_the_configuration(make_icinga_file_rig):
    rig = make_icinga_file_rig(HOSTS)
    tag = fail_smtp(rig)
    rig.icinga.configure({**FENCE_HOSTS, "db1": HOSTS["db1"]})
    rig.icinga.reload()
    for account in BOTH:
        rig.wait_said(account, 2)
    assert "no longer monitored" in rig.texts(NOC)[1], rig.texts(NOC)
    rig.fence()
    assert tag not in [i["tag"] for i in rig.agent.json("list")["incidents"]]


# --- beside a Nagios ----------------------------------------------------------------------------


def test_a_nagios_and_an_icinga_watch_the_same(make_icinga_rig):
    """One thread, one acknowledgement, one end; each has its own way of failing."""
    rig = make_icinga_rig(core=cores()[0], beside=HOSTS, start=False)
    rig.agent.configure({**quick_config(rig.server), "same_objects": ["mon1", NODE]})
    rig.start()
    tag, root = open_incident(rig)
    rig.nagios.service("mx1", "SMTP", CRITICAL, "disk full")
    rig.nagios.wait_state("mx1", "SMTP", CRITICAL)
    rig.client("alice").post("@status ack disk full", root["id"])

    def acknowledged():
        return rig.icinga.acknowledged("mx1", "SMTP") or rig.nagios.acknowledged("mx1", "SMTP")

    rig.wait("one of them has the acknowledgement", acknowledged, 30, 0.2)
    rig.wait_posts(tag, 2)
    rig.icinga.service("mx1", "SMTP", OK)
    rig.wait("the agent knows that it is well there", lambda: not live(rig, NODE), 30, 0.2)
    assert len(rig.posts(tag)) == 2, "for the other it is not well"
    rig.nagios.service("mx1", "SMTP", OK)
    posts = rig.wait_posts(tag, 3)
    assert [text[0] for text, _ in posts] == ["🔴", "👷", "🟢"], posts
    assert len(rig.posts()) == 3, "one thread"


def live(rig, node):
    """What is wrong on a node, as the agent knows it."""
    return rig.agent.query(f"SELECT host FROM problem WHERE until_s=0 AND node='{node}'")
