"""A service that comes and goes: one beginning, summaries, one end (SPEC 4.5 case 6, GOALS C3).

Two hours are pressed into seconds: the core counts results, not time, and the agent's patience is
configured. What the agent counts by itself takes an hour: only its beginning is seen here.
"""

from filerig import NOC, PUBLIC
from nagios import CRITICAL, OK
from proc import wait_for

HOSTS = {"mx1": {"services": {"SMTP": {"_TWICKET_PUBLIC": "E-mail"}}}}
BOTH = (NOC, PUBLIC)


def alerts(rig):
    return rig.nagios.log().count("SERVICE ALERT: mx1;SMTP")


def result(rig, state):
    """One passive result that changes the state, and that the core has taken in."""
    before = alerts(rig)
    rig.nagios.service("mx1", "SMTP", state, f"result {state}")
    wait_for("the core has taken the result in", lambda: alerts(rig) > before, 60)


def flaps(rig):
    return rig.nagios.status("mx1", "SMTP").get("is_flapping") == "1"


def test_a_service_flaps_by_the_core_s_word(make_file_rig):
    """At most four posts for each audience: unstable, summaries, stable."""
    digest = {"flap_digest": "18s"}
    rig = make_file_rig(HOSTS, settings={"enable_flap_detection": 1}, public=digest, operators=digest)
    for n in range(13):  # bad at the end: well again before the agent has looked at it, it would be no trouble
        result(rig, OK if n % 2 else CRITICAL)
    wait_for("the core's own detection", lambda: flaps(rig), 60)
    for account in BOTH:
        rig.wait("it is called unstable", lambda a=account: any("🟡" in t for t in rig.texts(a)), 20, 0.1)
    began = {account: len(rig.said(account)) for account in BOTH}
    for n in range(8):
        result(rig, CRITICAL if n % 2 else OK)
    rig.fence()
    assert {account: len(rig.said(account)) for account in BOTH} == began, "each turn is not news"
    rig.wait("a summary", lambda: all(len(rig.said(a)) > began[a] for a in BOTH), 25, 0.1)
    for _ in range(40):
        rig.nagios.service("mx1", "SMTP", OK, "fine")
    wait_for("the core calls it stable", lambda: not flaps(rig), 20)
    for account in BOTH:
        rig.wait("its end is told", lambda a=account: "🟢" in rig.texts(a)[-1], 20, 0.1)
    rig.fence()
    for account in BOTH:
        texts = rig.texts(account)
        assert len(texts) <= 4, texts
        assert sum("🟢" in t for t in texts) == 1 and len(rig.tags(account)) == 1


def test_a_service_breaks_again_and_again_where_the_core_does_not_look(make_file_rig):
    """Three times broken again within the hour: from there on it is unstable, and the rest is silence."""
    rig = make_file_rig(HOSTS, hold=0)
    for _ in range(4):
        told = {account: len(rig.said(account)) for account in BOTH}
        result(rig, CRITICAL)
        rig.wait("it is told", lambda t=told: all(len(rig.said(a)) > t[a] for a in BOTH), 20, 0.1)
        if any("🟡" in text for text in rig.texts(NOC)):
            break
        told = {account: len(rig.said(account)) for account in BOTH}
        result(rig, OK)
        rig.wait("its end is told", lambda t=told: all(len(rig.said(a)) > t[a] for a in BOTH), 20, 0.1)
    for account in BOTH:
        assert sum("🟡" in text for text in rig.texts(account)) == 1, rig.texts(account)
    before = [len(rig.said(account)) for account in BOTH]
    for n in range(6):
        result(rig, OK if n % 2 == 0 else CRITICAL)
    rig.fence()
    assert [len(rig.said(account)) for account in BOTH] == before, "unstable: each turn is not news"
