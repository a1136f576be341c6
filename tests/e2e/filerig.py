"""A rig whose two audiences, the public and the operators, are told in a file each.

For what the engine decides, where no server's ways matter: nothing is polled, a post is there as soon
as it was made. It must never wait for a time to pass where `fence()` shows that it has.
"""

import json
import re

from agent import tag_of
from rig import ICINGA, Rig

PUBLIC, NOC = "pub", "noc"  # the accounts
FENCES = 6
ICINGA_LATE_S = 15  # so long what Icinga says may come behind
OF_FENCE = r"\S+ (Gate \d:|fence\d/Gate)"

# One object after another fails at a fence; the engine says that when it has said all before it.
FENCE_HOSTS = {f"fence{n}": {"services": {"Gate": {"_TWICKET_PUBLIC": f"Gate {n}"}}} for n in range(FENCES)}


def public_services(names):
    """{service: {"_TWICKET_PUBLIC": name}}, the service called after the name."""
    return {name.replace(" ", "-"): {"_TWICKET_PUBLIC": name} for name in names}


def file_config(folder, hold=2, public=(), operators=(), **more):
    """hold: seconds. Recoveries wait less: what was held before a fence failed is said before it."""
    quick = {"posts_per_hour": 1000, "posts_per_day": 1000}
    accounts = {name: {"network": "file", "handle": f"{folder}/{name}.jsonl", **quick} for name in (PUBLIC, NOC)}
    patience = {"hold": f"{hold}s", "recovery_hold": f"{max(hold - 1, 0)}s", "reopen": "10m", "update": "0", "storm": 0}
    audiences = {"public": {"accounts": [PUBLIC], **patience, **dict(public)},
                 "operators": {"accounts": [NOC], **patience, **dict(operators)}}
    return {"timezone": "UTC", "accounts": accounts, "audiences": audiences, **more}


class FileRig(Rig):
    def __init__(self, hosts, core=None, hold=2, public=(), operators=(), more=(), **how):
        """public, operators: keys of the two audiences; more: of the file."""
        if core is ICINGA and hold:
            hold += ICINGA_LATE_S
        self.keys = {"hold": hold, "public": dict(public), "operators": dict(operators), **dict(more)}
        self.fenced = 0
        super().__init__(None, core, FileRig.config, {**hosts, **FENCE_HOSTS}, tokens={}, **how)

    def config(self, instead=()):
        """The configuration with other keys, for a reload."""
        return file_config(self.place.folder("posts"), **{**self.keys, **dict(instead)})

    def story(self):
        said = [f"{name}: {post['text']!r}" for name in (PUBLIC, NOC) for post in self.said(name)]
        return super().story() + "\n--- posts\n" + "\n".join(said)

    def _posts(self, account):
        path = self.place.path / f"posts/{account}.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def said(self, account, tag=None):
        """What was posted, oldest first, the fences' apart: dicts with text, key, parent, visibility."""
        posts = [post for post in self._posts(account) if not re.match(OF_FENCE, post["text"])]
        return [p for p in posts if not tag or tag_of(p["text"]) == tag]

    def texts(self, account, tag=None):
        return [post["text"] for post in self.said(account, tag)]

    def wait_said(self, account, count, seconds=30):
        """All that was said there, once there are `count` posts; more is a failure."""
        self.wait(f"{count} posts on {account}", lambda: len(self.said(account)) >= count, seconds, 0.1)
        texts = self.texts(account)
        assert len(texts) == count, f"{len(texts)} posts on {account} instead of {count}: {texts}"
        return texts

    def fence(self, seconds=30):
        """Something else fails and is told to both: what the engine held before that is past its hold."""
        name = f"fence{self.fenced}"
        self.fenced += 1
        self.nagios.service(name, "Gate", 2, "closed")
        words = {PUBLIC: f"Gate {name[5:]}:", NOC: f"{name}/Gate"}

        def told():
            return all(any(words[account] in post["text"] for post in self._posts(account)) for account in words)

        self.wait(f"{name} is told", told, seconds, 0.1)
        self.wait("and all that was decided with it", lambda: not self.agent.unsettled(), seconds, 0.1)

    def tags(self, account):
        """The tags of what was said there, in order and once each."""
        return list(dict.fromkeys(tag_of(text) for text in self.texts(account)))
