#!/usr/bin/env python3
"""A proxy that loses answers: it passes a request on, waits until the server has
answered in full, and then drops the answer of every Nth one. Run by pytest in front
of snac or tests/fake; prints its port as one line and ends on SIGTERM. It must never
change a byte of what it does pass on, nor listen beyond 127.0.0.1.

  lossy.py --to 127.0.0.1:PORT [--every N] [--methods POST,PUT] [--path PREFIX] [--cut BYTES]

--every 1 loses every answer, 0 none. --cut passes on that many bytes of the answer first.
GET /_lossy/counters -> {"requests", "matched", "lost"}; POST /_lossy/set {"every": N, ...}
"""
import argparse
import http.client
import json
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    lock = threading.Lock()
    options: dict = {}
    counters = {"requests": 0, "matched": 0, "lost": 0}

    def log_message(self, *args):
        pass

    def control(self, body):
        with self.lock:
            if self.path == "/_lossy/set":
                self.options.update(json.loads(body))
            out = json.dumps(self.counters).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(out)))
        self.end_headers()
        self.wfile.write(out)

    def is_lost(self):
        with self.lock:
            self.counters["requests"] += 1
            methods = self.options["methods"]
            if (methods and self.command not in methods) or \
                    not self.path.startswith(self.options["path"]):
                return False
            self.counters["matched"] += 1
            every = self.options["every"]
            lost = every > 0 and self.counters["matched"] % every == 0
            self.counters["lost"] += lost
            return lost

    def forward(self, body):
        """The whole answer as bytes: the server has acted when this returns."""
        connection = http.client.HTTPConnection(self.options["to"], timeout=60)
        connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in ("connection", "expect"):
                connection.putheader(name, value)
        connection.putheader("Connection", "close")
        connection.endheaders(body or None)
        response = connection.getresponse()
        content = response.read()
        head = f"HTTP/1.1 {response.status} {response.reason}\r\n"
        for name, value in response.getheaders():
            if name.lower() not in ("connection", "content-length", "transfer-encoding"):
                head += f"{name}: {value}\r\n"
        head += f"Content-Length: {len(content)}\r\nConnection: close\r\n\r\n"
        connection.close()
        return head.encode("latin-1") + content

    def do(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.startswith("/_lossy/"):
            self.control(body)
            return
        lost = self.is_lost()
        self.close_connection = True
        try:
            answer = self.forward(body)
        except (OSError, http.client.HTTPException):
            return
        if lost:
            answer = answer[: self.options["cut"]]
        try:
            self.wfile.write(answer)
        except (BrokenPipeError, ConnectionResetError):
            pass

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do


def main():
    parser = argparse.ArgumentParser(description="loses the answer of every Nth request")
    parser.add_argument("--to", required=True)
    parser.add_argument("--every", type=int, default=2)
    parser.add_argument("--methods", default="POST", help="comma list, empty = all")
    parser.add_argument("--path", default="/")
    parser.add_argument("--cut", type=int, default=0)
    parser.add_argument("--port", type=int, default=0)
    args = parser.parse_args()
    Handler.options = {"to": args.to, "every": args.every, "path": args.path, "cut": args.cut,
                       "methods": [m for m in args.methods.split(",") if m]}
    server = ThreadingHTTPServer(("127.0.0.1", args.port), Handler)
    server.daemon_threads = True
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print(server.server_address[1], flush=True)
    try:
        server.serve_forever(poll_interval=0.1)
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
