"""Hours in which an audience wants to hear nothing: summed up afterwards (SPEC 3 row 44)."""

import time

from filerig import NOC, PUBLIC
from nagios import CRITICAL, OK

HOSTS = {
    "mx1": {"services": {"SMTP": {"_TWICKET_PUBLIC": "E-mail"}}},
    "web1": {"services": {"HTTP": {"_TWICKET_PUBLIC": "Shop"}}},
    "tel1": {"services": {"SIP": {"_TWICKET_PUBLIC": "Telephone"}}},
}


def clock(offset_s):
    """UTC, as the configuration of the rig has it."""
    return time.strftime("%H:%M", time.gmtime(time.time() + offset_s))


def test_quiet_hours(make_file_rig):
    """Only the urgent is told; when the hours end, one summary, and what is still bad."""
    now_quiet = {"quiet_hours": f"{clock(-3600)}-{clock(3600)}", "urgent": "host:tel1, host:fence*"}
    rig = make_file_rig(HOSTS, public=now_quiet)
    rig.nagios.service("mx1", "SMTP", CRITICAL, "refused")
    rig.nagios.service("tel1", "SIP", CRITICAL, "no dial tone")
    assert "Telephone" in rig.wait_said(PUBLIC, 1)[0]
    rig.wait_said(NOC, 2)
    rig.nagios.service("mx1", "SMTP", OK, "fine")
    rig.nagios.service("web1", "HTTP", CRITICAL, "503")
    rig.wait_said(NOC, 4)  # problem, problem, the recovery of one, problem
    rig.fence()
    assert len(rig.said(PUBLIC)) == 1
    rig.agent.configure(rig.config({"public": {"quiet_hours": ""}}))
    rig.agent.reload()
    rig.wait("the summary and what is still bad", lambda: len(rig.said(PUBLIC)) >= 3, 20, 0.2)
    rig.fence()
    texts = rig.texts(PUBLIC)
    assert len(texts) == 3, texts
    digest = next(t for t in texts if "📋" in t)
    assert "E-mail" in digest.split(".")[0] and "Still disrupted" in digest and "Shop" in digest
    assert sum("Shop: disruption since" in t for t in texts) == 1
    rig.nagios.service("web1", "HTTP", OK, "fine")
    assert "🟢 Shop" in rig.wait_said(PUBLIC, 4)[3]
