"""What the fake Mastodon server knows: users, posts, notifications, tokens, by flavour.

Used by mastodon.py and mastodon_api.py; it must never touch the network.
"""
import hashlib
import html
import re
import threading
import time
from datetime import datetime, timezone

ALL_SCOPES = "profile read:accounts read:notifications read:statuses read:search " \
             "write:statuses write:media write:favourites"
OOB = "urn:ietf:wg:oauth:2.0:oob"


class Refused(Exception):
    """An error answer of the API."""

    def __init__(self, status, error=None, description=None):
        super().__init__(status, error)
        self.status = status
        self.body = {"error": error} if error else None
        if description:
            self.body["error_description"] = description


def iso(seconds, digits=3):
    at = datetime.fromtimestamp(seconds, timezone.utc)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond:06}"[:digits] + "Z"


def id_key(ident):
    return (len(ident), ident)


class World:
    """Users, posts, notifications, tokens; one lock around all of it."""

    def __init__(self, flavour, domain):
        self.flavour, self.domain = flavour, domain
        self.lock = threading.RLock()
        self.reset()

    def reset(self):
        self.number = 100000
        self.users, self.statuses, self.notes = {}, {}, []
        self.keys, self.apps, self.codes = {}, {}, {}
        self.counters, self.log, self.script = {}, [], []
        self.options = {
            "idempotency": self.flavour == "mastodon", "rate_limit": 300, "version": "4.3.1",
            "max_characters": {"mastodon": 500, "gotosocial": 5000, "snacish": 100000}[self.flavour],
            "policy": {}, "clock": 0}
        self.spent, self.window = 0, time.time() + 300
        for name in ("status", "alice", "mallory"):
            self.user(name)
        self.users["status"]["bot"] = True
        self.tokens = {f"token-{n}": {"user": n, "scopes": set(ALL_SCOPES.split())}
                       for n in ("status", "alice", "mallory")}

    def now(self):
        return time.time() + self.options["clock"]

    def next_id(self, uri=""):
        self.number += 1
        if self.flavour == "gotosocial":
            return "01J" + format(self.number, "023X")
        if self.flavour == "snacish" and uri:
            return f"{int(self.now()) + self.number % 7:010}" + hashlib.md5(uri.encode()).hexdigest()
        return str(self.number)

    def user(self, acct):
        """By name or name@server; made at first sight."""
        acct = acct.lower().lstrip("@")
        if acct.endswith("@" + self.domain):
            acct = acct[: -len(self.domain) - 1]
        if acct not in self.users:
            self.users[acct] = {"id": hashlib.md5(acct.encode()).hexdigest()
                                if self.flavour == "snacish" else self.next_id(),
                                "acct": acct, "bot": False, "locked": False,
                                "display_name": acct.split("@")[0].title()}
        return self.users[acct]

    def account(self, acct, own=False):
        user = self.user(acct)
        name = acct.split("@")[0]
        shown = acct if "@" in acct or own or self.flavour != "snacish" else f"{acct}@{self.domain}"
        host = acct.split("@")[1] if "@" in acct else self.domain
        return {"id": user["id"], "username": name, "acct": shown, "bot": user["bot"],
                "locked": user["locked"], "display_name": user["display_name"],
                "url": f"http://{host}/@{name}", "created_at": iso(0)}

    def find(self, ident):
        """By id; on snac the ten digits in front do not count."""
        for status in self.statuses.values():
            if ident == status["id"] or (self.flavour == "snacish" and len(ident) > 10
                                         and ident[10:] == status["id"][10:]):
                return status
        return None

    def render(self, text):
        if self.flavour == "snacish":
            out = text.replace("\n", "<br>") + "<br>"
        else:
            parts = [html.escape(p, quote=False).replace("\n", "<br />")
                     for p in text.replace("\0", "\ufffd").split("\n\n")]
            out = "".join(f"<p>{p}</p>" for p in parts)
        out = re.sub(r"https?://[^\s<]+", lambda m: f'<a href="{m[0]}">{m[0]}</a>', out)
        out = re.sub(r"(?<![\w/@])@([\w.-]+)(@[\w.:-]+)?", self.render_mention, out)
        return re.sub(r"(?<![\w/&])#(\w+)", r'<a href="http://%s/tags/\1" class="mention hashtag" '
                      r'rel="tag">#<span>\1</span></a>' % self.domain, out)

    def render_mention(self, match):
        shown = f"@{match[1]}@{self.domain}" if self.flavour == "snacish" else \
            f"@<span>{match[1]}</span>"
        return f'<span class="h-card"><a href="http://{self.domain}/@{match[1]}" ' \
               f'class="u-url mention">{shown}</a></span>'

    def show(self, status):
        parent = self.statuses.get(status["parent"])
        visibility = status["visibility"]
        if self.flavour == "snacish":
            visibility = "public" if visibility in ("public", "unlisted") else "private"
        content = self.render(status["text"])
        if status["pending"]:
            content += '<div class="gts-system-message gts-pending-reply"><hr><p>Note from ' \
                       f'{self.domain}: this reply is pending your approval.</p></div>'
        return {"id": status["id"], "uri": status["uri"], "url": status["uri"],
                "created_at": iso(status["at"]), "edited_at": status["edited"],
                "in_reply_to_id": parent["id"] if parent else status["dangling"],
                "in_reply_to_account_id": parent and self.user(parent["user"])["id"],
                "visibility": visibility, "language": status["language"],
                "spoiler_text": status["spoiler"], "sensitive": status["sensitive"],
                "content": content, "account": self.account(status["user"]), "reblog": None,
                "favourited": "status" in status["favourites"], "mentions": [], "poll": None}

    def add(self, user, text, parent=None, visibility="public", pending=False, **more):
        self.number += 1
        host = user.split("@")[1] if "@" in user else self.domain
        uri = f"http://{host}/users/{user.split('@')[0]}/statuses/{self.number}"
        status = {"uri": uri, "id": self.next_id(uri), "user": user, "text": text, "key": None,
                  "parent": parent and parent["uri"], "dangling": None, "visibility": visibility,
                  "language": "en", "spoiler": "", "sensitive": False, "edited": None,
                  "at": self.now(), "favourites": set(), "pending": pending, "root": uri}
        status.update(more)
        if parent:
            status["root"] = parent["root"]
        self.statuses[uri] = status
        named = {n.lower() for n in re.findall(r"(?<![\w/])@(\w+)", text)}
        # snac also tells the author of what is answered; the others need a mention.
        if parent and self.flavour == "snacish":
            named.add(parent["user"])
        for name in named & set(self.users) - {user}:
            self.notify(name, "pending.reply" if pending else "mention", user, status)
        return status

    def notify(self, to, kind, user, status):
        ident = f"{int(self.now() * 1e6) + self.number}" if self.flavour == "snacish" else \
            self.next_id()
        self.number += 1
        self.notes.append({"id": ident, "to": to, "type": kind, "user": user,
                           "status": status and status["uri"], "at": self.now()})

    def delete(self, status):
        for child in self.statuses.values():
            if child["parent"] == status["uri"]:
                child["dangling"] = status["id"]
        self.statuses.pop(status["uri"], None)

    def show_note(self, note):
        """None where the status is gone; on GoToSocial also where its root is."""
        status = self.statuses.get(note["status"])
        if note["status"] and not status:
            return None
        if status and self.flavour == "gotosocial" and status["root"] not in self.statuses:
            return None
        return {"id": note["id"], "type": note["type"], "created_at": iso(note["at"]),
                "account": self.account(note["user"]), "status": status and self.show(status)}
