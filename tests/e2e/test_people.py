"""People: the rights that a real core gives its contacts, and who is proven or revoked (SPEC 3 rows 55-57, 81)."""

import pytest

from agent import tag_of
from nagios import CRITICAL
from rig import quick_config

HOSTS = {"mx1": {"services": {"SMTP": {"_TWICKET_PUBLIC": "E-mail", "contact_groups": "mailers"}}},
         "web1": {"services": {"HTTP": {"_TWICKET_PUBLIC": "Shop"}}}}
CONTACTS = """\
define contact {{
    contact_name                   {name}
    can_submit_commands            {may}
    host_notification_period       always
    service_notification_period    always
    host_notification_options      n
    service_notification_options   n
    host_notification_commands     page
    service_notification_commands  page
}}
"""
GROUP = """\
define contactgroup {
    contactgroup_name  mailers
    alias              mailers
    members            alice,reader
}
"""


def start(make_rig, fake, match="contact:{}"):
    """A core with two contacts, and a person of that name for each; only alice may submit commands."""
    config = quick_config(fake)
    config["people"] = {"alice": {"mastodon": fake.handle("alice"), "match": match.format("alice")},
                        "reader": {"mastodon": fake.handle("mallory"), "match": match.format("reader")}}
    rig = make_rig(server=fake, hosts=HOSTS, config=config, start=False)
    objects = rig.nagios.dir / "objects.cfg"
    objects.write_text(objects.read_text() + CONTACTS.format(name="alice", may=1) +
                       CONTACTS.format(name="reader", may=0) + GROUP)
    rig.start()
    return rig


def fail(rig, fake, host="mx1", service="SMTP"):
    """Its tag and the post to answer."""
    before = len(fake.posts())
    rig.nagios.service(host, service, CRITICAL, "refused")
    rig.wait("it is told", lambda: len(fake.posts()) > before, 20, 0.1)
    post = fake.posts()[-1]
    return tag_of(post["text"]), post["id"]


def audit(rig, person):
    lines = rig.agent.json("audit")["audit"]
    return [(line["action"], line["result"]) for line in lines if line["actor"] == person]


def wait_audit(rig, person, *line):
    rig.wait(f"{person}: {line}", lambda: line in audit(rig, person), 30, 0.2)


def test_contacts_of_the_core(make_rig, fake):
    """Who hears of it but may not submit commands is refused, and so is who is no contact at all of it."""
    rig = start(make_rig, fake)
    tag, root = fail(rig, fake)
    fake.client("mallory").post("@status ack", root)
    wait_audit(rig, "reader", "ack", "denied: not_allowed")
    assert not rig.nagios.external_commands()
    fake.client("alice").post("@status ack", root)
    rig.wait_acknowledged("mx1", "SMTP")
    wait_audit(rig, "alice", "ack", "confirmed")
    tag, root = fail(rig, fake, "web1", "HTTP")  # neither's
    fake.client("alice").post("@status ack disk", root)
    wait_audit(rig, "alice", "ack", "denied: not_allowed")
    assert len(rig.nagios.external_commands()) == 1


def test_enrolled_and_revoked(make_rig, fake):
    rig = start(make_rig, fake, match="*")
    tag, root = fail(rig, fake)
    alice = fake.client("alice")
    code = rig.agent.cli("people", "enrol", "alice").stdout.strip()
    assert len(code) == 10
    alice.post("@status " + code.lower(), root, "direct")
    wait_audit(rig, "alice", "enrol", "done: enrolled")
    person = rig.agent.json("people")["people"][0]
    assert person["handles"][0]["ids"][0]["proven_ms"] and not person["code_until_ms"]
    assert "proven" in rig.agent.cli("people").stdout
    assert code not in rig.agent.log() and code not in str(rig.agent.query("SELECT * FROM reply"))
    assert rig.agent.cli("people", "revoke", "alice").returncode == 0
    alice.post("@status ack", root)
    wait_audit(rig, fake.handle("alice"), "ack", "denied: revoked")
    rig.agent.kill()
    rig.cleanup.stop(rig.agent.start())
    rig.agent.wait_connected()
    alice.post("@status ack now", root)
    rig.wait("refused again", lambda: audit(rig, fake.handle("alice")).count(("ack", "denied: revoked")) == 2, 30, 0.2)
    assert "REVOKED" in rig.agent.cli("people").stdout
    assert not rig.nagios.external_commands(), "nothing of it reached the core"
    assert rig.agent.cli("people", "restore", "alice").returncode == 0
    alice.post("@status ack at last", root)
    rig.wait_acknowledged("mx1", "SMTP")
    assert 'audit: who="alice" what="ack" result="confirmed"' in rig.agent.log(), "the journal has a copy"
    assert rig.agent.cli("people", "revoke", "nobody").returncode == 1
