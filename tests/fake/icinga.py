#!/usr/bin/env python3
"""A scripted Icinga 2 API for what the real one will not do on demand. Run by pytest; over TLS with the
certificate that it is given; prints its port as one line and ends on SIGTERM. It must never listen beyond
127.0.0.1, nor take a request that the real one would refuse.

  icinga.py --cert FILE --key FILE --password TEXT --hosts FILE

--hosts: {"mx1": {"SMTP": "its public name", ...}}. Control, without a login:

  POST /_fake/state   {"host", "service" or "", "state", "output", "soft": false, "quiet": false}
  POST /_fake/password {"password"}   from now on
  POST /_fake/delete, /_fake/make   {"host", "service"}   at run time; what is made was never checked
  POST /_fake/ack     {"host", "service", "author", "text"};  /_fake/unack {"host", "service"}
  POST /_fake/script  {"answers": [{"path", "count", "status", "body", "delay", "act", "close", "truncate", "size"}]}
                      taken in order by the requests whose path begins so. act: do it, then answer as said; close:
                      no answer; truncate: so many bytes of it; size: a body of so many bytes of white space
  POST /_fake/unscript {}
  POST /_fake/stream  {"lines": [text, ...], "end": true} to all who read events; {"ends_at_once": bool} from now on
  POST /_fake/forbid  {"rights": ["objects/query/Service", ...]}   from now on a 404 each, as Icinga has it
  POST /_fake/start   {}   program_start changes, streams end
  GET  /_fake/world, /_fake/log
"""
import argparse
import base64
import json
import queue
import signal
import ssl
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from icinga_world import KINDS, Refused, World


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    world = None
    password = ""
    timeout = 600

    def log_message(self, *args):
        pass

    def send(self, status, body, step=None):
        step = step or {}
        raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        if step.get("size"):
            raw = b" " * step["size"]
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if raw.startswith(b"<") else "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        if "truncate" in step:
            raw = raw[: step["truncate"]]
            self.close_connection = True
        self.wfile.write(raw)

    def do(self):
        self.raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.route = urllib.parse.urlsplit(self.path).path
        try:
            if self.route.startswith("/_fake/"):
                self.control()
            else:
                self.answer()
        except OSError:
            self.close_connection = True

    do_GET = do_POST = do

    # --- the API ------------------------------------------------------------------

    def take_step(self):
        for step in self.world.script:
            if self.route.startswith(step.get("path", "/")):
                step["count"] = step.get("count", 1) - 1
                if step["count"] <= 0:
                    self.world.script.remove(step)
                return dict(step)
        return {}

    def answer(self):
        with self.world.lock:
            self.world.log.append({"method": self.verb(), "path": self.route, "body": self.raw.decode("utf-8", "replace")})
            step = self.take_step()
        time.sleep(step.get("delay", 0))
        replaced = "status" in step or "body" in step or "size" in step
        status, body = 200, None
        if step.get("act") or not (step.get("close") or replaced):
            try:
                status, body = self.act()
            except Refused as refused:
                status, body = refused.status, refused.body
        if step.get("close"):
            self.close_connection = True
            return
        if replaced:
            status, body = step.get("status", 200), step.get("body", "")
        if body is not None:
            self.send(status, body, step)

    def verb(self):
        return self.headers.get("X-HTTP-Method-Override", self.command)

    def act(self):
        """(status, body); body None: answered already."""
        if "application/json" not in self.headers.get("Accept", ""):
            raise Refused(400, "<h1>Accept header is missing or not set to 'application/json'.</h1>")
        word = base64.b64encode(f"twicket:{self.world.password or self.password}".encode()).decode()
        if self.headers.get("Authorization") != "Basic " + word:
            raise Refused(401, {"error": 401, "status": "Unauthorized. Please check your user credentials."})
        try:
            given = json.loads(self.raw or b"{}")
        except ValueError:
            raise Refused(400, {"error": 400, "status": "Invalid request body"}) from None
        top, _, rest = self.route.removeprefix("/v1/").partition("/")
        if top == "events" and self.verb() == "POST":
            return self.stream(given), None
        with self.world.lock:
            if top == "status":
                return 200, self.world.status()
            if top == "objects" and rest not in KINDS:
                raise Refused(400, {"error": 400, "status": "Invalid type specified."})
            if top == "objects" and self.verb() == "GET":
                return 200, self.world.query(rest, given)
            if top == "actions" and self.verb() == "POST":
                return self.world.action(rest, given)
        raise Refused(404, {"error": 404, "status": f"The requested path '{self.route[1:]}' could not be found."})

    def stream(self, given):
        """Events as long as somebody reads; there is no end but that of the connection."""
        if not given.get("types") or not given.get("queue"):
            raise Refused(400, {"error": 400, "status": "'types' and 'queue' are required."})
        mailbox = queue.Queue()
        with self.world.lock:
            self.world.need(*(f"events/{kind}" for kind in given["types"]))
            if not self.world.ends_at_once:
                self.world.readers.append(mailbox)
        self.close_connection = True
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n")
        while not self.world.ends_at_once:
            line = mailbox.get()
            if line is None:
                break
            self.wfile.write(line.encode("utf-8", "surrogateescape"))
            self.wfile.flush()
        return 200

    # --- control ------------------------------------------------------------------

    def control(self):
        given, word = json.loads(self.raw or b"{}"), self.route[7:]
        with self.world.lock:
            out = self.world.control(word, given)
        self.send(200 if out is not None else 400, out if out is not None else {"error": word})


class Server(ThreadingHTTPServer):
    daemon_threads = True
    context = None

    def finish_request(self, request, client_address):
        """The handshake is the connection's own business, so that a bad one keeps nobody waiting."""
        try:
            request.settimeout(600)
            wrapped = self.context.wrap_socket(request, server_side=True)
        except (OSError, ssl.SSLError):
            return
        try:
            super().finish_request(wrapped, client_address)
        except (OSError, ValueError):
            pass
        finally:
            wrapped.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    for name in ("cert", "key", "password", "hosts"):
        parser.add_argument(f"--{name}", required=True)
    args = parser.parse_args()
    with open(args.hosts, encoding="utf-8") as file:
        Handler.world = World(json.load(file))
    Handler.password = args.password
    server = Server(("127.0.0.1", 0), Handler)
    server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.context.load_cert_chain(args.cert, args.key)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print(server.server_address[1], flush=True)
    server.serve_forever(poll_interval=0.1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
