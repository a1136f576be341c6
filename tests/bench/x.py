"""GOALS C1 and C4, from the loopback X's own bill: what an incident costs there, and an idle day.

The agent is real; its incidents come from core_stub.py. Amounts are micro USD until they are shown.
"""

import time

from core_stub import CRITICAL, OK, CoreStub
from stand import Agent, Cleanup, Place, judge, note, wait_for

from proc import RigError
from xrig import LoopbackX

GOAL_USD = 0.031
IDLE_S = 120  # a poll is due every POLL
POLL = "6s"
LINK = "https://mon.example.net/?host=$HOSTNAME$"
RECOVERY = "🟢 $OBJECT$ $STATE$ since $UNTIL$, after $DURATION$[\n$LINK$]\n$TAG$"


def describe(host, service):
    return ["_TWICKET_PUBLIC", f"{service} on {host}"]


class XStand(Cleanup):
    """A loopback X, an agent with an account there, and a core."""

    def __init__(self, build, **audience):
        super().__init__()
        try:
            place = Place()
            self.callback(place.close)
            self.x = self.stop(LoopbackX(place, openapi=False))
            if audience["use"] == "operators":  # internals are not said where everybody reads
                self.x.control("user", {"name": self.x.name_of("status"), "protected": True})
            self.agent = Agent(place, build, self.config(audience))
            self.agent.token("status_x", self.x.tokens["status"])
            self.stop(self.agent.start())
            self.core = CoreStub(self.agent.socket, describe)
            self.callback(self.core.close)
            wait_for("we are known to X", lambda: self.x.requests("GET", "/2/users/me"))
        except BaseException:
            self.close()
            raise

    def config(self, audience):
        """As an admin would have it, but for the waiting."""
        account = {"network": "x", "handle": self.x.handle("status"), "url": self.x.url, "poll": POLL}
        return {
            "log": "warn",
            "link": LINK,
            "accounts": {"status_x": account},
            "audiences": {"told": {"accounts": ["status_x"], "hold": "0", "recovery_hold": "0", **audience}},
            "people": {"alice": {"x": self.x.handle("alice")}},
        }

    def told(self, count):
        wait_for(f"{count} posts on X", lambda: len(self.x.posts()) >= count)
        wait_for("they are settled", lambda: not self.agent.unsettled())

    def read(self, count):
        wait_for(f"{count} replies are read", lambda: len(self.agent.query("SELECT id FROM reply")) >= count, 30)

    def account(self):
        return self.agent.json("status")["accounts"][0]

    def incident(self, host):
        """A problem, alice's reply, the recovery: what X billed, and what the ledger says."""
        billed, spent = self.x.billed(), self.account()["spent_micro"]
        posts, replies = len(self.x.posts()), len(self.agent.query("SELECT id FROM reply"))
        self.core.service(host, "SMTP", CRITICAL, "it does not answer")
        self.told(posts + 1)
        wait_for("reading has begun", lambda: self.account()["last_read_ms"])
        root = self.x.posts()[-1]
        if root["parent"]:
            raise RigError("not an incident of its own")
        self.x.post("alice", "ack", root["id"])
        self.read(replies + 1)
        self.core.service(host, "SMTP", OK, "fine")
        self.told(posts + 2)
        return self.x.billed() - billed, self.account()["spent_micro"] - spent


def second(stand, what):
    """The second incident: the first one also pays for the id behind alice's name, once and for all."""
    first, _ = stand.incident("mx1")
    billed, spent = stand.incident("mx2")
    note(f"{what}: {billed / 1e6:.3f} USD by X's bill, {spent / 1e6:.3f} by the ledger; the very first one "
         f"{first / 1e6:.3f}, with the id behind a person's name")
    return billed, spent


def cost(build):
    with XStand(build, use="public") as stand:
        billed, spent = second(stand, "C1.usd")
        shown = {what: row[0] for what, row in stand.x.charges().items()}
        note(f"C1: all that was billed, of both incidents and the start: {shown}")
    judge("C1.usd", billed / 1e6, GOAL_USD)
    judge("C1.ledger_error_usd", abs(billed - spent) / 1e6, 0)


def cost_with_links(build):
    """links = true: the shipped words link the first post of operators; then both."""
    for name, more in (("C1.links_usd", {}), ("C1.links_in_both_usd", {"words": {"en": {"recovery": RECOVERY}}})):
        with XStand(build, use="operators", links=True, **more) as stand:
            judge(name, second(stand, name)[0] / 1e6, None)


def idle(build):
    with XStand(build, use="public") as stand:
        wait_for("nothing is awaited", lambda: stand.account()["idle"])
        asked, billed = len(stand.x.requests()), len(stand.x.bill()["lines"])
        time.sleep(IDLE_S)
        requests, paid = len(stand.x.requests()) - asked, len(stand.x.bill()["lines"]) - billed
        note(f"C4: {IDLE_S} s with nothing open, poll = {POLL}: {requests} requests, {paid} lines on the bill; a "
             "whole day on the virtual clock: tests/scenario/x_idle.txt")
        stand.core.service("mx1", "SMTP", CRITICAL, "it does not answer")
        wait_for("the same agent asks when something is open",
                 lambda: [r for r in stand.x.requests("GET") if "/mentions" in r["path"]], 30)
    judge("C4.paid_reads", paid, 0)
    judge("C4.requests", requests, 0)


def run(build):
    cost(build)
    cost_with_links(build)
    idle(build)
