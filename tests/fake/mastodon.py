#!/usr/bin/env python3
"""A Mastodon-API server for tests, as strict as the real ones (facts/MASTODON.md).

Run by pytest and by hand; prints its port as one line and ends on SIGTERM. Standard
library only. It keeps everything in memory and must never listen beyond 127.0.0.1.

Flavours: mastodon (honours Idempotency-Key, pages by Link), gotosocial (418 without a
User-Agent, 400 for empty or long texts, no idempotency, a Link on empty pages), snacish
(no scopes, no Link, no DELETE, new id after an edit, unknown parents become roots).

Tokens that exist: token-status (all that twicket asks for), token-alice, token-mallory.

Control, all JSON (POST unless said):
  /_fake/script    {"answers": [{"method", "path" (prefix), "count" (1), "act": false,
                   "status", "body", "headers", "close": false, "truncate": N, "delay": s,
                   "drip": s}]}: taken in order by the requests that match. "act" does what
                   was asked first; "close" sends nothing; act + close = accepted, answer lost.
  /_fake/reply     {"user": "alice" or "bob@remote.example", "text", "in_reply_to_id", "ago" (s),
                   "visibility", "bot", "pending"} -> status
  /_fake/notify    {"type": "favourite", "user", "id"}: other kinds of notification
  /_fake/edit      {"id", "text"};  /_fake/delete {"id"}: by its author
  /_fake/token     {"user", "scopes"} -> {"token"};  /_fake/revoke {"token"}
  /_fake/user      {"name", "bot", "locked", "display_name"}
  /_fake/options   {"idempotency", "rate_limit", "max_characters", "version", "policy", "clock"}
  /_fake/reset
  GET /_fake/posts, /_fake/counters, /_fake/log, /_fake/code?client_id=&user=status&scope=
"""
import argparse
import email.utils
import json
import secrets
import signal
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from mastodon_api import Api
from mastodon_world import OOB, Refused, World, iso


class Handler(Api, BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "fake"
    world: World = None

    # --- the wire -----------------------------------------------------------------

    def log_message(self, *args):
        pass

    def date_time_string(self, timestamp=None):
        return email.utils.formatdate(self.world.now(), usegmt=True)

    def send(self, status, body, headers=(), step=None):
        step = step or {}
        if body is None:
            raw, kind = b"", "text/html; charset=utf-8"
        elif isinstance(body, str):
            raw, kind = body.encode(), "text/html; charset=utf-8"
        else:
            raw, kind = json.dumps(body).encode(), "application/json; charset=utf-8"
        if step.get("delay"):
            time.sleep(step["delay"])
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if not any(name.lower() == "content-type" for name, _ in headers):
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        if "truncate" in step:
            raw = raw[: step["truncate"]]
            self.close_connection = True
        if step.get("drip"):
            for i in range(len(raw)):
                self.wfile.write(raw[i:i + 1])
                self.wfile.flush()
                time.sleep(step["drip"])
        else:
            self.wfile.write(raw)
        if self.world.flavour == "snacish":
            self.close_connection = True

    def drop(self):
        """No answer at all: the connection just ends."""
        self.close_connection = True
        self.wfile = open("/dev/null", "wb")
        self.connection.shutdown(2)

    def do(self):
        length = int(self.headers.get("Content-Length") or 0)
        self.raw = self.rfile.read(length)
        url = urllib.parse.urlsplit(self.path)
        self.route = url.path
        self.query = urllib.parse.parse_qs(url.query, keep_blank_values=True)
        try:
            if self.route.startswith("/_fake/"):
                self.answer_control()
                return
            self.answer()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do

    def take_step(self):
        """The scripted answer for this request, or {}."""
        for step in self.world.script:
            if step.get("method") not in (None, self.command) or \
                    not self.route.startswith(step.get("path", "/")):
                continue
            step["count"] = step.get("count", 1) - 1
            if step["count"] <= 0:
                self.world.script.remove(step)
            return dict(step)
        return {}

    def answer(self):
        world = self.world
        with world.lock:
            name = f"{self.command} {self.route}"
            world.counters[name] = world.counters.get(name, 0) + 1
            world.log.append({"method": self.command, "path": self.path,
                              "headers": dict(self.headers), "body": self.raw.decode("utf-8", "replace")})
            step = self.take_step()
            status, body, headers = 200, None, []
            replaces = "status" in step or "body" in step
            if step.get("act") or not (step.get("close") or replaces):
                self.out = headers
                try:
                    status, body = 200, self.act()
                except Refused as refused:
                    status, body = refused.status, refused.body
                    if world.flavour == "snacish":
                        body = None if status != 404 else "<h1>404 Not Found (snac/2.75)</h1>"
            if replaces:
                status, body = step.get("status", status), step.get("body", body)
                headers = []
            headers += self.limit_headers() + list((step.get("headers") or {}).items())
        if step.get("close"):
            time.sleep(step.get("delay", 0))
            self.drop()
        else:
            self.send(status, body, headers, step)

    def limit_headers(self):
        if self.world.flavour == "snacish":
            return [("x-creator", "snac/2.75")]
        world = self.world
        return [("X-RateLimit-Limit", str(world.options["rate_limit"])),
                ("X-RateLimit-Remaining", str(max(0, world.options["rate_limit"] - world.spent))),
                ("X-RateLimit-Reset", iso(world.window + world.options["clock"],
                                          6 if world.flavour == "mastodon" else 3))]

    # --- control ------------------------------------------------------------------

    def answer_control(self):
        status = 200
        with self.world.lock:
            try:
                out = self.control()
            except (KeyError, ValueError, AttributeError, TypeError, Refused) as error:
                status, out = 400, {"error": f"{type(error).__name__}: {error}"}
        self.send(status, out)

    def control(self):
        world, word = self.world, self.route[7:]
        given = json.loads(self.raw or b"{}")
        if word == "posts":
            return [{**world.show(s), "text": s["text"], "key": s["key"],
                     "asked_visibility": s["visibility"], "favourited_by": sorted(s["favourites"])}
                    for s in world.statuses.values()]
        if word == "counters":
            return world.counters
        if word == "log":
            return world.log
        if word == "code":
            return {"code": self.grant(self.first("user", "status"), self.first("scope"),
                                       self.first("client_id"), self.first("redirect_uri", OOB),
                                       self.first("code_challenge"))}
        if word == "script":
            world.script += given["answers"]
        elif word == "reply":
            parent = world.find(given["in_reply_to_id"]) if given.get("in_reply_to_id") else None
            user = world.user(given["user"])
            user["bot"] = given.get("bot", user["bot"])
            status = world.add(user["acct"], given["text"], parent, given.get("visibility", "public"),
                               given.get("pending", False))
            for made in [status] + [note for note in world.notes if note["status"] == status["uri"]]:
                made["at"] -= given.get("ago", 0)
            return world.show(status)
        elif word == "notify":
            world.notify("status", given["type"], world.user(given["user"])["acct"],
                         world.find(given.get("id", "")))
        elif word == "edit":
            world.find(given["id"]).update(text=given["text"], edited=iso(world.now()))
        elif word == "delete":
            world.delete(world.find(given["id"]))
        elif word == "token":
            token = given.get("token") or secrets.token_urlsafe(16)
            world.tokens[token] = {"user": given["user"], "scopes": set(given["scopes"].split())}
            return {"token": token}
        elif word == "revoke":
            world.tokens.pop(given["token"], None)
        elif word == "user":
            user = world.user(given["name"])
            user.update({k: v for k, v in given.items() if k != "name"})
            return user
        elif word == "options":
            world.options.update(given)
            world.spent = 0
        elif word == "reset":
            world.reset()
        else:
            return {"error": f"what is {word}?"}
        return {}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--flavour", choices=("mastodon", "gotosocial", "snacish"), default="mastodon")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--domain", help="account domain, default 127.0.0.1:PORT")
    parser.add_argument("--version", default="4.3.1", help="of Mastodon")
    parser.add_argument("--no-idempotency", action="store_true")
    parser.add_argument("--rate-limit", type=int, default=300, help="requests in five minutes")
    args = parser.parse_args()

    server = ThreadingHTTPServer(("127.0.0.1", args.port), Handler)
    server.daemon_threads = True
    port = server.server_address[1]
    world = Handler.world = World(args.flavour, args.domain or f"127.0.0.1:{port}")
    world.options.update(version=args.version, rate_limit=args.rate_limit)
    if args.no_idempotency:
        world.options["idempotency"] = False
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print(port, flush=True)
    try:
        server.serve_forever(poll_interval=0.1)
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
