"""The calls of API v2 as the fake X answers them.

Mixed into the handler of x.py, which brings the request and sends the answer. Order of the checks:
who, how often, money, parameters, rules.
"""
import json
import re
import time

import x_text
from x_auth import Auth
from x_fields import EVENT_PARAMETERS, LIST_PARAMETERS, NAMES, POST_PARAMETERS, check_query, parse_time, show_event, \
    show_post, show_user, vocabulary_of, words
from x_meter import DAY
from x_problem import Refused, invalid, missing, not_visible, refuse

ALPHABET = "0123456789abcdefghijklmnopqrstuv"
IDENT = r"[0-9]{1,19}"
NAME = r"[A-Za-z0-9_]{1,15}"
# what the body of a post may hold: name -> pattern, or the type
POST_BODY = {"text": str, "reply": dict, "reply_settings": str, "media": dict, "edit_options": dict,
             "quote_tweet_id": str, "poll": dict, "geo": dict, "card_uri": str, "community_id": str, "nullcast": bool,
             "direct_message_deep_link": str, "for_super_followers_only": bool, "made_with_ai": bool,
             "paid_partnership": bool, "share_with_followers": bool}
REPLY_BODY = {"in_reply_to_tweet_id": str, "exclude_reply_user_ids": list, "auto_populate_reply_metadata": bool}
MENTIONS_KEPT, OWN_KEPT, MESSAGE_DAYS, MESSAGE_LENGTH = 800, 3200, 30, 10000


def page_token(ident):
    """base32hex of an id, as opaque as X's."""
    number, out = int(ident), ""
    for _ in range(16):
        number, digit = divmod(number, 32)
        out = ALPHABET[digit] + out
    return out


def token_id(token, vocabulary):
    if len(token) != 16:
        raise invalid("The `pagination_token` query parameter value is not valid", {"pagination_token": [token]},
                      vocabulary)
    return str(int(token, 32))


class Api(Auth):
    """Needs of its host: world, command, route, query, headers, raw, out."""

    def act(self):
        """Finds the call and makes it. Returns (status, body)."""
        self.vocabulary = vocabulary_of(self.world.mode, self.query)
        for method, pattern, status, function in PLAIN:
            if re.fullmatch(pattern, self.route) and method == self.command:
                return status, function(self)
        for method, pattern, name, (kinds, scopes, need), wanted, status, function in ROUTES:
            match = re.fullmatch(pattern, self.route)
            if match and method == self.command:
                self.endpoint = f"{method} {name}"
                self.me = self.who(kinds, scopes, need)
                self.spend_limits()
                self.asked = check_query(self.query, wanted, self.vocabulary, self.world.options["strict_fields"])
                self.check_path(match.groupdict())
                return status, function(self, *match.groups())
        raise Refused(404, None)

    def check_path(self, given):
        for name, value in given.items():
            if not re.fullmatch(NAME if name == "username" else IDENT, value):
                raise invalid(f"The `{name}` query parameter value [{value}] is not valid", {name: [value]},
                              self.vocabulary)

    def spend_limits(self):
        world = self.world
        headers, over = world.limits.count(self.endpoint, self.me.user, self.me.app, world.now())
        if world.options["rate_limits"]:
            self.out += headers
            if over:
                raise refuse("rate-limit", self.vocabulary)
        balance = world.balance()
        if balance is not None and balance <= 0:
            raise refuse("credits", self.vocabulary)

    def charge(self, resource, ident=None, owned=False):
        self.world.charge(self.me, self.endpoint, resource, ident, owned)

    def body(self, known):
        """The JSON body; what it may not hold is named as X does."""
        if (self.headers.get("Content-Type") or "").split(";")[0].strip() != "application/json":
            raise invalid("Requests with bodies must have content-type of application/json.", {}, self.vocabulary)
        try:
            given = json.loads(self.raw)
        except ValueError:
            given = None
        if not isinstance(given, dict):
            raise invalid("Invalid JSON in the request body.", {}, self.vocabulary)
        self.check_body("$", given, known)
        return given

    def check_body(self, where, given, known):
        for name, value in given.items():
            if name not in known:
                raise invalid(f"{where}.{name}: is not defined in the schema and the schema does not allow "
                              "additional properties", {}, self.vocabulary)
            if not isinstance(value, known[name]):
                raise invalid(f"{where}.{name}: {type(value).__name__} found, {known[name].__name__} expected", {},
                              self.vocabulary)
            if name.endswith("_id") and known[name] is str and not re.fullmatch(IDENT, value):
                raise invalid(f"{where}.{name}: does not match the regex pattern ^[0-9]{{1,19}}$",
                              {f"{where[2:]}.{name}".lstrip("."): [value]}, self.vocabulary)

    # --- writing ---------------------------------------------------------------------

    def create(self):
        world, user = self.world, self.me.user
        given = self.body(POST_BODY)
        reply = given.get("reply")
        if reply is not None:
            self.check_body("$.reply", reply, REPLY_BODY)
            if "in_reply_to_tweet_id" not in reply:
                raise invalid("$.reply.in_reply_to_tweet_id: is missing but it is required", {}, self.vocabulary)
        if given.get("reply_settings", "verified") not in ("following", "mentionedUsers", "subscribers", "verified"):
            raise invalid("$.reply_settings: does not have a value in the enumeration", {}, self.vocabulary)
        if {"quote_tweet_id", "media", "poll", "community_id"} & set(given):
            raise refuse("not-permitted", self.vocabulary)
        if given.get("edit_options"):
            return self.change(given)
        text = given.get("text", "")
        world.check_text(user, text, reply is not None, self.vocabulary)
        parent = world.check_parent(user, reply["in_reply_to_tweet_id"], self.vocabulary) if reply else None
        world.check_quota(user, reply is not None)
        return self.publish(text, parent)

    def publish(self, text, parent):
        world, user = self.world, self.me.user
        world.texts.append((user, text.strip(), world.now()))
        if parent and parent["user"] != user and parent["user"] not in x_text.mentions(text):
            text = f"@{world.users[parent['user']]['username']} {text}"
        post = world.add(user, text, parent, by=self.me.app)
        resource = "post"
        if x_text.links(text):
            resource = "post with url"
        elif parent:
            resource = world.options["self_reply"] if parent["user"] == user else "summoned reply"
        self.charge(resource)
        return self.created(post)

    def created(self, post):
        shown = show_post(self.world, post, {}, self.vocabulary)
        return {"data": shown}

    def change(self, given):
        """An edit is a new post behind the old id; X Premium only."""
        world, old = self.world, self.world.find(given["edit_options"].get("previous_post_id", ""))
        if not world.users[self.me.user]["premium"] or not old or old["user"] != self.me.user:
            raise refuse("not-permitted", self.vocabulary)
        world.check_text(self.me.user, given.get("text", ""), False, self.vocabulary)
        self.charge("post with url" if x_text.links(given["text"]) else "post")
        return self.created(world.edit(old, given["text"]))

    def delete(self, ident):
        post = self.world.find(ident)
        if not post:
            raise refuse("post-gone", self.vocabulary, detail=f"Could not find tweet with id: [{ident}].",
                         resource_id=ident, value=ident)
        if post["user"] != self.me.user:
            raise refuse("delete-other", self.vocabulary)
        post["deleted"] = True
        self.charge("delete")
        return {"data": {"deleted": True}}

    def send_message(self, ident):
        world = self.world
        text = self.body({"text": str, "attachments": list}).get("text", "")
        if not text or len(text) > MESSAGE_LENGTH:
            raise invalid("$.text: must be 1 to 10000 characters long", {}, self.vocabulary)
        person = world.user_by_id(ident)
        if not person or not world.wrote_first(person["username"].lower(), self.me.user):
            raise refuse("dm", self.vocabulary)
        event = world.message(self.me.user, person["username"], text)
        self.charge("message")
        return {"data": {"dm_conversation_id": event["conversation"], "dm_event_id": event["id"]}}

    # --- reading ------------------------------------------------------------------------

    def lookup(self, parameter, idents):
        """(posts that are seen, errors for the others)"""
        posts, errors = [], []
        for ident in idents:
            post = self.world.find(ident)
            if not post:
                errors.append(missing("tweet", parameter, ident, self.vocabulary))
            elif not self.world.can_see(self.me.user, post):
                errors.append(not_visible("Tweet", parameter, ident, self.vocabulary))
            else:
                posts.append(post)
        return posts, errors

    def show(self, posts, errors=(), owned=False):
        """Posts as answered and charged: {"data": [...], "includes", "errors"}."""
        for post in posts:
            self.charge("post read", post["id"], owned)
        out = {"data": [show_post(self.world, p, self.asked, self.vocabulary) for p in posts],
               "includes": self.includes(posts), "errors": list(errors)}
        return {k: v for k, v in out.items() if v}

    def includes(self, posts):
        world, expanded, names = self.world, words(self.asked, "expansions"), NAMES[self.vocabulary]
        people = {p["user"] for p in posts} if "author_id" in expanded else set()
        if "in_reply_to_user_id" in expanded:
            people |= {p["to"] for p in posts if p["to"]}
        found = {i for p in posts for _, i in p["referenced"]} if names["expand"] in expanded else set()
        seen = [p for p in map(world.find, sorted(found)) if p and world.can_see(self.me.user, p)]
        if world.options["bill_includes"]:
            for post in seen:
                self.charge("post read", post["id"])
        out = {"users": self.include_users(people),
               names["includes"]: [show_post(world, p, self.asked, self.vocabulary) for p in seen]}
        return {k: v for k, v in out.items() if v}

    def include_users(self, names):
        if self.world.options["bill_includes"]:
            for name in sorted(names):
                self.charge("user read", self.world.users[name]["id"])
        return [show_user(self.world.users[n], self.asked) for n in sorted(names)]

    def get_post(self, ident):
        out = self.show(*self.lookup("id", [ident]))
        return {**out, "data": out["data"][0]} if "data" in out else out

    def get_posts(self):
        if "ids" not in self.asked:
            raise invalid("The `ids` query parameter can not be empty", {"ids": []}, self.vocabulary)
        return self.show(*self.lookup("ids", self.asked["ids"].split(",")))

    def one_user(self, user, parameter, value):
        if not user or user["suspended"]:
            return {"errors": [missing("user", parameter, value, self.vocabulary)]}
        self.charge("user read", user["id"])
        return {"data": show_user(user, self.asked)}

    def users_me(self):
        return self.one_user(self.world.users[self.me.user], "id", "me")

    def by_username(self, name):
        return self.one_user(self.world.users.get(name.lower()), "username", name)

    def between(self, posts):
        """By since_id and until_id, else start_time and end_time; ids are numbers."""
        asked = self.asked
        if "since_id" in asked:
            posts = [p for p in posts if int(p["id"]) > int(asked["since_id"])]
        elif "start_time" in asked:
            posts = [p for p in posts if p["at"] >= parse_time(asked["start_time"])]
        if "until_id" in asked:
            posts = [p for p in posts if int(p["id"]) < int(asked["until_id"])]
        elif "end_time" in asked:
            posts = [p for p in posts if p["at"] < parse_time(asked["end_time"])]
        return posts

    def cut(self, rows, most):
        """One page, newest first: (rows, meta)."""
        rows = sorted(rows, key=lambda r: int(r["id"]), reverse=True)
        if "pagination_token" in self.asked:
            last = int(token_id(self.asked["pagination_token"], self.vocabulary))
            rows = [r for r in rows if int(r["id"]) < last]
        count = int(self.asked.get("max_results", most))
        shown, meta = rows[:count], {"result_count": len(rows[:count])}
        if len(rows) > count:
            meta["next_token"] = page_token(shown[-1]["id"])
        return shown, meta

    def timeline(self, ident, wanted, kept):
        world = self.world
        user = world.user_by_id(ident)
        if not user:
            return {"errors": [missing("user", "id", ident, self.vocabulary)]}
        name = user["username"].lower()
        if user["protected"] and name != self.me.user and not user["followed_by_us"]:
            return {"errors": [not_visible("User", "id", ident, self.vocabulary)]}
        posts = [p for p in world.posts.values() if not p["deleted"] and world.is_latest(p) and wanted(p, name)
                 and world.can_see(self.me.user, p)]
        posts = sorted(posts, key=lambda p: int(p["id"]))[-kept:]
        shown, meta = self.cut(self.between(posts), 10)
        if shown:
            meta |= {"newest_id": shown[0]["id"], "oldest_id": shown[-1]["id"]}
        return {**self.show(shown, owned=name == self.me.user), "meta": meta}

    def mentions(self, ident):
        return self.timeline(ident, lambda post, name: name in post["mentions"], MENTIONS_KEPT)

    def own_posts(self, ident):
        out = self.asked.get("exclude", "").split(",")

        def wanted(post, name):
            kinds = [kind for kind, _ in post["referenced"]]
            return post["user"] == name and not ("replies" in out and "replied_to" in kinds) and \
                not ("retweets" in out and "retweeted" in kinds)

        return self.timeline(ident, wanted, OWN_KEPT)

    def events(self, person=None):
        """Messages in and out, newest first; there is no since_id."""
        me, since = self.me.user, self.world.now() - MESSAGE_DAYS * DAY
        rows = [m for m in self.world.messages if me in (m["from"], m["to"]) and m["at"] > since
                and (person is None or person in (m["from"], m["to"]))]
        if "MessageCreate" not in self.asked.get("event_types", "MessageCreate").split(","):
            rows = []
        rows, meta = self.cut(rows, 100)
        for event in rows:
            self.charge("message read", event["id"])
        data = [show_event(self.world, m, self.asked) for m in rows]
        expanded = words(self.asked, "expansions")
        people = {m["from"] for m in rows if "sender_id" in expanded}
        people |= {n for m in rows for n in (m["from"], m["to"]) if "participant_ids" in expanded}
        out = {"data": data, "includes": {"users": self.include_users(people)} if people else {}}
        return {**{k: v for k, v in out.items() if v}, "meta": meta}

    def events_with(self, ident):
        person = self.world.user_by_id(ident)
        if not person:
            return {"errors": [missing("user", "participant_id", ident, self.vocabulary)]}
        return self.events(person["username"].lower())

    def usage(self):
        """Posts read, not money. Numbers became strings with the rename."""
        number = str if self.vocabulary == "post" else int
        bill, days = self.world.bill, int(self.asked.get("days", 7))
        today = int(self.world.now() // DAY)
        rows = [{"date": time.strftime("%Y-%m-%dT00:00:00.000Z", time.gmtime(d * DAY)), "usage": number(n)}
                for d, n in sorted(bill.posts_read.items()) if d > today - days]
        data = {"project_id": "2000000000000000001", "project_cap": number(3000000), "cap_reset_day": 12,
                "project_usage": number(sum(bill.posts_read.values()))}
        if "daily_project_usage" in words(self.asked, "usage.fields") and rows:
            project = "2000000000000000001" if self.vocabulary == "post" else 1
            data["daily_project_usage"] = {"project_id": project, "usage": rows}
        return {"data": data}


WRITE = (("user",), "tweet.read tweet.write users.read", "read-write")
READ = (("user", "app"), "tweet.read users.read", "read")
ME = (("user",), "tweet.read users.read", "read")
DM_WRITE = (("user",), "dm.write tweet.read users.read", "read-write-directmessages")
DM_READ = (("user",), "dm.read tweet.read users.read", "read-write-directmessages")
APP = (("app",), "", "read")
POSTS = ["fields", *POST_PARAMETERS]
USERS = ["fields", "user.fields", "user_expansions"]
ROUTES = [
    ("POST", "/2/tweets", "/2/tweets", WRITE, [], 201, Api.create),
    ("GET", "/2/tweets", "/2/tweets", READ, ["ids", *POSTS], 200, Api.get_posts),
    ("DELETE", "/2/tweets/(?P<id>[^/]+)", "/2/tweets/:id", WRITE, [], 200, Api.delete),
    ("GET", "/2/tweets/(?P<id>[^/]+)", "/2/tweets/:id", READ, POSTS, 200, Api.get_post),
    ("GET", "/2/users/me", "/2/users/me", ME, USERS, 200, Api.users_me),
    ("GET", "/2/users/by/username/(?P<username>[^/]+)", "/2/users/by/username/:username", READ, USERS, 200,
     Api.by_username),
    ("GET", "/2/users/(?P<id>[^/]+)/mentions", "/2/users/:id/mentions", READ, [*LIST_PARAMETERS, *POSTS], 200,
     Api.mentions),
    ("GET", "/2/users/(?P<id>[^/]+)/tweets", "/2/users/:id/tweets", READ, [*LIST_PARAMETERS, "exclude", *POSTS], 200,
     Api.own_posts),
    ("POST", "/2/dm_conversations/with/(?P<participant_id>[^/]+)/messages",
     "/2/dm_conversations/with/:id/messages", DM_WRITE, [], 201, Api.send_message),
    ("GET", "/2/dm_events", "/2/dm_events", DM_READ, ["fields", *EVENT_PARAMETERS], 200, Api.events),
    ("GET", "/2/dm_conversations/with/(?P<participant_id>[^/]+)/dm_events",
     "/2/dm_conversations/with/:id/dm_events", DM_READ, ["fields", *EVENT_PARAMETERS], 200, Api.events_with),
    ("GET", "/2/usage/tweets", "/2/usage/tweets", APP, ["days:1:90", "usage.fields"], 200, Api.usage),
]
PLAIN = [
    ("POST", "/oauth/request_token", 200, Api.request_token),
    ("GET", "/oauth/authorize", 200, Api.authorize),
    ("POST", "/oauth/authorize", 200, Api.authorize),
    ("POST", "/oauth/access_token", 200, Api.access_token),
    ("GET", "/i/oauth2/authorize", 200, Api.authorize2),
    ("POST", "/i/oauth2/authorize", 200, Api.authorize2),
    ("POST", "/2/oauth2/token", 200, Api.token2),
]
