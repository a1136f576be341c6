"""The control calls of the fake X: other people, scripted answers, looks inside. See x.py for the list.

Mixed into the handler of x.py.
"""
import json
import secrets
import traceback

import x_text
from x_problem import TABLE, Refused
from x_world import OPTIONS, iso


class Control:
    """Needs of its host: world, checker, route, query, command, raw, send, grant_pin, grant_code."""

    def answer_control(self):
        status = 200
        with self.world.lock:
            try:
                out = self.control()
            except Refused as refused:
                status, out = refused.status, refused.body
            except (KeyError, ValueError, AttributeError, TypeError) as error:
                status, out = 400, {"error": traceback.format_exception_only(error)[-1].strip()}
        self.send(status, out)

    def control(self):
        word = self.route[len("/_fake/"):]
        if word in LOOKS and self.command == "GET":
            return LOOKS[word](self)
        if word in ACTS and self.command == "POST":
            return ACTS[word](self, json.loads(self.raw or b"{}")) or {}
        raise ValueError(f"what is {self.command} {word}?")

    def first(self, name, otherwise=None):
        return self.query.get(name, [otherwise])[0]

    def post_of(self, ident):
        post = self.world.find(ident)
        if not post:
            raise KeyError(f"no post {ident}")
        return post

    def look(self, post):
        """A post with all that there is to know."""
        return {"id": post["id"], "user": post["user"], "text": post["text"], "note": post["note"],
                "shown": x_text.shown(post["text"], self.world.options["rewrite_links"]),
                "parent": self.world.parent_of(post), "conversation_id": post["root"], "history": post["history"],
                "referenced": post["referenced"], "created_at": iso(post["at"]), "deleted": post["deleted"],
                "by": post["by"], "uri": f"https://x.com/i/status/{post['id']}"}

    # --- other people -----------------------------------------------------------------

    def act_post(self, given):
        """X puts the name of who is answered in front of a reply."""
        world, text = self.world, given["text"]
        parent = self.post_of(given["in_reply_to_id"]) if given.get("in_reply_to_id") else None
        quoted = self.post_of(given["quote_id"]) if given.get("quote_id") else None
        user = world.user(given["user"])["username"].lower()
        if parent and not given.get("bare") and parent["user"] != user and \
                parent["user"] not in x_text.mentions(text):
            text = f"@{world.users[parent['user']]['username']} {text}"
        return self.look(world.add(user, text, parent, quoted, note=given.get("note")))

    def act_retweet(self, given):
        post = self.post_of(given["id"])
        name = self.world.users[post["user"]]["username"]
        return self.look(self.world.add(given["user"], f"RT @{name}: {post['text']}", retweeted=post))

    def act_quote(self, given):
        return self.act_post({**given, "quote_id": given["id"]})

    def act_edit(self, given):
        return self.look(self.world.edit(self.post_of(given["id"]), given["text"]))

    def act_delete(self, given):
        self.post_of(given["id"])["deleted"] = True

    def act_dm(self, given):
        return self.world.message(given["user"], given.get("to") or self.world.account, given["text"])

    def act_user(self, given):
        """A name that is given up can be taken by somebody else: {"name": old, "username": new}."""
        world, user = self.world, self.world.user(given["name"])
        user.update({k: v for k, v in given.items() if k not in ("name", "username") and k in user})
        if given.get("username"):
            old, new = user["username"].lower(), given["username"].lower()
            user["username"] = given["username"]
            world.users[new] = world.users.pop(old)
            for row in [*world.posts.values(), *world.tokens.values(), *world.messages]:
                row.update({k: new for k in ("user", "to", "from") if row.get(k) == old})
        return user

    # --- the server itself ---------------------------------------------------------------

    def act_script(self, given):
        for step in given["answers"]:
            if step.get("problem", "html") not in TABLE:
                raise KeyError(f"no problem {step['problem']}")
        self.world.script += given["answers"]

    def act_options(self, given):
        world = self.world
        limits = given.pop("limits", {})
        unknown = set(given) - set(OPTIONS)
        if unknown:
            raise KeyError(f"no option {', '.join(unknown)}")
        for endpoint, scopes in limits.items():
            world.limits.table[endpoint] = {scope: tuple(pair) for scope, pair in scopes.items()}
            world.limits.windows = {k: v for k, v in world.limits.windows.items() if k[0] != endpoint}
        world.options.update(given)
        return world.options

    def act_app(self, given):
        app = self.world.apps.get(given["name"]) or self.world.add_app(given["name"], "read-write")
        app.update({k: v for k, v in given.items() if k in ("owner", "permission", "redirect_uris")})
        return app

    def act_token(self, given):
        app = given.get("app", "app")
        self.world.add_token(given["user"], app, secrets.token_urlsafe(16), secrets.token_urlsafe(24))
        return self.world.credentials(given["user"], app)

    def act_revoke(self, given):
        self.world.tokens.pop(given["token"], None)
        self.world.bearers.pop(given["token"], None)

    def act_expire(self, given):
        self.world.bearers[given["token"]]["until"] = 0

    def act_pin(self, given):
        return {"pin": self.grant_pin(given["oauth_token"], given["user"])}

    def act_code(self, given):
        return {"code": self.grant_code(given)}

    def act_reset(self, given):
        self.world.reset()
        self.checker.violations.clear()
        self.checker.gaps.clear()

    # --- looks inside -----------------------------------------------------------------------

    def posts(self):
        user = self.first("user")
        return [self.look(p) for p in self.world.posts.values() if not user or p["user"] == user.lower()]

    def threads(self):
        """Conversations as lists, oldest first, each post with its parent."""
        out = {}
        for post in self.world.posts.values():
            if not post["deleted"]:
                out.setdefault(post["root"], []).append(self.look(post))
        return list(out.values())


LOOKS = {
    "posts": Control.posts,
    "threads": Control.threads,
    "messages": lambda self: self.world.messages,
    "bill": lambda self: {**self.world.bill.show(), "balance": self.world.balance()},
    "counters": lambda self: self.world.counters,
    "log": lambda self: self.world.log,
    "options": lambda self: self.world.options,
    "problems": lambda self: {name: {"status": s, "body": b} for name, (s, b) in TABLE.items()},
    "violations": lambda self: self.checker.violations,
    "gaps": lambda self: self.checker.gaps,
    "checked": lambda self: {"requests": self.checker.checked},
    "credentials": lambda self: self.world.credentials(self.first("user", self.world.account),
                                                       self.first("app", "app")),
    "app": lambda self: self.world.apps[self.first("name", "app")],
}
ACTS = {name[4:]: getattr(Control, name) for name in dir(Control) if name.startswith("act_")}
