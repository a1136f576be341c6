"""A person's client for the Mastodon API: what the tests use to read and reply.

Deliberately not twicket's own code. Talks to any server of that API.
"""

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from html import unescape

from proc import PATIENCE, wait_for

AGENT = "twicket-tests/1"


def plain(html):
    """Good enough for a test: breaks become newlines, tags go."""
    text = re.sub(r"<br\s*/?>|</p>\s*<p>", "\n", html)
    return unescape(re.sub(r"<[^>]+>", "", text)).strip()


class Client:
    def __init__(self, url, token, name="?"):
        self.url = url.rstrip("/")
        self.token = token
        self.name = name
        self._me = None

    def call(self, method, path, form=None, seconds=15):
        data = urllib.parse.urlencode(form, doseq=True).encode() if form is not None else None
        request = urllib.request.Request(self.url + path, data=data, method=method)
        request.add_header("User-Agent", AGENT)
        if self.token:
            request.add_header("Authorization", "Bearer " + self.token)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=seconds * PATIENCE) as answer:
            return json.loads(answer.read() or b"null")

    def get(self, path):
        return self.call("GET", path)

    @property
    def me(self):
        if not self._me:
            self._me = self.get("/api/v1/accounts/verify_credentials")
        return self._me

    def post(self, text, to=None, visibility="public"):
        form = {"status": text, "visibility": visibility}
        if to:
            form["in_reply_to_id"] = to
        return self.call("POST", "/api/v1/statuses", form)

    def status(self, id):
        return self.get(f"/api/v1/statuses/{urllib.parse.quote(id)}")

    def own_posts(self):
        """This account's posts, oldest first; as the server tells everybody, not as we think."""
        found = self.get(f"/api/v1/accounts/{self.me['id']}/statuses?limit=40")
        found += self.get("/api/v1/timelines/home?limit=40")  # snac tells followers-only posts only here
        found = [s for s in found if s["account"]["id"] == self.me["id"] and not s.get("reblog")]
        unique = {s["uri"]: s for s in found}
        return sorted(unique.values(), key=lambda s: (s["created_at"], s["uri"]))

    def favourited_by(self, id):
        return self.status(id).get("favourites_count", 0)

    def wait_post(self, what, wanted, seconds=20, client=None):
        """The first own post for which wanted(text, status) holds."""

        def look():
            for status in (client or self).own_posts():
                if wanted(plain(status["content"]), status):
                    return status
            return None

        return wait_for(what, look, seconds, every=0.2)


def refused(call):
    """The HTTP status that call() fails with, 0 when it succeeds."""
    try:
        call()
    except urllib.error.HTTPError as e:
        return e.code
    return 0
