"""The mail desk against a real Exim: what arrives, over TLS and with a login, and what is refused."""

import pytest

import exim as exims
from desks import Desk
from proc import Cleanup, Place

pytestmark = [pytest.mark.alone, pytest.mark.skipif(bool(exims.missing()), reason=exims.missing())]

TEXT = "seit heute früh\n.\nFrom here\n" + "x" * 2000 + "\n🔥\n"
LOGIN = "bob:correct-horse"


@pytest.fixture
def exim():
    with Cleanup() as cleanup:
        place = Place()
        cleanup.callback(place.close)
        exim = exims.Exim(place)
        cleanup.stop(exim)
        yield exim.start()
    assert not cleanup.failures


def desk_of(exim, **other):
    settings = {"type": "mail", "url": exim.url, "queue": "help@example.net", "from": "twicket@example.net"}
    return Desk(exim.place, **{**settings, **other})


def test_thread(exim):
    desk = desk_of(exim)
    made = desk.job("TICKET", key="Q-4K7M", subject="Störung\r\nBcc: evil@example.net", text=TEXT,
                    to="dörte@social.example\r\nX-Evil: 1", link="https://social.example/@d/1")
    assert (made["class"], made["id"]) == ("ok", "Q-4K7M.0@example.net")
    noted = desk.job("TICKET_NOTE", key="Q-4K7M.2", target=made["id"], subject="Störung", text="over", note="internal")
    assert noted["class"] == "ok"
    ticket, note = exim.mails(2)
    assert ticket["Message-ID"] == "<Q-4K7M.0@example.net>"
    assert ticket["Subject"] == "[twicket Q-4K7M] Störung  Bcc: evil@example.net"
    assert ticket["From"] == "twicket <twicket@example.net>" and ticket["To"] == "help@example.net"
    assert ticket["Bcc"] is None and ticket["X-Evil"] is None
    assert ticket["X-Twicket-Reporter"] == "dörte@social.example  X-Evil: 1"
    assert ticket["Auto-Submitted"] == "auto-generated" and ticket["Date"].datetime is not None
    lines = ticket.get_content().replace("\r\n", "\n")
    assert lines.startswith(TEXT) and lines.rstrip().endswith("Report: https://social.example/@d/1")
    assert note["Message-ID"] == "<Q-4K7M.2@example.net>" and note["Subject"] == "Re: [twicket Q-4K7M] Störung"
    assert note["References"] == note["In-Reply-To"] == ticket["Message-ID"]
    assert note["X-Twicket-Note"] == "internal"


def test_same_mail_again(exim):
    """After a lost answer: the same Message-ID, by which a desk knows it."""
    desk = desk_of(exim)
    for _ in range(2):
        assert desk.job("TICKET", key="Q-4K7M", text="x")["class"] == "ok"
    first, second = exim.mails(2)
    assert first["Message-ID"] == second["Message-ID"]


def test_tls_and_login(exim):
    desk = desk_of(exim, url=exim.tls_url, queue="private@example.net", token=LOGIN, ca_file=exim.ca_file)
    status, said = desk.check()
    assert status == 0 and "desk: logged in" in said and "mail to private@example.net" in said, said
    assert desk.job("TICKET", key="Q-4K7M", text="x")["class"] == "ok"
    exim.mails(1)
    refused = desk_of(exim, url=exim.tls_url, queue="private@example.net", token="bob:wrong", ca_file=exim.ca_file)
    assert refused.job("TICKET", key="Q-4K7N", text="x")["class"] == "auth"
    status, said = refused.check()
    assert status == 1 and "535" in said, said
    unknown = desk_of(exim, url=exim.tls_url, queue="private@example.net", token=LOGIN)
    assert unknown.job("TICKET", key="Q-4K7N", text="x")["class"] == "retry"  # not our CA
    exim.mails(1)


def test_starttls(exim):
    if not exim.named_url():
        pytest.skip("this machine's name is not 127.0.0.1")
    login = {"url": exim.named_url(), "queue": "private@example.net", "token": LOGIN}
    assert desk_of(exim, **login, ca_file=exim.ca_file).job("TICKET", key="Q-4K7M", text="x")["class"] == "ok"
    assert desk_of(exim, **login).job("TICKET", key="Q-4K7M", text="x")["class"] == "retry"  # not our CA
    exim.mails(1)


def test_refusals(exim):
    for queue, verdict in (("nobody@example.net", "auth"), ("busy@example.net", "retry"),
                           ("private@example.net", "auth")):
        assert desk_of(exim, queue=queue).job("TICKET", key="Q-4K7M", text="x")["class"] == verdict
    status, said = desk_of(exim).check()
    assert status == 0 and "desk: answers" in said, said
    exim.stop()
    assert desk_of(exim).job("TICKET", key="Q-4K7M", text="x")["class"] == "retry"
    assert exim.raw() == []
