"""X in the rig: the loopback X or a server that was given to us, and a rig that speaks there.

Used by the tests of X, the demo and the bench. It must never reach X itself unless TWICKET_X_URL says so.
"""

import json
import os

from agent import tag_of
from fakex import FakeX, XClient
from rig import Rig, quick_config

OPERATOR = "alice_noc"  # alice's name on X


class LoopbackX(FakeX):
    """The fake, with names as people have them: the status account is examplenet, alice is alice_noc."""

    def __init__(self, place, *args, account="examplenet", **how):
        super().__init__(place, *args, account=account, **how)
        self.control("user", {"name": OPERATOR})

    def name_of(self, user):
        return OPERATOR if user == "alice" else super().name_of(user)

    def dm(self, user, text, **more):
        return super().dm(self.name_of(user), text, **more)

    def billed(self):
        """Micro USD."""
        return self.bill()["micro"]

    def charges(self):
        """{what: (how often, micro)}"""
        return {what: (row["count"], row["micro"]) for what, row in self.bill()["by"].items()}

    def requests(self, method="", path="/"):
        """What reached it, oldest first."""
        return [line for line in self.control("log")
                if line["method"].startswith(method) and line["path"].startswith(path)]


class ExternalX:
    """Somebody's own server: the status account and one other, whose tokens we were given."""

    kind, mode = "external", "tweet"

    def __init__(self, url, handle, tokens):
        self.url, self.tokens = url.rstrip("/"), tokens
        self.account = handle.lstrip("@")

    def handle(self, user):
        return self.account if user == "status" else json.loads(self.tokens[user])["screen_name"]

    def client(self, user):
        return XClient(self.url, json.loads(self.tokens[user]))

    def posts(self, tag=None, user="status"):
        ident = json.loads(self.tokens[user])["user_id"]
        answer = self.client(user).get(f"/2/users/{ident}/tweets?max_results=100&tweet.fields=referenced_tweets")
        found = []
        for post in reversed(answer.json.get("data", [])):
            to = [r["id"] for r in post.get("referenced_tweets", []) if r["type"] == "replied_to"]
            found.append({"id": post["id"], "text": post["text"], "parent": to[0] if to else None})
        return [p for p in found if not tag or f"#{tag}" in p["text"]]

    def post(self, user, text, to=None):
        """A reply; where X takes none by API to who did not mention us (its rule of 2026), a mention with the tag."""
        answer = self.client(user).tweet(f"@{self.account} {text}", to)
        if answer.status == 403 and to:
            tag = next(tag_of(p["text"]) for p in self.posts() if p["id"] == to)
            word, _, more = text.partition(" ")
            answer = self.client(user).tweet(f"@{self.account} {word} {tag} {more}".strip())
        return answer.json["data"]


def external_x():
    """The server of TWICKET_X_URL, None when there is none."""
    url = os.environ.get("TWICKET_X_URL")
    if not url:
        return None
    tokens = {"status": os.environ["TWICKET_X_TOKEN_STATUS"], "alice": os.environ["TWICKET_X_TOKEN_OPERATOR"]}
    return ExternalX(url, os.environ["TWICKET_X_HANDLE"], tokens)


class XRig(Rig):
    """A rig whose status_x is on X, beside the Mastodon account `status` when there is a server."""

    def __init__(self, x, server=None, **how):
        self.x = x
        self.before = {p["id"] for p in x.posts()}
        how["tokens"] = {"status_x": x.tokens["status"], **({"status": server.tokens["status"]} if server else {})}
        how["config"] = how.get("config") or quick_config(server, x)
        super().__init__(server, **how)

    def story(self):
        seen = self.x.requests()[-30:] if self.x.kind == "fakex" else []
        lines = "\n".join(f"{s['method']} {s['path']} {s['status']} {s['why']}" for s in seen)
        return f"{super().story()}\n--- X\n{lines}"

    def x_posts(self, tag=None):
        """The account's new posts on X, oldest first."""
        return [p for p in self.x.posts(tag) if p["id"] not in self.before]

    def wait_x_root(self, name="E-mail", seconds=20):
        """The first new post about `name` on X: (tag, post)."""

        def look():
            return next(((tag_of(p["text"]), p) for p in self.x_posts() if name in p["text"] and not p["parent"]), None)

        return self.wait(f"a post about {name} on X", look, seconds, every=0.2)

    def wait_reading(self):
        """Replies from now on count: reading begins with the first incident, up to six seconds late."""
        self.wait("reading has begun on X", lambda: self.account()["last_read_ms"], 20, 0.2)

    def wait_x_posts(self, tag, count, seconds=30):
        """Exactly `count` posts on X carry the tag, and all are settled."""
        self.wait(f"{count} posts with #{tag} on X", lambda: len(self.x_posts(tag)) >= count, seconds, every=0.2)
        self.wait("all posts are settled", lambda: not self.agent.unsettled(), seconds, every=0.2)
        found = self.x_posts(tag)
        assert len(found) == count, f"{len(found)} posts on X instead of {count}: {[p['text'] for p in found]}"
        return found

    def account(self, name="status_x"):
        """What `twicket status` knows of an account."""
        return next(a for a in self.agent.json("status")["accounts"] if a["name"] == name)

    def spent(self):
        """The ledger, micro USD."""
        return self.account()["spent_micro"]


def start_x(cleanup, place, mode="tweet"):
    """The server that was given to us, else a loopback X of our own."""
    return external_x() or cleanup.stop(LoopbackX(place, mode=mode))
