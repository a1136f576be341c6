"""The calls of the Mastodon API as the three flavours answer them, and OAuth.

Mixed into the handler of mastodon.py, which brings the request and sends the answer.
"""
import base64
import hashlib
import json
import re
import secrets
import time
import urllib.parse

from mastodon_world import ALL_SCOPES, OOB, Refused, id_key, iso


class Api:
    """Needs of its host: world, command, route, query, headers, raw, out."""

    # --- the API ------------------------------------------------------------------

    def act(self):
        world = self.world
        if world.flavour != "snacish" and not self.headers.get("User-Agent"):
            raise Refused(418, "I'm a teapot: no user-agent sent with request")
        if time.time() > world.window:
            world.spent, world.window = 0, time.time() + 300
        world.spent += 1
        if world.flavour != "snacish" and world.spent > world.options["rate_limit"]:
            raise Refused(429, "Too many requests" if world.flavour == "mastodon"
                          else "rate limit reached")
        for method, pattern, function in ROUTES:
            match = re.fullmatch(pattern, self.route)
            if match and method == self.command:
                return function(self, *map(urllib.parse.unquote, match.groups()))
        raise Refused(404, "Not Found")

    def arguments(self):
        kind = (self.headers.get("Content-Type") or "").split(";")[0]
        if kind == "application/json":
            try:
                given = json.loads(self.raw or b"{}")
            except ValueError:
                raise Refused(400, "There was a problem parsing the request body")
            return given if isinstance(given, dict) else {}
        form = urllib.parse.parse_qs(self.raw.decode("utf-8", "replace"), keep_blank_values=True)
        return {**{k: v[-1] for k, v in self.query.items()}, **{k: v[-1] for k, v in form.items()}}

    def first(self, name, otherwise=None):
        return self.query.get(name, [otherwise])[0]

    def who(self, *scopes):
        """The user of the token, which must have one of the scopes."""
        world = self.world
        header = self.headers.get("Authorization") or ""
        token = world.tokens.get(header[7:]) if header.startswith("Bearer ") else None
        if not token:
            if world.flavour == "snacish":
                raise Refused(422 if self.route.endswith("verify_credentials") else 401)
            raise Refused(401, "The access token is invalid" if world.flavour == "mastodon"
                          else "Unauthorized: token not supplied")
        broad = {s.split(":")[0] for s in scopes}
        if world.flavour != "snacish" and not token["scopes"] & (set(scopes) | broad):
            raise Refused(403, "This action is outside the authorized scopes"
                          if world.flavour == "mastodon" else
                          "Forbidden: token has insufficient scope permission")
        return token["user"]

    def status_for(self, ident, user):
        status = self.world.find(ident)
        if not status or (status["visibility"] == "direct" and user != status["user"]
                          and f"@{user}" not in status["text"]):
            raise Refused(404, "Record not found" if self.world.flavour == "mastodon" else
                          "Not Found: target status not found")
        return status

    def verify_credentials(self):
        user = self.who("profile", "read:accounts")
        return {**self.world.account(user, own=True), "source": {"privacy": "public"}}

    def instance_v2(self):
        world = self.world
        if world.flavour == "snacish":
            raise Refused(404, "Not Found")
        out = {"domain": world.domain, "version": world.options["version"],
               "configuration": {"statuses": self.limits()}}
        if world.flavour == "gotosocial":
            out.update(version="0.20.0-dev", account_domain=world.domain,
                       source_url="https://codeberg.org/superseriousbusiness/gotosocial")
        return out

    def limits(self):
        reserved = {"mastodon": 23, "gotosocial": 25, "snacish": 32}[self.world.flavour]
        return {"max_characters": self.world.options["max_characters"],
                "characters_reserved_per_url": reserved, "max_media_attachments": 4}

    def instance_v1(self):
        world = self.world
        version = {"mastodon": world.options["version"], "gotosocial": "0.20.0-dev",
                   "snacish": "4.0.0 (not true; really snac/2.75)"}[world.flavour]
        return {"uri": world.domain, "version": version,
                "configuration": {"statuses": self.limits()}}

    def is_from(self, major, minor):
        version = re.match(r"(\d+)\.(\d+)", self.world.options["version"])
        return self.world.flavour == "mastodon" and \
            (int(version[1]), int(version[2])) >= (major, minor)

    def policy(self):
        if not self.is_from(4, 3):
            raise Refused(404, "Not Found")
        self.who("read:notifications")
        rules = ("for_not_following", "for_not_followers", "for_new_accounts",
                 "for_private_mentions", "for_limited_accounts")
        return {**{r: "accept" for r in rules}, **self.world.options["policy"],
                "summary": {"pending_requests_count": 0, "pending_notifications_count": 0}}

    def check_text(self, given):
        world = self.world
        text, spoiler = given.get("status") or "", given.get("spoiler_text") or ""
        if world.flavour == "snacish":
            return text.split("\0")[0], spoiler
        if not text.strip():
            raise Refused(*((422, "Validation failed: Text can't be blank")
                            if world.flavour == "mastodon" else
                            (400, "Bad Request: status contains no text, media, or poll")))
        counted = text
        if world.flavour == "mastodon":
            counted = re.sub(r"https?://\S+", "x" * 23, text)
        most = world.options["max_characters"]
        if len(counted) + len(spoiler) > most:
            raise Refused(*((422, f"Validation failed: Text character limit of {most} exceeded")
                            if world.flavour == "mastodon" else
                            (400, f"Bad Request: text with spoiler exceed max chars ({most})")))
        return text, spoiler

    def post_status(self):
        world = self.world
        user = self.who("write:statuses")
        given = self.arguments()
        key = self.headers.get("Idempotency-Key")
        if key and world.options["idempotency"]:
            uri, at = world.keys.get((user, key), (None, 0))
            if uri in world.statuses and at > time.time() - 3600:
                return world.show(world.statuses[uri])
        text, spoiler = self.check_text(given)
        visibility = given.get("visibility") or ("unlisted" if world.flavour == "gotosocial" else "public")
        if world.flavour != "snacish" and visibility not in ("public", "unlisted", "private", "direct"):
            raise Refused(422, "Validation failed: Visibility is not included in the list")
        parent = None
        if given.get("in_reply_to_id"):
            parent = world.find(str(given["in_reply_to_id"]))
            if not parent and world.flavour != "snacish":
                raise Refused(404, "The post you are trying to reply to does not appear to exist."
                              if world.flavour == "mastodon" else "Not Found: target status not found")
        status = world.add(user, text, parent, visibility, spoiler=spoiler, key=key,
                           language=given.get("language") or "en",
                           sensitive=bool(given.get("sensitive")))
        if key:
            world.keys[(user, key)] = (status["uri"], time.time())
        return world.show(status)

    def own_status(self, ident):
        user = self.who("write:statuses")
        status = self.status_for(ident, user)
        if status["user"] != user:
            raise Refused(*((404, "Record not found") if self.world.flavour == "mastodon" else
                            (403, "Forbidden: status does not belong to requester")))
        return status

    def put_status(self, ident):
        status = self.own_status(ident)
        given = self.arguments()
        status["text"], spoiler = self.check_text(given)
        if self.world.flavour != "snacish":
            status.update(spoiler=spoiler, language=given.get("language") or "en",
                          sensitive=bool(given.get("sensitive")))
        status["edited"] = iso(self.world.now())
        if self.world.flavour == "snacish":  # the file's time is in the id
            status["id"] = f"{int(status['id'][:10]) + 6:010}" + status["id"][10:]
        return self.world.show(status)

    def delete_status(self, ident):
        if self.world.flavour == "snacish":
            raise Refused(404, "Not Found")
        status = self.own_status(ident)
        shown = {**self.world.show(status), "text": status["text"]}
        self.world.delete(status)
        return shown

    def get_status(self, ident):
        return self.world.show(self.status_for(ident, self.who("read:statuses")))

    def favourite(self, ident):
        user = self.who("write:favourites")
        status = self.status_for(ident, user)
        status["favourites"].add(user)
        return self.world.show(status)

    def context(self, ident):
        world = self.world
        status = self.status_for(ident, self.who("read:statuses"))
        below, known = [], {status["uri"]}
        for other in sorted(world.statuses.values(), key=lambda s: s["at"]):
            if other["parent"] in known and other is not status:
                below.append(world.show(other))
                if world.flavour != "snacish":  # the whole tree, not the children only
                    known.add(other["uri"])
        return {"ancestors": [], "descendants": below}

    def page(self, rows, path, shown, default, most):
        """Mastodon's paging of rows with an "id", newest first, with its Link header."""
        flavour = self.world.flavour
        try:
            limit = min(int(self.first("limit", default)), most) or default
        except ValueError:
            limit = default
        min_id, max_id, since = (self.first(n) for n in ("min_id", "max_id", "since_id"))
        rows = sorted(rows, key=lambda r: id_key(r["id"]), reverse=True)
        if max_id:
            rows = [r for r in rows if id_key(r["id"]) < id_key(max_id)]
        if min_id or since:
            rows = [r for r in rows if id_key(r["id"]) > id_key(min_id or since)]
        rows = rows[-limit:] if min_id else rows[:limit]
        links = []
        keep = [(k, v) for k, vs in self.query.items() for v in vs
                if k not in ("min_id", "max_id", "since_id")]
        base = f"<http://{self.world.domain}{path}?"
        if rows and (len(rows) == limit or flavour == "gotosocial"):
            links.append(base + urllib.parse.urlencode(keep + [("max_id", rows[-1]["id"])]) + '>; rel="next"')
        if rows:
            links.append(base + urllib.parse.urlencode(keep + [("min_id", rows[0]["id"])]) + '>; rel="prev"')
        if links:
            self.out.append(("Link", ", ".join(links)))
        return [s for s in map(shown, rows) if s]

    def notifications(self):
        world = self.world
        user = self.who("read:notifications")
        rows = [n for n in world.notes if n["to"] == user]
        wanted, unwanted = self.query.get("types[]", []), self.query.get("exclude_types[]", [])
        if world.flavour == "snacish":  # no Link, since_id and types[] ignored, 64 at most
            rows = sorted(rows, key=lambda n: id_key(n["id"]), reverse=True)[:64]
            rows = [n for n in rows if n["type"] not in unwanted]
            if self.first("max_id"):
                rows = [n for n in rows if id_key(n["id"]) < id_key(self.first("max_id"))]
            if self.first("min_id"):
                rows = [n for n in rows if id_key(n["id"]) > id_key(self.first("min_id"))]
            rows = rows[: int(self.first("limit", 64))]
            return [s for s in map(world.show_note, rows) if s]
        rows = [n for n in rows if (not wanted or n["type"] in wanted) and n["type"] not in unwanted]
        return self.page(rows, "/api/v1/notifications", world.show_note, 40, 80)

    def account_statuses(self, ident):
        world = self.world
        if world.flavour == "snacish":  # public ones only, limit ignored, no token needed
            rows = [s for s in world.statuses.values() if world.user(s["user"])["id"] == ident
                    and s["visibility"] in ("public", "unlisted")]
            return [world.show(s) for s in sorted(rows, key=lambda s: s["at"], reverse=True)]
        user = self.who("read:statuses")
        rows = [s for s in world.statuses.values() if world.user(s["user"])["id"] == ident
                and (s["user"] == user or s["visibility"] in ("public", "unlisted"))]
        return self.page(rows, self.route, world.show, 20, 40)

    def home(self):
        user = self.who("read:statuses")
        rows = [s for s in self.world.statuses.values() if s["user"] == user
                or s["parent"] or s["visibility"] == "public"]
        return self.page(rows, self.route, self.world.show, 20, 40)

    def lookup(self):
        world = self.world
        if world.flavour == "gotosocial":
            self.who("read:accounts")
        acct = (self.first("acct") or "").lower().lstrip("@").removesuffix("@" + world.domain)
        if acct not in world.users:
            raise Refused(404, "Record not found")
        return world.account(acct)

    def search(self):
        world = self.world
        self.who("read:search")
        acct = (self.first("q") or "").lower().lstrip("@").removesuffix("@" + world.domain)
        # With resolve=true the other server is asked: those at remote.example exist.
        if self.first("resolve") == "true" and acct.endswith("@remote.example"):
            world.user(acct)
        found = [world.account(a) for a in world.users if a == acct or a.split("@")[0] == acct.split("@")[0]]
        return {"accounts": found, "statuses": [], "hashtags": []}

    # --- OAuth --------------------------------------------------------------------

    def add_app(self):
        given = self.arguments()
        uris = given.get("redirect_uris") or ""
        if not given.get("client_name") or not uris:
            raise Refused(422, "Validation failed: Application name can't be blank, Redirect URI can't be blank")
        app = {"client_id": secrets.token_urlsafe(32), "client_secret": secrets.token_urlsafe(32),
               "redirect_uris": uris if isinstance(uris, list) else uris.split(),
               "scopes": set((given.get("scopes") or "read").split())}
        self.world.apps[app["client_id"]] = app
        return {"id": str(len(self.world.apps)), "name": given["client_name"],
                "redirect_uri": "\n".join(app["redirect_uris"]), "client_id": app["client_id"],
                "client_secret": app["client_secret"], "vapid_key": ""}

    def grant(self, user, scope, client_id, redirect_uri=OOB, challenge=None):
        app = self.world.apps.get(client_id)
        if not app or redirect_uri not in app["redirect_uris"]:
            raise Refused(400, "invalid_client", "Client authentication failed.")
        scopes = set((scope or "read").split())
        if not scopes <= app["scopes"]:
            raise Refused(400, "invalid_scope", "The requested scope is invalid, unknown, or malformed.")
        code = secrets.token_urlsafe(32)
        self.world.codes[code] = {"user": user, "scopes": scopes, "client_id": client_id,
                                  "redirect_uri": redirect_uri, "challenge": challenge}
        return code

    def authorize(self):
        if self.first("response_type") != "code":
            raise Refused(400, "unsupported_response_type")
        self.grant("status", self.first("scope"), self.first("client_id"), self.first("redirect_uri"))
        self.out.append(("Content-Type", "text/html; charset=utf-8"))
        return "<html><title>Authorize</title><p>Use /_fake/code in tests.</p></html>"

    def token(self):
        given = self.arguments()
        app = self.world.apps.get(given.get("client_id"))
        if not app or app["client_secret"] != given.get("client_secret"):
            raise Refused(401, "invalid_client", "Client authentication failed.")
        if given.get("grant_type") != "authorization_code":
            raise Refused(400, "unsupported_grant_type")
        code = self.world.codes.pop(given.get("code"), None)
        if not code or code["client_id"] != given["client_id"] or \
                code["redirect_uri"] != given.get("redirect_uri"):
            raise Refused(400, "invalid_grant", "The provided authorization grant is invalid, "
                          "expired, revoked, or was issued to another client.")
        if code["challenge"]:
            seen = hashlib.sha256((given.get("code_verifier") or "").encode()).digest()
            if base64.urlsafe_b64encode(seen).rstrip(b"=").decode() != code["challenge"]:
                raise Refused(400, "invalid_grant", "The code verifier does not match.")
        token = secrets.token_urlsafe(32)
        self.world.tokens[token] = {"user": code["user"], "scopes": code["scopes"]}
        return {"access_token": token, "token_type": "Bearer", "created_at": int(self.world.now()),
                "scope": " ".join(sorted(code["scopes"]))}

    def revoke(self):
        self.world.tokens.pop(self.arguments().get("token"), None)
        return {}

    def metadata(self):
        if not self.is_from(4, 3):
            raise Refused(404, "Not Found")
        base = f"http://{self.world.domain}"
        return {"issuer": base + "/", "authorization_endpoint": base + "/oauth/authorize",
                "token_endpoint": base + "/oauth/token", "revocation_endpoint": base + "/oauth/revoke",
                "app_registration_endpoint": base + "/api/v1/apps",
                "scopes_supported": sorted(set(ALL_SCOPES.split()) | {"read", "write"}),
                "response_types_supported": ["code"], "code_challenge_methods_supported": ["S256"],
                "grant_types_supported": ["authorization_code", "client_credentials"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"]}


IDENT = r"([^/]+)"
ROUTES = [
    ("GET", "/api/v1/accounts/verify_credentials", Api.verify_credentials),
    ("GET", "/api/v2/instance", Api.instance_v2),
    ("GET", "/api/v1/instance", Api.instance_v1),
    ("GET", "/api/v2/notifications/policy", Api.policy),
    ("GET", "/api/v1/notifications", Api.notifications),
    ("POST", "/api/v1/statuses", Api.post_status),
    ("GET", f"/api/v1/statuses/{IDENT}", Api.get_status),
    ("PUT", f"/api/v1/statuses/{IDENT}", Api.put_status),
    ("DELETE", f"/api/v1/statuses/{IDENT}", Api.delete_status),
    ("POST", f"/api/v1/statuses/{IDENT}/favourite", Api.favourite),
    ("GET", f"/api/v1/statuses/{IDENT}/context", Api.context),
    ("GET", "/api/v1/accounts/lookup", Api.lookup),
    ("GET", f"/api/v1/accounts/{IDENT}/statuses", Api.account_statuses),
    ("GET", "/api/v1/timelines/home", Api.home),
    ("GET", "/api/v2/search", Api.search),
    ("POST", "/api/v1/apps", Api.add_app),
    ("GET", "/oauth/authorize", Api.authorize),
    ("POST", "/oauth/token", Api.token),
    ("POST", "/oauth/revoke", Api.revoke),
    ("GET", "/.well-known/oauth-authorization-server", Api.metadata),
]
