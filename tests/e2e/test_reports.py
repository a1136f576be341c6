"""Many report what a real core calls well: operators hear it, the public does not (SPEC 3 row 69)."""

import pytest

from rig import quick_config

HOSTS = {"mx1": {"services": {"SMTP": {"_TWICKET_PUBLIC": "E-mail", "_TWICKET_PUBLIC_DE": "Elektropost"}}},
         "db1": {"services": {"Postgres": {}}}}


def said(rig, words):
    return [row["text"] for row in rig.agent.query("SELECT text FROM post") if words in row["text"]]


def test_many_reports(make_rig, fake, tmp_path):
    """The names come from the core's own inventory; a restart of the agent forgets no report."""
    config = quick_config(fake, reports=3)
    config["accounts"]["ops"] = {"network": "file", "handle": str(tmp_path / "ops.jsonl")}
    config["audiences"]["operators"] = {"accounts": ["ops"]}
    rig = make_rig(server=fake, hosts=HOSTS, config=config)
    reports = [("dora", "my E-Mail is gone"), ("dora", "really, no e-mail"), ("emil", "die Elektropost geht nicht"),
               ("frida", "Postgres is slow"), ("gustav", "is the email down?")]
    for k, (name, words) in enumerate(reports):
        fake.control("reply", {"user": f"{name}@remote.example", "text": f"@status {words}", "visibility": "public"})
        rig.wait("it is a ticket", lambda: len(rig.agent.query("SELECT id FROM ticket")) == k + 1, 40, 0.2)
        if k == 3:
            assert not said(rig, "people report it")
            rig.agent.stop()
            rig.agent.start()
            rig.agent.wait_connected()
    rig.wait("operators hear it", lambda: said(rig, "people report it"), 30, 0.2)
    line, = said(rig, "people report it")
    assert line.startswith("\U0001F465 E-mail: 3 people report it, the first at ")
    assert not [p for p in fake.posts() if "people report it" in p["text"]], "not the public's business"
