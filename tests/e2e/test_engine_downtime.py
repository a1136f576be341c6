"""Scheduled downtime: planned work is told in a thread of its own, trouble under it is not (SPEC 4.5 case 7)."""

import pytest

from filerig import ICINGA_LATE_S, NOC, PUBLIC
from nagios import CRITICAL, DOWN, OK, UP, WARNING

HOSTS = {
    "mx1": {"services": {"SMTP": {"_TWICKET_PUBLIC": "E-mail"}, "Queue": {}}},
    "db1": {"services": {"Postgres": {}}},
}
BOTH = (NOC, PUBLIC)
SETTLE_S = 10  # so long the agent waits for what else is scheduled in the same act


def fail_smtp(rig):
    """mx1/SMTP is told to both."""
    rig.nagios.service("mx1", "SMTP", CRITICAL, "refused")
    for account in BOTH:
        rig.wait_said(account, 1)


def last(rig, account, count, mark, seconds=30):
    """The text of the post that is the last of `count`, and bears the mark."""
    text = rig.wait_said(account, count, seconds)[-1]
    assert mark in text, text
    return text


def assert_one_thread(rig):
    for account in BOTH:
        posts = rig.said(account)
        assert len(rig.tags(account)) == 1, rig.texts(account)
        assert [p.get("parent") for p in posts[1:]] == [posts[0]["key"]] * (len(posts) - 1)


# --- in the middle of an incident ---------------------------------------------------------------


@pytest.mark.icinga
def test_downtime_in_an_incident_and_recovery_inside(make_file_rig):
    """The beginning once, silence, the recovery at once, and nothing at the end."""
    rig = make_file_rig(HOSTS)
    fail_smtp(rig)
    rig.nagios.downtime("mx1", "SMTP", lasts=3600)
    for account in BOTH:
        last(rig, account, 2, "🔧")
    rig.nagios.service("mx1", "SMTP", WARNING, "slow")
    rig.nagios.service("mx1", "SMTP", CRITICAL, "refused again")
    rig.fence()
    assert [len(rig.said(account)) for account in BOTH] == [2, 2], "silent while it lasts"
    rig.nagios.service("mx1", "SMTP", OK, "fine")
    for account in BOTH:
        last(rig, account, 3, "🟢")
    rig.nagios.end_downtimes()
    rig.fence()
    assert [len(rig.said(account)) for account in BOTH] == [3, 3], "no second recovery"
    assert_one_thread(rig)


@pytest.mark.icinga
def test_downtime_in_an_incident_that_outlasts_it(make_file_rig):
    """Still bad at its end: said once; then the recovery is told as ever."""
    rig = make_file_rig(HOSTS)
    fail_smtp(rig)
    rig.nagios.downtime("mx1", "SMTP", lasts=6)
    for account in BOTH:
        last(rig, account, 2, "🔧")
    assert "until" in rig.texts(NOC)[1]
    for account in BOTH:
        last(rig, account, 3, "🔴")
    assert "downtime over, still CRITICAL" in rig.texts(NOC)[2]
    assert "maintenance finished, but not all is working" in rig.texts(PUBLIC)[2]
    rig.nagios.service("mx1", "SMTP", OK, "fine")
    for account in BOTH:
        last(rig, account, 4, "🟢")
    rig.fence()
    assert [len(rig.said(account)) for account in BOTH] == [4, 4]
    assert_one_thread(rig)


@pytest.mark.icinga
def test_a_host_s_downtime_in_an_incident(make_file_rig):
    """A host that is DOWN with its services, and SCHEDULE_HOST_DOWNTIME: covered as a whole."""
    rig = make_file_rig(HOSTS)
    rig.nagios.service("mx1", "SMTP", CRITICAL, "no route")
    rig.nagios.host("mx1", DOWN, "PING CRITICAL")
    for account in BOTH:
        rig.wait_said(account, 1)
    rig.nagios.downtime("mx1", lasts=3600, author="bob")
    for account in BOTH:
        last(rig, account, 2, "🔧")
    assert "bob" in rig.texts(NOC)[1] and "bob" not in rig.texts(PUBLIC)[1]
    rig.nagios.service("mx1", "Queue", CRITICAL, "no route")
    rig.fence()
    assert [len(rig.said(account)) for account in BOTH] == [2, 2]
    rig.nagios.host("mx1", UP, "PING OK")
    for service in ("SMTP", "Queue"):
        rig.nagios.service("mx1", service, OK, "fine")
    for account in BOTH:
        last(rig, account, 3, "🟢")
    rig.nagios.end_downtimes()
    rig.fence()
    assert [len(rig.said(account)) for account in BOTH] == [3, 3]
    assert_one_thread(rig)


def restart(rig, what):
    if what == "core":
        rig.nagios.stop()
        rig.wait("the agent has seen it go", lambda: not rig.agent.connected(), 60)
        rig.nagios.start()
    else:
        rig.agent.kill() if what == "agent killed" else rig.agent.stop()
        rig.agent.start()
    rig.agent.wait_connected()


@pytest.mark.icinga
@pytest.mark.parametrize("what", ["agent", "agent killed", "core"])
def test_a_restart_in_a_downtime(make_file_rig, what):
    """Nothing is said twice, and the end is known all the same."""
    rig = make_file_rig(HOSTS)
    fail_smtp(rig)
    rig.nagios.downtime("mx1", "SMTP", lasts=3600)
    for account in BOTH:
        last(rig, account, 2, "🔧")
    restart(rig, what)
    rig.fence()
    assert [len(rig.said(account)) for account in BOTH] == [2, 2]
    rig.nagios.end_downtimes()
    for account in BOTH:
        last(rig, account, 3, "🔴")
    rig.nagios.service("mx1", "SMTP", OK, "fine")
    for account in BOTH:
        last(rig, account, 4, "🟢")
    assert_one_thread(rig)


# --- planned ------------------------------------------------------------------------------------


@pytest.mark.icinga
def test_planned_maintenance(make_file_rig):
    """Announced ahead, begun, ended, in a thread of its own; what fails meanwhile is not told."""
    rig = make_file_rig(HOSTS, public={"announce": ["30s"]}, operators={"announce": ["30s"]})
    rig.nagios.downtime("mx1", begins=SETTLE_S + 6, lasts=9 + (ICINGA_LATE_S if rig.icinga else 0), author="bob",
                        text="new kernel")
    for account in BOTH:
        last(rig, account, 1, "🔧")
    assert "E-mail: planned maintenance" in rig.texts(PUBLIC)[0]
    assert "bob" in rig.texts(NOC)[0] and "new kernel" in rig.texts(NOC)[0]
    assert "bob" not in rig.texts(PUBLIC)[0] and "kernel" not in rig.texts(PUBLIC)[0]
    for account in BOTH:
        last(rig, account, 2, "🔧")
    assert "has begun" in rig.texts(PUBLIC)[1] and "in downtime" in rig.texts(NOC)[1]
    rig.nagios.host("mx1", DOWN, "rebooting")
    rig.nagios.service("mx1", "SMTP", CRITICAL, "refused")
    rig.nagios.wait_state("mx1", "SMTP", CRITICAL)
    rig.nagios.host("mx1", UP, "PING OK")
    rig.nagios.service("mx1", "SMTP", OK, "fine")
    for account in BOTH:
        last(rig, account, 3, "🟢")
    rig.fence()
    assert [len(rig.said(account)) for account in BOTH] == [3, 3]
    assert_one_thread(rig)


@pytest.mark.icinga
def test_planned_maintenance_that_leaves_something_broken(make_file_rig):
    """Its end says so, and the rest is an incident's."""
    rig = make_file_rig(HOSTS)
    rig.nagios.downtime("mx1", "SMTP", lasts=SETTLE_S + 6 + (ICINGA_LATE_S if rig.icinga else 0))
    for account in BOTH:
        last(rig, account, 1, "🔧")
    rig.nagios.service("mx1", "SMTP", CRITICAL, "refused")
    for account in BOTH:
        last(rig, account, 2, "🔴")
    assert "not all is working" in rig.texts(PUBLIC)[1] and "still CRITICAL" in rig.texts(NOC)[1]
    rig.fence()
    told = {account: len(rig.said(account)) for account in BOTH}
    rig.nagios.service("mx1", "SMTP", OK, "fine")
    for account in BOTH:
        last(rig, account, told[account] + 1, "🟢")


@pytest.mark.icinga
def test_a_planned_maintenance_is_cancelled(make_file_rig):
    rig = make_file_rig(HOSTS, public={"announce": ["1h"]}, operators={"announce": ["1h"]})
    rig.nagios.downtime("mx1", begins=1800, lasts=600)
    for account in BOTH:
        last(rig, account, 1, "🔧")
    rig.nagios.end_downtimes()
    for account in BOTH:
        assert "cancelled" in last(rig, account, 2, "🔧")
    rig.fence()
    assert [len(rig.said(account)) for account in BOTH] == [2, 2]
    assert_one_thread(rig)


# --- on a real server ---------------------------------------------------------------------------


def test_downtime_in_an_incident_on_a_server(rig):
    """All of it stands under the first post, as followers read it."""
    before = rig.known_posts()
    rig.nagios.service("mx1", "SMTP", CRITICAL, "refused")
    tag, root = rig.wait_root(before)
    rig.nagios.downtime("mx1", "SMTP", lasts=3600)
    assert "🔧" in rig.wait_posts(tag, 2)[1][0]
    rig.nagios.service("mx1", "SMTP", OK, "fine")
    posts = rig.wait_posts(tag, 3)
    assert "🟢" in posts[2][0]
    assert [status["in_reply_to_id"] for _, status in posts] == [None, root["id"], root["id"]]
