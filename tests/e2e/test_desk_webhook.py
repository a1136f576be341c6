"""The webhook desk against a receiver that verifies the signature and drops what it had."""

import pytest

from desks import SECRET, Desk, Hook
from proc import Cleanup, Place

pytestmark = pytest.mark.alone


@pytest.fixture
def hook():
    with Cleanup() as cleanup:
        place = Place()
        cleanup.callback(place.close)
        yield cleanup.stop(Hook(place))
    assert not cleanup.failures


@pytest.fixture
def desk(hook):
    return Desk(hook.place, type="webhook", url=hook.url + "/twicket", token=SECRET)


def test_signed(hook, desk):
    made = desk.job("TICKET", key="Q-4K7M", subject="mail", text='ü "\n🔥', to="dora@social.example", link="https://s/1")
    assert (made["class"], made["id"]) == ("ok", "Q-4K7M")
    noted = desk.job("TICKET_NOTE", key="Q-4K7M.1", target="17", text="over", note="requestor")
    assert noted["class"] == "ok"
    assert hook.done() == [
        {"version": 1, "event": "ticket", "key": "Q-4K7M", "ticket": "Q-4K7M", "subject": "mail", "text": 'ü "\n🔥',
         "reporter": "dora@social.example", "link": "https://s/1"},
        {"version": 1, "event": "note", "key": "Q-4K7M.1", "ticket": "Q-4K7M", "desk_id": "17", "for": "reporter",
         "text": "over"}]


def test_nothing_twice(hook, desk):
    hook.script("lose", 503)
    assert desk.job("TICKET", key="Q-4K7M", text="x")["class"] == "retry"  # done, and nobody heard of it
    assert desk.job("TICKET", key="Q-4K7M", text="x")["class"] == "retry"  # 503
    assert desk.job("TICKET", key="Q-4K7M", text="x")["class"] == "ok"  # 409
    assert len(hook.done()) == 1


def test_verdicts(hook, desk):
    hook.script(403, 422, 429, "ids")
    for verdict in ("auth", "permanent", "limit"):
        assert desk.job("TICKET", key="Q-4K7M", text="x")["class"] == verdict
    made = desk.job("TICKET", key="Q-4K7M", text="x")
    assert (made["id"], made["url"]) == ("4711", "https://desk.example.net/4711")
    other = Desk(hook.place, type="webhook", url=hook.url, token="another-secret-of-16")
    assert other.job("TICKET", key="Q-4K7N", text="x")["class"] == "auth"
    assert len(hook.done()) == 1


def test_check(hook, desk):
    status, said = desk.check()
    assert status == 0 and "desk: somebody listens there" in said, said
    assert hook.done() == []
    status, said = desk.check(token="short")
    assert status == 1 and "fewer than 16 characters" in said, said
    status, said = desk.check(token="")
    assert status == 0 and "desk: no secret to sign with yet" in said, said
    hook.stop()
    status, said = desk.check()
    assert status == 1 and "could not connect" in said, said
