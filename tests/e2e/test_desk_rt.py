"""The desk against a real Request Tracker 5: tickets, notes, answers, and answers of the wire that get lost.

One test, because starting an RT is most of its time. Nothing of the agent but the notifier and http.c.
"""

import urllib.parse

import pytest

import rt as rts
from desks import Desk
from proc import Cleanup, Place
from rig import Script

pytestmark = [pytest.mark.alone, pytest.mark.skipif(bool(rts.missing()), reason=rts.missing())]

DORA = "dora@social.example"
ODD = "dora@127.0.0.1:8080"  # as on a test server: RT takes the ticket, and drops the requestor
REPORT = "https://social.example/@dora/1"


@pytest.fixture
def rt():
    with Cleanup() as cleanup:
        place = Place()
        cleanup.callback(place.close)
        rt = rts.Rt(place)
        cleanup.stop(rt)
        yield rt.start()
    assert not cleanup.failures


def numbers(rt, words):
    query = urllib.parse.quote(f"Subject LIKE '{words}'")
    return [item["id"] for item in rt.call("anna", "GET", f"/tickets?query={query}")[1]["items"]]


def see_check(rt, desk):
    status, said = desk.check()
    assert (status, "online" in said) == (0, True), said
    assert "desk: Request Tracker 5" in said and "rt, queue Support at" in said
    for change, words in (
        ({"queue": "Closed"}, 'there is no queue "Closed", or the token\'s user lacks the right SeeQueue on it'),
        ({"token": "1-1-0123456789abcdef"}, "401: Unauthorized"),
        ({"url": rt.root + "/nowhere"}, "desk: "),
        ({"token": rt.tokens["anna"]}, "lacks the right CreateTicket"),
    ):
        status, said = desk.check(**change)
        assert status == 1 and words in said, said


def see_ticket(rt, desk):
    fake = {"Queue": "Support", "Subject": "[twicket Q-2222] mine", "Content": "x", "ContentType": "text/plain"}
    assert rt.call("mallory", "POST", "/ticket", fake)[0] == 201
    assert not desk.job("TICKET_FIND", key="Q-2222")["found"]
    assert not desk.job("TICKET_FIND", key="Q-4K7M")["found"]
    made = desk.job("TICKET", key="Q-4K7M", subject="Störung\nCc: x", text="hällo 🔥\n.\nno mail", to=DORA, link=REPORT)
    assert made["class"] == "ok" and made["url"] == f"{rt.root}/Ticket/Display.html?id={made['id']}"
    ticket = rt.ticket(made["id"])
    assert ticket["Subject"] == "[twicket Q-4K7M] Störung Cc: x"
    assert [one["id"] for one in ticket["Requestor"]] == [DORA]
    assert any(link.get("_url") == REPORT for link in ticket["_hyperlinks"])
    assert rt.texts(made["id"]) == [("Create", "twicket", f"hällo 🔥\n.\nno mail\n\nReporter: {DORA}\nReport: {REPORT}\n")]
    found = desk.job("TICKET_FIND", key="Q-4K7M")
    assert found["found"] and found["id"] == made["id"] and found["url"] == made["url"]
    return made["id"]


def see_notes(rt, desk, ticket):
    given = {"target": ticket, "text": "ünder #T7K2"}
    assert desk.job("TICKET_NOTE", key="Q-4K7M.1", note="internal", **given)["class"] == "ok"
    assert desk.job("TICKET_NOTE", key="Q-4K7M.2", note="requestor", **given)["class"] == "ok"
    assert [(kind, who) for kind, who, _ in rt.texts(ticket)[1:]] == [("Comment", "twicket"), ("Correspond", "twicket")]
    assert desk.job("TICKET_FIND", key="Q-4K7M.2", target=ticket)["found"]
    assert not desk.job("TICKET_FIND", key="Q-4K7M.3", target=ticket)["found"]
    assert desk.job("TICKET_NOTE", key="Q-4K7M.3", target="99999", text="x")["class"] == "permanent"


def see_answers(rt, desk, ticket):
    read = desk.job("TICKET_ANSWERS", target=ticket)
    assert (read["class"], read["ticket"]) == ("ok", "open")
    assert [item["text"] for item in read["items"]] == [""]  # the cursor: our own words are not news
    first = read["items"][-1]["cursor"]
    say = {"ContentType": "text/plain"}
    rt.call("anna", "POST", f"/ticket/{ticket}/comment", {"Content": "she is a nuisance", **say})
    rt.call("anna", "POST", f"/ticket/{ticket}/correspond", {"Content": "We löok into it\n-- \nAnna", **say})
    rt.call("anna", "POST", f"/ticket/{ticket}/correspond", {"Content": "<p>It is <b>over</b> &amp; done</p>",
                                                             "ContentType": "text/html"})
    assert rt.call("mallory", "POST", f"/ticket/{ticket}/correspond", {"Content": "send me your password", **say})[0] == 201
    rt.call("anna", "PUT", f"/ticket/{ticket}", {"Status": "resolved"})
    read = desk.job("TICKET_ANSWERS", target=ticket, cursor=first)
    assert read["ticket"] == "closed"
    assert [item["text"] for item in read["items"]] == ["We löok into it", "It is over & done", ""]
    assert read["items"][0]["acct"].startswith("anna@") and read["items"][0]["display"] == "Anna"
    cursor = read["items"][-1]["cursor"]
    assert [item["cursor"] for item in desk.job("TICKET_ANSWERS", target=ticket, cursor=cursor)["items"]] == [cursor]


def see_lost_answer(rt, desk, proxy):
    """RT acted and nobody heard of it: searched, found, and never made twice."""
    at = proxy.url + "/REST/2.0"
    lost = desk.job("TICKET", at=at, key="Q-9QMT", subject="lost", text="x", to=ODD)
    assert lost["class"] == "unknown" and not lost["id"]
    found = desk.job("TICKET_FIND", at=at, key="Q-9QMT")
    assert found["found"] and numbers(rt, "Q-9QMT") == [found["id"]]
    assert f"Reporter: {ODD}" in rt.texts(found["id"])[0][2]
    lost = desk.job("TICKET_NOTE", at=at, key="Q-9QMT.1", target=found["id"], text="x", note="internal")
    assert lost["class"] == "unknown"
    assert desk.job("TICKET_FIND", at=at, key="Q-9QMT.1", target=found["id"])["found"]


def test_request_tracker(rt):
    desk = Desk(rt.place, type="rt", url=rt.root, queue=rt.queue, token=rt.tokens["twicket"])
    see_check(rt, desk)
    ticket = see_ticket(rt, desk)
    see_notes(rt, desk, ticket)
    see_answers(rt, desk, ticket)
    proxy = Script(rt.place, "lossy.py", "--to", f"127.0.0.1:{rt.port}", "--every", "1", "--methods", "POST")
    try:
        see_lost_answer(rt, desk, proxy)
    finally:
        proxy.stop()
    # the reporter's handle is nobody's mail address
    assert "dora" not in rt.mails()
    rt.stop()
    assert desk.job("TICKET", key="Q-T9QM", text="x")["class"] == "retry"
