"""Replies that the core carries out: downtime and its end, take, ack all, recheck (SPEC 5.2)."""

import pytest

from agent import tag_of
from nagios import CRITICAL
from rig import quick_config

MANY = 30


def start(make_rig, fake, hosts, prepare=None):
    config = quick_config(fake)
    config["audiences"] = {"operators": config["audiences"]["public"]}
    config["people"] = {"alice": {"mastodon": fake.handle("alice"), "role": "lead"},
                        "bob": {"mastodon": fake.handle("mallory")}}
    rig = make_rig(server=fake, hosts=hosts, config=config, start=False)
    if prepare:
        prepare(rig)
    rig.start()
    return rig


def told(rig, fake):
    """The tag of the first post, and the post."""
    rig.wait("it is told", lambda: fake.posts(), 30, 0.1)
    post = fake.posts()[0]
    return tag_of(post["text"]), post["id"]


def wait_answer(rig, fake, words, seconds=30):
    rig.wait(f"an answer with “{words}”", lambda: any(words in p["text"] for p in fake.posts()), seconds, 0.2)


def wait_result(rig, verb, result, seconds=45):
    def there():
        lines = rig.agent.json("audit")["audit"]
        return any(line["action"] == verb and line["result"] == result for line in lines)

    rig.wait(f"{verb}: {result}", there, seconds, 0.2)


def test_downtime(make_rig, fake):
    """Seen in status.dat with its author and mark; cancelled, and only ours is."""
    rig = start(make_rig, fake, {"mx1": {"services": {"SMTP": {"_TWICKET_PUBLIC": "E-mail"}, "IMAP": {}}}})
    alice = fake.client("alice")
    rig.nagios.host("mx1", 1, "gone")
    tag, root = told(rig, fake)
    alice.post("@status downtime 30m new kernel", root)
    rig.wait("three downtimes", lambda: len(rig.nagios.downtimes()) == 3, 45, 0.2)
    for downtime in rig.nagios.downtimes():
        assert downtime["author"] == "alice" and downtime["host_name"] == "mx1"
        assert downtime["comment"].startswith("new kernel - via ") and f" {tag}:r" in downtime["comment"]
        assert 1700 <= int(downtime["end_time"]) - int(downtime["start_time"]) <= 1800
    wait_result(rig, "downtime", "confirmed")
    wait_answer(rig, fake, "in downtime until")
    rig.nagios.downtime("mx1", "SMTP")
    rig.wait("bob's own one", lambda: len(rig.nagios.downtimes()) == 4, 20, 0.2)
    alice.post("@status downtime cancel", root)
    rig.wait("ours are gone", lambda: [d["author"] for d in rig.nagios.downtimes()] == ["bob"], 45, 0.2)
    wait_answer(rig, fake, "downtime cancelled (3)")


def test_undo_downtime(make_rig, fake):
    """That very one: another one of the same incident stays."""
    rig = start(make_rig, fake, {"mx1": {"services": {"SMTP": {}}}})
    alice = fake.client("alice")
    rig.nagios.host("mx1", 1, "gone")
    tag, root = told(rig, fake)
    fake.client("mallory").post("@status downtime 1h cable", root)
    rig.wait("two downtimes", lambda: len(rig.nagios.downtimes()) == 2, 45, 0.2)
    alice.post("@status downtime 30m new kernel", root)
    rig.wait("four downtimes", lambda: len(rig.nagios.downtimes()) == 4, 45, 0.2)
    alice.post("@status undo", root)
    rig.wait("alice's are gone", lambda: [d["author"] for d in rig.nagios.downtimes()] == ["bob", "bob"], 45, 0.2)
    wait_result(rig, "undo downtime", "confirmed")
    wait_answer(rig, fake, "undone")


def test_take(make_rig, fake):
    """The core takes a second acknowledgement, and the first owner hears of it."""
    rig = start(make_rig, fake, {"mx1": {"services": {"SMTP": {}}}})
    rig.nagios.service("mx1", "SMTP", CRITICAL, "refused")
    tag, root = told(rig, fake)
    fake.client("mallory").post("@status ack", root)
    assert rig.wait_acknowledged("mx1", "SMTP")["author"] == "bob"
    wait_result(rig, "ack", "confirmed")
    fake.client("alice").post("@status take", root)
    wait_result(rig, "take", "confirmed: was bob")
    rig.wait("status.dat has it", lambda: len(rig.nagios.comments("mx1", "SMTP")) == 2, 20, 0.2)
    acks = [c["author"] for c in rig.nagios.comments("mx1", "SMTP") if c["entry_type"] == "4"]
    assert rig.nagios.acknowledged("mx1", "SMTP") and sorted(acks) == ["alice", "bob"], "the core keeps both comments"
    wait_answer(rig, fake, "taken over by alice")
    wait_answer(rig, fake, "yours now, had been bob’s")
    fake.client("alice").post("@status undo", root)
    wait_result(rig, "undo take", "confirmed")
    rig.wait("it is in his name", lambda: sorted(c["author"] for c in rig.nagios.comments("mx1", "SMTP")) ==
             ["alice", "bob", "bob"], 20, 0.2)
    wait_answer(rig, fake, "yours now, had been alice’s")


def test_ack_all(make_rig, fake):
    """A host with 30 services: 31 acknowledgements, each seen in the core."""
    services = {f"s{k}": {} for k in range(MANY)}
    rig = start(make_rig, fake, {"db1": {"services": services}})
    for name in services:
        rig.nagios.service("db1", name, CRITICAL, "refused")
    rig.nagios.host("db1", 1, "gone")
    live = "SELECT id FROM problem WHERE until_s=0"
    rig.wait("all are live", lambda: len(rig.agent.query(live)) == MANY + 1, 30, 0.2)
    posts = [p for p in fake.posts() if "db1" in p["text"]]
    fake.client("mallory").post("@status ack all", posts[-1]["id"])
    wait_answer(rig, fake, "more than your role")
    fake.client("alice").post("@status ack all", posts[-1]["id"])
    wait_answer(rig, fake, f"{MANY + 1} acknowledged", 45)
    rig.wait_acknowledged("db1")
    for name in services:
        assert rig.wait_acknowledged("db1", name)["author"] == "alice"
    assert rig.agent.query("SELECT id FROM command") == [], "nothing is left under way"


def test_recheck(make_rig, fake):
    """A forced check of a core that checks nothing by itself gives what its plugin says."""

    def prepare(rig):
        script = rig.nagios.dir / "plugin"
        rig.place.write(script, "#!/bin/sh\necho still refused\nexit 2\n")
        script.chmod(0o755)
        objects = rig.nagios.dir / "objects.cfg"
        objects.write_text(objects.read_text().replace("/bin/true", str(script)))

    rig = start(make_rig, fake, {"mx1": {"services": {"SMTP": {}}}}, prepare)
    rig.nagios.service("mx1", "SMTP", CRITICAL, "refused")
    tag, root = told(rig, fake)
    fake.client("alice").post("@status recheck", root)
    wait_answer(rig, fake, "checked: CRITICAL: still refused", 90)
    wait_result(rig, "recheck", "confirmed")
