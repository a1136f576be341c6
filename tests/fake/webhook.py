#!/usr/bin/env python3
"""A ticket desk behind a webhook, as strict as twicket.cfg(5) tells its receivers to be: the signature
over timestamp and body is compared in constant time, old ones are refused, and what came once under a
key is not done again. Run by pytest; prints its port as one line and ends on SIGTERM. It must never
listen beyond 127.0.0.1.

  webhook.py --secret TEXT

GET /_fake/tickets -> what was done, in order. POST /_fake/script {"answers": [...]}: for the next
requests, a status to answer with before anything is done, "lose" (done, and the connection closed
without an answer), or "ids" (done, with an id and url of our own).
"""
import argparse
import hashlib
import hmac
import json
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

OLDEST_S = 300


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    lock = threading.Lock()
    secret = b""
    done: dict = {}  # by key
    script: list = []

    def log_message(self, *args):
        pass

    def answer(self, status, body=None):
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def refusal(self, body):
        """Why the request is not one of ours; (status, words) or None."""
        stamp = self.headers.get("X-Twicket-Timestamp", "")
        if not stamp.isdigit() or abs(time.time() - int(stamp)) > OLDEST_S:
            return 401, "the timestamp is missing or old"
        wanted = "sha256=" + hmac.new(self.secret, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(wanted, self.headers.get("X-Twicket-Signature", "")):
            return 401, "the signature is wrong"
        try:
            told = json.loads(body)
        except ValueError:
            return 400, "no JSON"
        if told.get("version") != 1 or told.get("event") not in ("ticket", "note"):
            return 400, "an unknown version or event"
        if told.get("key") != self.headers.get("Idempotency-Key"):
            return 400, "two different keys"
        return None

    def do_GET(self):
        with self.lock:
            self.answer(200, list(self.done.values()))

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with self.lock:
            if self.path == "/_fake/script":
                self.script.extend(json.loads(body)["answers"])
                self.answer(200, {})
                return
            refusal = self.refusal(body)
            if refusal:
                self.answer(refusal[0], {"error": refusal[1]})
                return
            self.take(json.loads(body))

    def take(self, told):
        how = self.script.pop(0) if self.script else None
        if isinstance(how, int):
            self.answer(how, {"error": "as the test wants it"})
        elif told["key"] in self.done:
            self.answer(409, {"id": len(self.done)})
        else:
            self.done[told["key"]] = told
            if how == "lose":
                self.close_connection = True
                self.connection.close()
            elif how == "ids":
                self.answer(201, {"id": 4711, "url": "https://desk.example.net/4711"})
            else:
                self.answer(204)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--secret", required=True)
    Handler.secret = parser.parse_args().secret.encode()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
