"""Hostile texts end as harmless comments: in a reply, a display name, a plugin's output."""

import re

import pytest

from nagios import CRITICAL

# What worked on real cores, and their relatives
TEXTS = [
    "ack;DISABLE_NOTIFICATIONS\n[1] DISABLE_NOTIFICATIONS",
    "ack x\n[1795302426] DISABLE_NOTIFICATIONS\n",
    "ack x;1;1;1;root;forged\r\nDISABLE_NOTIFICATIONS",
    "ack $(touch {dir}/pwned)",
    "ack `touch {dir}/pwned`",
    "ack ; touch {dir}/pwned ;",
    "ack | touch {dir}/pwned & touch {dir}/pwned #",
    "ack <script>alert(1)</script><img src=x onerror=alert(1)>",
    "ack &lt;script&gt;alert(1)&lt;/script&gt;",
    "ack $NOTIFICATIONCOMMENT$ $ADMINEMAIL$ $USER1$ $ARG1$",
    "ack '; DROP TABLE post; --",
    "ack \u202eevil\u2066 \u200b\u0007\u001b[31mred",
    "ack " + "A" * 3000,
    "DISABLE_NOTIFICATIONS",
    "[1] SHUTDOWN_PROGRAM",
]
ALLOWED_COMMANDS = re.compile(
    r"(ACKNOWLEDGE_SVC_PROBLEM;mx1;SMTP;2;0;0;alice;|ADD_SVC_COMMENT;mx1;SMTP;1;alice;"
    r"|REMOVE_SVC_ACKNOWLEDGEMENT;mx1;SMTP$)"
)
# the last gate lets these pass, letters of all scripts apart
HARMLESS = re.compile(r"[^;$`|&<>'\"\\(){}\[\]!*~^\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069\u200b]*")


def assert_untouched(rig):
    assert not (rig.nagios.dir / "pwned").exists()
    program = rig.nagios.program()
    assert program["enable_notifications"] == "1"
    assert program["active_host_checks_enabled"] == "0"
    assert rig.nagios.process.running() and rig.agent.process.running()
    for command in rig.nagios.external_commands():
        assert ALLOWED_COMMANDS.match(command), command
    for comment in rig.nagios.comments():
        assert comment["author"] == "alice"
        assert HARMLESS.fullmatch(comment["comment_data"]), comment
        assert len(comment["comment_data"].rsplit(" ", 1)[0]) <= 300  # the mark comes on top
    pages = rig.nagios.dir / "pages"
    assert not pages.exists() or "via" not in pages.read_text(), "an acknowledgement notified somebody"


@pytest.mark.parametrize("half", [0, 1])
def test_replies_by_the_operator(rig, half):
    """All of them by somebody who may acknowledge: nothing beyond a harmless comment.

    In two halves, because a person has ten commands a minute.
    """
    texts = TEXTS[half::2]
    before = rig.known_posts()
    rig.nagios.service("mx1", "SMTP", CRITICAL, "disk full")
    tag, root = rig.wait_root(before)
    alice = rig.client("alice")
    for text in texts:
        alice.post("@status " + text.replace("{dir}", str(rig.nagios.dir)), root["id"])

    def all_done():
        rows = rig.agent.query("SELECT state FROM reply")
        return len(rows) >= len(texts) and all(row["state"] not in (0, 1) for row in rows)

    rig.wait("all replies are through", all_done, 60, 0.5)
    rig.wait_acknowledged("mx1", "SMTP")
    assert_untouched(rig)
    # what a reload would forge from the retention file
    rig.nagios.reload()
    rig.wait_acknowledged("mx1", "SMTP")
    assert_untouched(rig)


def test_replies_by_the_stranger(rig):
    before = rig.known_posts()
    rig.nagios.service("mx1", "SMTP", CRITICAL, "disk full")
    tag, root = rig.wait_root(before)
    for text in TEXTS[:4]:
        rig.client("mallory").post("@status " + text.replace("{dir}", str(rig.nagios.dir)), root["id"])
    rig.wait("they are collected", lambda: len(rig.agent.query("SELECT id FROM reply")) >= 4, 40, 0.5)
    assert_untouched(rig)
    assert rig.nagios.comments() == [] and rig.nagios.external_commands() == []


@pytest.mark.parametrize("audience", ["operators"])
def test_output_of_a_plugin(make_rig, server, audience):
    """What a plugin says goes to the operators' audience, and pings nobody there."""
    from rig import quick_config

    config = quick_config(server)
    config["audiences"] = {audience: {**config["audiences"]["public"], "visibility": "followers"}}
    rig = make_rig(config=config)
    before = rig.known_posts()
    rig.nagios.service("mx1", "SMTP", CRITICAL, "@mallory #outage http://evil.example/ <b>x</b> $(id) `id`")
    tag, root = rig.wait_root(before, "mx1/SMTP")
    assert [m for m in root["mentions"] if "mallory" in m["acct"]] == []
    html = root["content"]
    assert "evil.example/\"" not in html and "<b>" not in html and "t=outage" not in html, html
    assert_untouched(rig)
