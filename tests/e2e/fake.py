"""The scripted Mastodon of tests/fake as a server of the rig, and its control calls."""

import json
import urllib.request

from client import Client
from proc import PATIENCE
from rig import Script


class FakeServer(Script):
    kind = "fake"
    tokens = {"status": "token-status", "alice": "token-alice", "mallory": "token-mallory"}

    def __init__(self, place, *args, name="fake"):
        super().__init__(place, "mastodon.py", *args, name=name)
        self.host = f"127.0.0.1:{self.port}"

    def client(self, user):
        return Client(self.url, self.tokens[user], user)

    def handle(self, user):
        return f"{user}@{self.host}"

    def control(self, word, given=None):
        data = json.dumps(given).encode() if given is not None else None
        with urllib.request.urlopen(self.url + "/_fake/" + word, data, timeout=10 * PATIENCE) as answer:
            return json.loads(answer.read())

    def script(self, *answers):
        """Scripted answers, taken in order by the requests that match."""
        self.control("script", {"answers": list(answers)})

    def posts(self, tag=None):
        """Texts of the status account, oldest first; straight from the server's memory."""
        found = [p for p in self.control("posts") if p["account"]["acct"].split("@")[0] == "status"]
        return [p for p in found if not tag or f"#{tag}" in p["text"]]
