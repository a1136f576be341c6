"""What the fake X knows: users, posts, messages, tokens, options; and the rules of writing.

Used by x.py, x_api.py, x_auth.py and x_page.py; it must never touch the network.
"""
import threading
import time
from datetime import datetime, timezone

import x_text
from x_meter import DAY, PRICES, Bill, Limits, limit_headers
from x_problem import invalid, refuse

EPOCH_MS = 1288834974657
FIRST_USER = 1500000000000000001
OPTIONS = {
    "clock": 0,              # seconds that the server is ahead of us; the Date header shows it
    "credits": None,         # micro; None = no end of it
    "owner": "",             # the account that owns the app; "" = the status account
    "owned_reads": True,     # what the owner reads of its own costs less
    "self_reply": "post",    # what a reply to oneself is charged as: "post" or "summoned reply"
    "bill_includes": True,   # what comes by an expansion costs, too
    "reply_rule": "2026",    # "2026": where we are mentioned, quoted or the author; "strict": not even own; "off"
    "reply_text": "reply",   # or "reply-old": the words of the refusal
    "verified": False,       # False: 50 posts and 200 replies a day
    "daily_form": "429",     # or "403"
    "daily_posts": 50,
    "daily_replies": 200,
    "duplicates": True,      # refused within 24 hours
    "rate_limits": True,
    "rewrite_links": True,   # https://t.co/ in answers
    "strict_fields": False,  # post.fields only as the 2.167 document lists them: the others by expansions
    "lose_every": 0,         # the answer of every Nth request of lose_methods, after it acted
    "lose_methods": "POST",
}


def iso(seconds):
    at = datetime.fromtimestamp(seconds, timezone.utc)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


class World:
    """Everything, with one lock around it."""

    def __init__(self, mode, account):
        self.mode, self.account = mode, account.lower()
        self.lock = threading.RLock()
        self.reset()

    def reset(self):
        self.users, self.posts, self.messages = {}, {}, []
        self.last_id, self.texts, self.day_counts = 0, [], {}
        self.counters, self.log, self.script, self.lost = {}, [], [], 0
        self.options = dict(OPTIONS)
        self.bill, self.limits = Bill(), Limits()
        self.apps, self.tokens, self.bearers, self.requests, self.nonces = {}, {}, {}, {}, {}
        self.codes, self.refresh = {}, {}
        for name in (self.account, "alice", "mallory"):
            self.user(name)
        self.users[self.account]["automated"] = True
        self.add_app("app", "read-write-directmessages")
        for name in (self.account, "alice", "mallory"):
            self.add_token(name, "app", f"fakeTokenOf{name.title()}", f"fakeTokenSecretOf{name.title()}")

    # --- clock, ids, users, keys ----------------------------------------------------

    def now(self):
        return time.time() + self.options["clock"]

    def next_id(self):
        """A snowflake: time in front, a counter behind."""
        self.last_id = max((int(self.now() * 1000) - EPOCH_MS) << 22, self.last_id + 1)
        return str(self.last_id)

    def user(self, name):
        """By name, any case; made at first sight."""
        name = name.lstrip("@")
        key = name.lower()
        if key not in self.users:
            self.users[key] = {"id": str(FIRST_USER + len(self.users)), "username": name, "name": name.title(),
                               "protected": False, "automated": False, "suspended": False, "premium": False,
                               "followed_by_us": False, "description": "", "at": self.now()}
        return self.users[key]

    def user_by_id(self, ident):
        return next((u for u in self.users.values() if u["id"] == ident), None)

    def add_app(self, name, permission, owner=None):
        self.apps[name] = {"key": f"fakeConsumerKeyOf{name.title()}", "secret": f"fakeConsumerSecretOf{name.title()}",
                           "client_id": f"fakeClient{name.title()}", "client_secret": f"fakeClientSecret{name.title()}",
                           "bearer": f"AAAAfakeBearerOf{name.title()}", "permission": permission, "owner": owner,
                           "name": name, "redirect_uris": ["http://127.0.0.1/callback"]}
        return self.apps[name]

    def app_by(self, what, value):
        return next((a for a in self.apps.values() if a[what] == value), None)

    def owner_of(self, app):
        return (self.apps[app]["owner"] or self.options["owner"] or self.account).lower()

    def add_token(self, user, app, tail, secret):
        """The permission of the app is frozen into the token, as on X."""
        account = self.user(user)
        token = f"{account['id']}-{tail}"
        self.tokens[token] = {"secret": secret, "user": account["username"].lower(), "app": app,
                              "access": self.apps[app]["permission"]}
        return token

    def credentials(self, user, app="app"):
        """What the token file of the agent holds, of the latest token."""
        account, keys = self.user(user), self.apps[app]
        found = [(t, v) for t, v in self.tokens.items()
                 if v["user"] == account["username"].lower() and v["app"] == app]
        if not found:
            tail = f"fakeTokenOf{account['username'].title()}{app.title()}"
            self.add_token(user, app, tail, "fakeSecret" + tail)
            return self.credentials(user, app)
        token, known = found[-1]
        return {"consumer_key": keys["key"], "consumer_secret": keys["secret"], "token": token,
                "token_secret": known["secret"], "user_id": account["id"], "screen_name": account["username"]}

    # --- money ----------------------------------------------------------------------

    def balance(self):
        return None if self.options["credits"] is None else self.options["credits"] - self.bill.total()

    def charge(self, who, endpoint, resource, ident=None, owned=False):
        if owned and self.options["owned_reads"] and who.user and who.user == self.owner_of(who.app):
            resource = "owned read"
        return self.bill.charge(endpoint, resource, PRICES[resource], self.now(), who.app, ident)

    # --- posts ------------------------------------------------------------------------

    def find(self, ident):
        """The post that is still there."""
        post = self.posts.get(ident)
        return post if post and not post["deleted"] else None

    def can_see(self, user, post):
        author = self.users[post["user"]]
        return post["user"] == user or not author["suspended"] and \
            (not author["protected"] or (user == self.account and author["followed_by_us"]))

    def add(self, user, text, parent=None, quoted=None, retweeted=None, **more):
        """Puts a post there; the rules are check_post()'s."""
        user = self.user(user)["username"].lower()
        ident = self.next_id()
        referenced = [(kind, post["id"]) for kind, post in
                      (("retweeted", retweeted), ("quoted", quoted), ("replied_to", parent)) if post]
        post = {"id": ident, "user": user, "text": text, "at": self.now(), "deleted": False, "history": [ident],
                "root": parent["root"] if parent else ident, "to": parent["user"] if parent else None,
                "referenced": referenced, "note": None, "mentions": set(), "by": "person"}
        post.update(more)
        post["mentions"] = {n for n in x_text.mentions(post["note"] or text) if n in self.users}
        self.posts[ident] = post
        return post

    def edit(self, post, text):
        """A new id with the old ones in its history; the old post answers as what it was."""
        new = {**post, "id": self.next_id(), "text": text, "history": [*post["history"]]}
        new["history"].append(new["id"])
        new["mentions"] = {n for n in x_text.mentions(text) if n in self.users}
        for ident in post["history"]:
            self.posts[ident]["history"] = new["history"]
        self.posts[new["id"]] = new
        return new

    def is_latest(self, post):
        return post["history"][-1] == post["id"]

    def parent_of(self, post):
        return next((i for kind, i in post["referenced"] if kind == "replied_to"), None)

    def may_reply(self, user, parent):
        rule = self.options["reply_rule"]
        if rule == "off":
            return True
        quotes = any(kind == "quoted" and self.posts[i]["user"] == user for kind, i in parent["referenced"])
        own = parent["user"] == user and rule != "strict"
        return own or (parent["user"] != user and (user in parent["mentions"] or quotes))

    def check_text(self, user, text, is_reply, vocabulary):
        counted = text[x_text.leading_mentions(text):] if is_reply else text
        if not text.strip() or any(c in text for c in x_text.INVALID):
            raise invalid("The `text` field in the request body is empty or has characters that are not allowed.",
                          {"text": [text]}, vocabulary)
        if x_text.length(counted) > x_text.LIMIT and not self.users[user]["premium"]:
            raise refuse("too-long", vocabulary)
        if len(x_text.cashtags(text)) > 1:
            raise refuse("cashtags", vocabulary)
        if self.options["duplicates"] and any(
                who == user and old == text.strip() and self.now() - at < DAY for who, old, at in self.texts):
            raise refuse("duplicate", vocabulary)

    def check_parent(self, user, ident, vocabulary):
        parent = self.find(ident)
        if not parent or not self.can_see(user, parent):
            raise refuse("parent-gone", vocabulary)
        if not self.may_reply(user, parent):
            more = {"value": ident, "resource_id": ident} if self.options["reply_text"] == "reply" else {}
            raise refuse(self.options["reply_text"], vocabulary, **more)
        return parent

    def check_quota(self, user, is_reply):
        """Unverified accounts: so many posts and so many replies a day."""
        if self.options["verified"] or self.users[user]["premium"]:
            return
        most = self.options["daily_replies" if is_reply else "daily_posts"]
        day = int(self.now() // DAY)
        key = (user, is_reply, day)
        if self.day_counts.get(key, 0) >= most:
            if self.options["daily_form"] == "403":
                raise refuse("daily-limit")
            error = refuse("rate-limit")
            error.headers = limit_headers("x-user-limit-24hour", most, 0, (day + 1) * DAY)
            raise error
        self.day_counts[key] = self.day_counts.get(key, 0) + 1

    # --- messages -----------------------------------------------------------------------

    def message(self, sender, to, text):
        sender, to = self.user(sender), self.user(to)
        pair = sorted((sender["id"], to["id"]), key=int)
        event = {"id": self.next_id(), "from": sender["username"].lower(), "to": to["username"].lower(),
                 "text": text, "at": self.now(), "conversation": "-".join(pair)}
        self.messages.append(event)
        return event

    def wrote_first(self, person, account):
        return any(m["from"] == person and m["to"] == account for m in self.messages)
