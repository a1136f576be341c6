#!/usr/bin/env python3
"""A stand-in for X's API v2 (and its OAuth) for tests and the demo, as strict as facts/X.md asks.

Run by pytest, the demo, the bench and by hand; prints its port as one line and ends on SIGTERM.
Standard library only (with --openapi also python3-jsonschema). It keeps everything in memory and
must never listen beyond 127.0.0.1. People can look at it: GET / and /i/status/ID.

Users that exist: the status account (--account, default "status"), alice, mallory; others come into
being when they act. One app, owned by the status account, with a token for each of the three.

Control, all JSON (POST unless said; a user is a name, any case):
  /_fake/post      {"user", "text", "in_reply_to_id", "quote_id", "note" (text beyond 280), "bare": true = without
                   the @name that X puts in front of a reply} -> post
  /_fake/retweet   {"user", "id"};  /_fake/quote {"user", "id", "text"} -> post
  /_fake/edit      {"id", "text"} -> the new post;  /_fake/delete {"id"}: both by its author
  /_fake/dm        {"user", "text", "to" (the status account)} -> event
  /_fake/user      {"name", "protected", "followed_by_us", "automated", "suspended", "premium", "username"} -> user
  /_fake/script    {"answers": [{"method", "path" (prefix), "count" (1), "act": false, "problem": NAME, "status",
                   "body", "headers", "close": false, "truncate": N, "delay": s, "drip": s}]}: taken in order by the
                   requests that match. "problem": a named answer of x_problem.py. "act" does what was asked first;
                   "close" sends nothing; act + close = accepted, answer lost. Nothing of these: just slow.
  /_fake/options   x_world.py lists them; {"limits": {"POST /2/tweets": {"user": [3, 900]}}} sets rate limits
  /_fake/app       {"name", "owner", "permission": "read", "read-write", "read-write-directmessages"} -> its keys;
                   the permission holds for tokens made later, as on X
  /_fake/token     {"user", "app"} -> new credentials;  /_fake/revoke {"token"};  /_fake/expire {"token"} (bearer)
  /_fake/pin       {"oauth_token", "user"} -> {"pin"};  /_fake/code {"client_id", "redirect_uri", "scope", "user",
                   "code_challenge", "code_challenge_method"} -> {"code"} of OAuth 2.0
  /_fake/reset
  GET /_fake/posts?user=  /_fake/threads  /_fake/messages  /_fake/bill  /_fake/counters  /_fake/log
      /_fake/violations  /_fake/gaps  /_fake/checked  /_fake/problems  /_fake/credentials?user=&app=
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

import x_page
from x_api import Api
from x_check import Checker
from x_control import Control
from x_problem import TABLE, Refused, whole
from x_world import World


class Handler(Control, Api, BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "fake"
    disable_nagle_algorithm = True
    wbufsize = 65536
    world: World = None
    checker: Checker = None

    # --- the wire -----------------------------------------------------------------

    def log_message(self, *args):
        pass

    def date_time_string(self, timestamp=None):
        return email.utils.formatdate(self.world.now(), usegmt=True)

    def send(self, status, body, headers=(), step=None):
        step = step or {}
        raw, kind = b"", None
        if isinstance(body, str):
            raw, kind = body.encode(), "text/html; charset=utf-8"
        elif body is not None:
            raw = json.dumps(body, ensure_ascii=False).encode()
            kind = "application/json; charset=utf-8"
            if isinstance(body, dict) and "type" in body:
                kind = "application/problem+json; charset=utf-8"
        time.sleep(step.get("delay", 0))
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if kind and not any(name.lower() == "content-type" for name, _ in headers):
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        if "truncate" in step:
            raw = raw[: step["truncate"]]
            self.close_connection = True
        self.write_body(raw, step.get("drip"))

    def write_body(self, raw, drip):
        if not drip:
            self.wfile.write(raw)
            return
        for i in range(len(raw)):
            self.wfile.write(raw[i:i + 1])
            self.wfile.flush()
            time.sleep(drip)

    def drop(self):
        """No answer at all: the connection just ends."""
        self.close_connection = True
        self.wfile = open("/dev/null", "wb")
        self.connection.shutdown(2)

    def do(self):
        self.raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urllib.parse.urlsplit(self.path)
        self.route = url.path
        self.query = urllib.parse.parse_qs(url.query, keep_blank_values=True)
        try:
            if self.route.startswith("/_fake/"):
                self.answer_control()
            elif self.command == "GET" and (self.route == "/" or self.route.startswith("/i/status/")):
                with self.world.lock:
                    text = x_page.show(self.world, self.route.rsplit("/", 1)[1])
                self.send(200, text)
            else:
                self.answer()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do

    # --- one request --------------------------------------------------------------

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

    def try_act(self):
        """(status, body) of what was asked, or of why it is refused."""
        try:
            return self.act()
        except Refused as refused:
            self.out += refused.headers
            return refused.status, refused.body

    def scripted(self, step):
        """(status, body) instead of the true one, None when the true one stays."""
        if "problem" in step:
            status, body = TABLE[step["problem"]]
            return step.get("status", status), step.get("body", whole(body, self.vocabulary))
        if "status" in step or "body" in step:
            return step.get("status", 200), step.get("body")
        return None

    def is_lost(self):
        """Every Nth answer, counted over what the option names."""
        world = self.world
        every, methods = world.options["lose_every"], world.options["lose_methods"]
        if not every or (methods and self.command not in methods.split(",")):
            return False
        world.lost += 1
        return world.lost % every == 0

    def answer(self):
        world, self.out, self.why, self.access = self.world, [], "", "read"
        self.vocabulary = "post" if world.mode == "post" else "tweet"
        with world.lock:
            name = f"{self.command} {self.route}"
            world.counters[name] = world.counters.get(name, 0) + 1
            step = self.take_step()
            instead = self.scripted(step)
            lost = not step and self.is_lost()
            status, body = 200, None
            if step.get("act") or not (step.get("close") or instead):
                status, body = self.try_act()
                self.checker.answer(self.vocabulary, self.command, self.path, status, body)
            self.checker.request(self.vocabulary, self.command, self.path, self.raw)
            if instead:
                status, body = instead
            headers = self.all_headers(step)
            world.log.append({"method": self.command, "path": self.path, "headers": dict(self.headers),
                              "body": self.raw.decode("utf-8", "replace"), "status": status, "why": self.why,
                              "lost": bool(lost or step.get("close"))})
        if lost or step.get("close"):
            time.sleep(step.get("delay", 0))
            self.drop()
        else:
            self.send(status, body, headers, step)

    def all_headers(self, step):
        """Scripted ones take the place of ours."""
        given = {k.lower(): str(v) for k, v in (step.get("headers") or {}).items()}
        ours = [*self.out, ("x-access-level", self.access), ("x-transaction-id", secrets.token_hex(8))]
        return [(k, v) for k, v in ours if k.lower() not in given] + list(given.items())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--mode", choices=("tweet", "post", "both"), default="tweet", help="field names")
    parser.add_argument("--account", default="status", help="name of the status account")
    parser.add_argument("--openapi", help="folder of x-openapi-2.166.json and -2.167.json")
    parser.add_argument("--port", type=int, default=0)
    args = parser.parse_args()

    server = ThreadingHTTPServer(("127.0.0.1", args.port), Handler)
    server.daemon_threads = True
    Handler.world = World(args.mode, args.account)
    Handler.checker = Checker(args.openapi, args.mode)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print(server.server_address[1], flush=True)
    try:
        server.serve_forever(poll_interval=0.1)
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
