"""An Icinga 2 whose answers to an unack with a reason are lost, or late: the reason stands there once, and nobody loses what is his."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from filerig import NOC
from test_icinga_fake import ACTIONS, HTML, fail_smtp, make, reply, rig  # pylint: disable=unused-import


@pytest.mark.parametrize("what", [{"act": True, "close": True}, {"close": True}, {"act": True, "status": 500, "body": HTML}],
                         ids=["done and lost", "lost", "done and 500"])
def test_why_it_is_free_again_stands_there_once(rig, what):
    """The comment of an unack is looked up, too, before it is sent again."""
    tag = fail_smtp(rig)
    assert reply(rig, tag, "ack", "on it")[0] == 0
    rig.icinga.script({"path": ACTIONS + "add-comment", "count": 3, **what})
    code, said = reply(rig, tag, "unack", "I must leave")
    rig.fence()
    rig.wait("it is there", lambda: any("I must leave" in c["comment_data"] for c in rig.icinga.comments("mx1", "SMTP")), 40, 0.2)
    rig.fence()
    assert code == 0, said
    assert not rig.icinga.acknowledged("mx1", "SMTP")
    comment, = rig.icinga.comments("mx1", "SMTP")
    assert "I must leave" in comment["comment_data"]


def test_somebody_takes_it_while_an_unack_says_why(rig):
    """carol's stands: it is told once, and the end of alice's does not take it away."""
    tag = fail_smtp(rig)
    assert reply(rig, tag, "ack", "on it")[0] == 0
    rig.icinga.script({"path": ACTIONS + "add-comment", "count": 1, "delay": 8, "act": True})
    with ThreadPoolExecutor(1) as pool:
        unack = pool.submit(reply, rig, tag, "unack", "I must leave")
        rig.wait("it is free", lambda: rig.icinga.asked(ACTIONS + "add-comment"), 30, 0.1)
        rig.icinga.acknowledge("mx1", "SMTP", "carol", "mine")
        rig.wait("carol has it", lambda: "carol" in rig.agent.cli("list").stdout, 30, 0.2)
        code, said = unack.result()
    assert code == 1 and "refused" in said, said
    for _ in range(2):
        assert "carol" in rig.agent.cli("list").stdout
        rig.fence()
    story = rig.agent.cli("show", tag).stdout
    assert story.count("acknowledged by carol meanwhile") == 1 and story.count("acknowledged by carol") == 2, story
    assert sum("carol" in text for text in rig.texts(NOC)) == 1, rig.texts(NOC)
