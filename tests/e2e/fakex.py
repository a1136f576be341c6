"""The loopback X of tests/fake as a server of the rig, its control calls, and a client that signs.

Used by the end-to-end tests, the demo and the bench. The signer is the tests' own: it shares no
line with the agent's, nor with the server's.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from proc import PATIENCE
from rig import TOP, Script

DOCUMENTS = ("x-openapi-2.166.json", "x-openapi-2.167.json")


def vectors():
    """The folder of X's documents and test data, None when there is none."""
    folder = Path(os.environ.get("TWICKET_VECTORS") or TOP / "../shared/vectors").resolve()
    return folder if all((folder / name).exists() for name in DOCUMENTS) else None


class FakeX(Script):
    """mode: "tweet" (names before August 2026), "post", "both"; account: the status account's name.

    Requests and answers are held against X's documents when they are there: see violations().
    """

    kind = "fakex"

    def __init__(self, place, *args, mode="tweet", account="status", name="fakex", openapi=True):
        args = ["--mode", mode, "--account", account, *args]
        if openapi and vectors():
            folder = place.folder("openapi")
            for document in DOCUMENTS:
                place.copy(vectors() / document, f"openapi/{document}")
            args += ["--openapi", folder]
        super().__init__(place, "x.py", *args, name=name)
        self.host = f"127.0.0.1:{self.port}"
        self.account, self.mode = account, mode

    def name_of(self, user):
        return self.account if user == "status" else user

    def handle(self, user):
        """As it stands in the configuration."""
        return self.name_of(user)

    def control(self, word, given=None):
        """A POST with given, else a GET; word may carry a query."""
        data = json.dumps(given).encode() if given is not None else None
        with urllib.request.urlopen(self.url + "/_fake/" + word, data, timeout=10 * PATIENCE) as answer:
            return json.loads(answer.read())

    def credentials(self, user, app="app"):
        return self.control(f"credentials?user={self.name_of(user)}&app={app}")

    def token(self, user, app="app"):
        """The line of a token file."""
        return json.dumps(self.credentials(user, app), separators=(",", ":"))

    @property
    def tokens(self):
        return {user: self.token(user) for user in ("status", "alice", "mallory")}

    def client(self, user, app="app"):
        return XClient(self.url, self.credentials(user, app))

    def user_id(self, user):
        return self.credentials(user)["user_id"]

    def script(self, *answers):
        """Scripted answers, taken in order by the requests that match."""
        self.control("script", {"answers": list(answers)})

    def options(self, **options):
        return self.control("options", options)

    def post(self, user, text, to=None, **more):
        """A post or a reply of somebody, as the website would make it."""
        return self.control("post", {"user": self.name_of(user), "text": text, "in_reply_to_id": to, **more})

    def dm(self, user, text, **more):
        return self.control("dm", {"user": user, "text": text, **more})

    def posts(self, tag=None, user="status"):
        """What the account posted and did not delete, oldest first; straight from the server's memory."""
        found = [p for p in self.control(f"posts?user={self.name_of(user)}") if not p["deleted"]]
        return [p for p in found if not tag or f"#{tag}" in p["text"]]

    def bill(self):
        return self.control("bill")

    def violations(self):
        return self.control("violations")


def escape(text):
    return urllib.parse.quote(str(text), safe="")


def authorization(method, url, keys, form=(), extra=(), **oauth):
    """The header that RFC 5849 asks for; oauth_* given here take the place of the usual ones."""
    bare, _, query = url.partition("?")
    given = {"oauth_consumer_key": keys["consumer_key"], "oauth_nonce": secrets.token_hex(12),
             "oauth_signature_method": "HMAC-SHA1", "oauth_timestamp": str(int(time.time())),
             "oauth_version": "1.0", **dict(extra)}
    if keys.get("token"):
        given["oauth_token"] = keys["token"]
    given.update(oauth)
    pairs = [*given.items(), *urllib.parse.parse_qsl(query, keep_blank_values=True), *form]
    flat = "&".join(f"{k}={v}" for k, v in sorted((escape(k), escape(v)) for k, v in pairs))
    key = escape(keys["consumer_secret"]) + "&" + escape(keys.get("token_secret") or "")
    base = f"{method}&{escape(bare)}&{escape(flat)}"
    digest = hmac.new(key.encode(), base.encode(), hashlib.sha1).digest()
    given.setdefault("oauth_signature", base64.b64encode(digest).decode())
    return "OAuth " + ", ".join(f'{escape(k)}="{escape(v)}"' for k, v in sorted(given.items()))


class Answer:
    def __init__(self, status, headers, raw):
        self.status, self.headers, self.raw = status, headers, raw

    @property
    def json(self):
        return json.loads(self.raw)


class XClient:
    """Raw calls of one account; nothing is retried, every status is an answer."""

    def __init__(self, url, keys=None, bearer=None):
        self.url, self.keys, self.bearer = url, keys, bearer

    def call(self, method, path, body=None, form=None, headers=(), seconds=10, **oauth):
        url = self.url + path
        data = None
        request = urllib.request.Request(url, method=method)
        if body is not None:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        if form is not None:
            data = urllib.parse.urlencode(form).encode()
            request.add_header("Content-Type", "application/x-www-form-urlencoded")
        if self.bearer:
            request.add_header("Authorization", "Bearer " + self.bearer)
        elif self.keys:
            signed = list(form.items()) if form else []
            request.add_header("Authorization", authorization(method, url, self.keys, signed, **oauth))
        for name, value in dict(headers).items():
            request.add_header(name, value)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, data, timeout=seconds * PATIENCE) as answer:
                return Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as e:
            return Answer(e.code, e.headers, e.read())

    def get(self, path, **how):
        return self.call("GET", path, **how)

    def tweet(self, text, to=None, **more):
        reply = {"reply": {"in_reply_to_tweet_id": to}} if to else {}
        return self.call("POST", "/2/tweets", {"text": text, **reply, **more})
