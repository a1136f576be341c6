"""Who asks the fake X: OAuth 1.0a signatures, the PIN flow, OAuth 2.0 with PKCE and refresh tokens.

Mixed into the handler of x.py, which brings the request. The signature is computed here from RFC
5849 and shares nothing with the agent's.
"""
import base64
import hashlib
import hmac
import html
import secrets
import urllib.parse
from dataclasses import dataclass, field

from x_problem import Refused, refuse

SKEW = 300
ACCESS_SECONDS, CODE_SECONDS, REQUEST_SECONDS = 7200, 30, 900
SCOPES = "tweet.read tweet.write users.read dm.read dm.write offline.access"


@dataclass
class Who:
    """user None: the app itself (OAuth 2.0 bearer token of an app)."""

    user: str | None
    app: str
    access: str = "read"
    scopes: set = field(default_factory=set)
    kind: str = "oauth1"


def encode(text):
    return urllib.parse.quote(str(text), safe="~")


def signature(method, url, parameters, consumer_secret, token_secret):
    pairs = sorted((encode(k), encode(v)) for k, v in parameters)
    base = "&".join([method.upper(), encode(url), encode("&".join(f"{k}={v}" for k, v in pairs))])
    key = f"{encode(consumer_secret)}&{encode(token_secret)}"
    return base64.b64encode(hmac.new(key.encode(), base.encode(), hashlib.sha1).digest()).decode()


def parse_header(text):
    """{name: value} of "OAuth a="b", c="d"", None when it is something else."""
    out = {}
    for part in text[6:].split(","):
        name, equals, value = part.strip().partition("=")
        if not equals or len(value) < 2 or value[0] != '"' or value[-1] != '"' or name in out:
            return None
        out[urllib.parse.unquote(name)] = urllib.parse.unquote(value[1:-1])
    return out


def v1_error(status, code, message):
    return Refused(status, {"errors": [{"code": code, "message": message}]})


class Auth:
    """Needs of its host: world, command, route, headers, raw, path, out, why."""

    # --- OAuth 1.0a ----------------------------------------------------------------

    def fail(self, why):
        """401; why goes only to /_fake/log."""
        self.why = why
        raise refuse("unauthorized", self.vocabulary)

    def form(self):
        if (self.headers.get("Content-Type") or "").split(";")[0].strip() != "application/x-www-form-urlencoded":
            return []
        return urllib.parse.parse_qsl(self.raw.decode("utf-8", "replace"), keep_blank_values=True)

    def oauth1(self, secret_of):
        """Verifies the signature. secret_of(token): its secret, None when it is not known. Returns the parameters."""
        given = parse_header(self.headers["Authorization"])
        if given is None:
            self.fail("the Authorization header cannot be read")
        for name in ("consumer_key", "nonce", "signature", "signature_method", "timestamp"):
            if not given.get("oauth_" + name):
                self.fail(f"oauth_{name} is missing")
        app = self.world.app_by("key", given["oauth_consumer_key"])
        token_secret = secret_of(given.get("oauth_token"))
        if not app or token_secret is None:
            self.fail("unknown consumer key or token")
        if given["oauth_signature_method"] != "HMAC-SHA1" or given.get("oauth_version", "1.0") != "1.0":
            self.fail("signature method or version")
        self.check_signature(given, app["secret"], token_secret)
        self.check_fresh(given)
        return app, given

    def check_signature(self, given, consumer_secret, token_secret):
        url = urllib.parse.urlsplit(self.path)
        parameters = urllib.parse.parse_qsl(url.query, keep_blank_values=True) + self.form()
        parameters += [(k, v) for k, v in given.items() if k not in ("oauth_signature", "realm")]
        host = (self.headers.get("Host") or "").lower().removesuffix(":80")
        wanted = signature(self.command, f"http://{host}{url.path}", parameters, consumer_secret, token_secret)
        if not hmac.compare_digest(wanted.encode(), given["oauth_signature"].encode()):
            self.fail("the signature is another")

    def check_fresh(self, given):
        stamp = given["oauth_timestamp"]
        if not stamp.isascii() or not stamp.isdigit() or abs(int(stamp) - self.world.now()) > SKEW:
            self.fail("the timestamp is out of bounds")
        nonce = (given["oauth_consumer_key"], given.get("oauth_token"), given["oauth_nonce"])
        if nonce in self.world.nonces:
            self.fail("the nonce was used before")
        self.world.nonces[nonce] = stamp

    def who(self, kinds, scopes, need):
        """The account of the request. kinds: "user", "app"; need: what the app must be allowed."""
        header = self.headers.get("Authorization") or ""
        if header.startswith("OAuth "):
            who = self.who_oauth1()
        elif header.startswith("Bearer "):
            who = self.who_bearer(header[7:])
        else:
            self.fail("no Authorization header")
        self.access = who.access
        if who.user is None and "app" not in kinds:
            raise refuse("app-only", self.vocabulary)
        if who.user is not None and "user" not in kinds:
            raise refuse("user-context", self.vocabulary)
        self.check_permission(who, scopes, need)
        return who

    def check_permission(self, who, scopes, need):
        if who.user is not None and self.world.users[who.user]["suspended"]:
            raise refuse("suspended", self.vocabulary)
        if who.kind == "oauth2" and not set(scopes.split()) <= who.scopes:
            raise refuse("forbidden", self.vocabulary)
        levels = ("read", "read-write", "read-write-directmessages")
        if who.kind == "oauth1" and levels.index(who.access) < levels.index(need):
            raise refuse("oauth1-permissions", self.vocabulary)

    def who_oauth1(self):
        tokens = self.world.tokens
        app, given = self.oauth1(lambda token: tokens.get(token, {}).get("secret"))
        known = tokens[given["oauth_token"]]
        if known["app"] != app["name"]:
            self.fail("the token is another app's")
        return Who(known["user"], app["name"], known["access"])

    def who_bearer(self, token):
        app = self.world.app_by("bearer", token)
        if app:
            return Who(None, app["name"], kind="app")
        known = self.world.bearers.get(token)
        if not known or known["until"] <= self.world.now():
            self.fail("unknown or expired bearer token")
        access = "read-write" if "tweet.write" in known["scopes"] else "read"
        return Who(known["user"], known["app"], access, known["scopes"], "oauth2")

    # --- the PIN flow ---------------------------------------------------------------

    def oauth_legacy(self, secret_of):
        """As oauth1(), with the errors of the old endpoints."""
        if not (self.headers.get("Authorization") or "").startswith("OAuth "):
            raise v1_error(400, 215, "Bad Authentication data.")
        try:
            app, given = self.oauth1(secret_of)
        except Refused:
            if "timestamp" in self.why:
                raise v1_error(401, 135, "Timestamp out of bounds.") from None
            raise v1_error(401, 32, "Could not authenticate you.") from None
        url = urllib.parse.urlsplit(self.path)
        return app, {**dict(urllib.parse.parse_qsl(url.query)), **dict(self.form()), **given}

    def request_token(self):
        app, given = self.oauth_legacy(lambda token: "" if token is None else None)
        callback = given.get("oauth_callback")
        if not callback:
            raise v1_error(400, 214, "Bad request: oauth_callback is missing.")
        if callback != "oob" and callback not in app["redirect_uris"]:
            raise v1_error(403, 415, "Callback URL not approved for this client application. Approved callback URLs "
                                     "can be adjusted in your application settings")
        token, secret = secrets.token_urlsafe(20), secrets.token_urlsafe(24)
        self.world.requests[token] = {"secret": secret, "app": app["name"], "user": None, "pin": None,
                                      "until": self.world.now() + REQUEST_SECONDS}
        return urllib.parse.urlencode({"oauth_token": token, "oauth_token_secret": secret,
                                       "oauth_callback_confirmed": "true"})

    def request_of(self, token):
        request = self.world.requests.get(token)
        if not request or request["until"] <= self.world.now():
            raise Refused(403, "<!doctype html><title>X</title><p>The request token for this page is invalid. It may "
                               "have already been used, or expired because it is too old.</p>")
        return request

    def grant_pin(self, token, user):
        request = self.request_of(token)
        request["user"] = self.world.user(user)["username"].lower()
        request["pin"] = f"{secrets.randbelow(9000000) + 1000000}"
        return request["pin"]

    def authorize(self):
        """A page to log in by choosing an account; the form brings it back with the PIN."""
        given = {**{k: v[0] for k, v in self.query.items()}, **dict(self.form())}
        token = given.get("oauth_token", "")
        self.out.append(("Content-Type", "text/html; charset=utf-8"))
        if given.get("user") in self.world.users:
            pin = self.grant_pin(token, given["user"])
            return page(f"<p>You have granted access to the app.</p><p>Next, enter this PIN to complete the "
                        f"authorization process:</p><p><kbd><code>{pin}</code></kbd></p>")
        self.request_of(token)
        return page(login_form(self.world, "/oauth/authorize", {"oauth_token": token}))

    def access_token(self):
        requests = self.world.requests
        app, given = self.oauth_legacy(lambda token: requests.get(token, {}).get("secret"))
        request = requests[given["oauth_token"]]
        if request["app"] != app["name"] or request["until"] <= self.world.now():
            raise v1_error(401, 89, "Invalid or expired token.")
        if not request["pin"] or not hmac.compare_digest(request["pin"].encode(),
                                                         given.get("oauth_verifier", "").encode()):
            raise Refused(401, "Error processing your OAuth request: Invalid oauth_verifier parameter")
        del requests[given["oauth_token"]]
        secret = secrets.token_urlsafe(34)
        token = self.world.add_token(request["user"], app["name"], secrets.token_urlsafe(24), secret)
        user = self.world.users[request["user"]]
        return urllib.parse.urlencode({"oauth_token": token, "oauth_token_secret": secret,
                                       "user_id": user["id"], "screen_name": user["username"]})

    # --- OAuth 2.0 --------------------------------------------------------------------

    def grant_code(self, given):
        app = self.world.app_by("client_id", given.get("client_id"))
        if not app or given.get("redirect_uri") not in app["redirect_uris"]:
            raise Refused(400, {"error": "invalid_request", "error_description": "client_id or redirect_uri"})
        if not set(given.get("scope", "").split()) <= set(SCOPES.split()) or not given.get("code_challenge"):
            raise Refused(400, {"error": "invalid_scope", "error_description": "scope or code_challenge"})
        code = secrets.token_urlsafe(32)
        self.world.codes[code] = {"user": self.world.user(given["user"])["username"].lower(), "app": app["name"],
                                  "scopes": set(given["scope"].split()), "uri": given["redirect_uri"],
                                  "challenge": given["code_challenge"], "until": self.world.now() + CODE_SECONDS,
                                  "method": given.get("code_challenge_method", "plain")}
        return code

    def authorize2(self):
        given = {**{k: v[0] for k, v in self.query.items()}, **dict(self.form())}
        if given.get("user") in self.world.users and given.get("response_type") == "code":
            back = urllib.parse.urlencode({"state": given.get("state", ""), "code": self.grant_code(given)})
            raise Refused(302, "", [("Location", f"{given['redirect_uri']}?{back}")])
        self.out.append(("Content-Type", "text/html; charset=utf-8"))
        return page(login_form(self.world, "/i/oauth2/authorize", given))

    def client_app(self, given):
        """The app by HTTP Basic: a bot is a confidential client."""
        header = self.headers.get("Authorization") or ""
        try:
            ident, _, secret = base64.b64decode(header.removeprefix("Basic "), validate=True).decode().partition(":")
        except ValueError:
            ident, secret = "", ""
        app = self.world.app_by("client_id", ident)
        if not header.startswith("Basic ") or not app or app["client_secret"] != secret:
            raise Refused(401, {"error": "unauthorized_client",
                                "error_description": "Missing valid authorization header"})
        return app

    def token2(self):
        given = dict(self.form())
        app = self.client_app(given)
        if given.get("grant_type") == "authorization_code":
            grant = self.take_code(app, given)
        elif given.get("grant_type") == "refresh_token":
            grant = self.take_refresh(app, given.get("refresh_token"))
        else:
            raise Refused(400, {"error": "unsupported_grant_type", "error_description": "grant_type"})
        return self.issue(app, grant)

    def refuse_token(self):
        raise Refused(400, {"error": "invalid_request",
                            "error_description": "Value passed for the token was invalid."})

    def take_code(self, app, given):
        code = self.world.codes.pop(given.get("code"), None)
        if not code or code["app"] != app["name"] or code["uri"] != given.get("redirect_uri") or \
                code["until"] <= self.world.now():
            self.refuse_token()
        verifier = given.get("code_verifier", "")
        if code["method"] == "S256":
            digest = hashlib.sha256(verifier.encode()).digest()
            verifier = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if verifier != code["challenge"]:
            self.refuse_token()
        return {"user": code["user"], "scopes": code["scopes"], "family": secrets.token_hex(8)}

    def take_refresh(self, app, token):
        known = self.world.refresh.get(token)
        if not known or known["app"] != app["name"]:
            self.refuse_token()
        if known["used"]:
            self.revoke_family(known["family"])
            self.refuse_token()
        known["used"] = True
        return known

    def revoke_family(self, family):
        for store in (self.world.refresh, self.world.bearers):
            for token in [t for t, v in store.items() if v["family"] == family]:
                del store[token]

    def issue(self, app, grant):
        both = {"user": grant["user"], "scopes": grant["scopes"], "family": grant["family"], "app": app["name"]}
        access = secrets.token_urlsafe(40)
        self.world.bearers[access] = {**both, "until": self.world.now() + ACCESS_SECONDS}
        out = {"token_type": "bearer", "expires_in": ACCESS_SECONDS, "access_token": access,
               "scope": " ".join(sorted(grant["scopes"]))}
        if "offline.access" in grant["scopes"]:
            out["refresh_token"] = secrets.token_urlsafe(40)
            self.world.refresh[out["refresh_token"]] = {**both, "used": False}
        return out


def page(inner):
    return f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" ' \
           f'content="width=device-width, initial-scale=1"><title>Authorize</title>{inner}</html>'


def login_form(world, action, hidden):
    fields = "".join(f'<input type="hidden" name="{html.escape(k)}" value="{html.escape(v)}">'
                     for k, v in hidden.items() if k != "user")
    users = "".join(f'<p><button name="user" value="{html.escape(n)}">Log in as @{html.escape(u["username"])} and '
                    f'authorize the app</button></p>' for n, u in world.users.items())
    return f'<form method="post" action="{action}">{fields}{users}</form>'
