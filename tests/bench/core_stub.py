"""A core with the module, as the agent sees it through core.sock, without either: it says that
services fail and describes them. Used by the benchmarks of the agent alone.

It speaks common/event.h; must never send more than the agent reads (the socket blocks).
"""

import socket
import struct
import threading
import time

HEAD = struct.Struct("<IBBBBIIiHHQqqqq5HHI")
STRINGS = 5
HELLO, STATE, SNAP_BEGIN, SNAP_END, DESCRIPTION = 1, 2, 4, 5, 15
WELCOME, DESCRIBE = 64, 67
SERVICE, OK, CRITICAL, HARD = 2, 0, 2, 1
MAGIC, VERSION = 0x544B5731, 1


def encode(kind=0, type=0, state=0, flags=0, id=0, code=0, seq=0, since=0, strings=(), pairs=()):
    text = [s.encode() for s in strings] + [b""] * (STRINGS - len(strings))
    rows = b"".join(s.encode() + b"\0" for s in pairs)
    body = b"".join(s + b"\0" for s in text) + rows
    now = time.time()
    head = HEAD.pack(HEAD.size + len(body), type, kind, state, 0, flags, id, code, 1, 1, seq,
                     int(now * 1e6), since or int(now), 0, 0, *map(len, text), 0, len(rows))
    return head + body


def decode(data):
    """(type, id, kind, host, service, bytes used), or None while it is not whole."""
    if len(data) < HEAD.size or len(data) < struct.unpack_from("<I", data)[0]:
        return None
    head = HEAD.unpack_from(data)
    host = HEAD.size + head[15]
    return (head[1], head[6], head[2], data[HEAD.size:host].decode(),
            data[host + 1:host + 1 + head[16]].decode(), head[0])


class CoreStub:
    """describe(host, service) -> pairs [key, value, ...]."""

    def __init__(self, path, describe, node="mon1"):
        self.describe = describe
        self.seq = 0
        self.described = 0
        self.lock = threading.Lock()
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))
        self.welcome = threading.Event()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self.send(type=HELLO, id=VERSION, code=MAGIC, strings=(node, "boot.1", "nagios 4.4.6", "", "bench"))
        if not self.welcome.wait(10):
            raise RuntimeError("the agent said no WELCOME")
        self.send(type=SNAP_BEGIN, id=1)
        self.send(type=SNAP_END, id=1)

    def send(self, **event):
        with self.lock:
            self.seq += 1
            self.socket.sendall(encode(seq=self.seq, **event))

    def service(self, host, service, state, output):
        self.send(type=STATE, kind=SERVICE, state=state, flags=HARD, strings=(host, service, output))

    def close(self):
        self.socket.close()

    def _read(self):
        data = b""
        while True:
            try:
                more = self.socket.recv(1 << 18)
            except OSError:
                return
            if not more:
                return
            data += more
            while (found := decode(data)):
                data = data[found[5]:]
                self._answer(*found[:5])

    def _answer(self, type, id, kind, host, service):
        if type == WELCOME:
            self.welcome.set()
        elif type == DESCRIBE:
            self.described += 1
            self.send(type=DESCRIPTION, kind=kind, state=CRITICAL, id=id, strings=(host, service),
                      pairs=self.describe(host, service))
