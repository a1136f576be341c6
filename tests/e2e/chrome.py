"""A headless Chromium that looks at one page: how wide it lays out, what it loads, what it looks like.

Used by test_page.py, spoken to over a pipe. It must never reach anything but files of ours.
"""

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import time

from proc import Process, RigError

ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-extensions",
             "--disable-background-networking", "--disable-component-update", "--disable-sync", "--remote-debugging-pipe",
             "--host-resolver-rules=MAP * ~NOTFOUND", "about:blank"]


def program():
    return shutil.which("chromium") or shutil.which("chromium-browser")


def missing():
    """Why there is none, "" when there is."""
    return "" if program() else "no chromium"


class Chrome:
    """open(path, width, ...) and then what can be asked of the page."""

    def __init__(self, place):
        self.place = place
        self.dir = place.folder("chrome")
        self.number = 0
        self.events, self.buffer = [], b""
        self.process = self.session = None

    def start(self):
        ask, self.to = os.pipe()
        self.from_, say = os.pipe()
        ends = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 64) for fd in (ask, say)]  # neither of them is 3 or 4
        wrap = ["setpriv", "--pdeathsig", "KILL"]
        if os.getuid() == 0:
            wrap += ["--reuid", str(self.place.uid), "--regid", str(self.place.gid), "--clear-groups"]
        self.process = subprocess.Popen(
            [*wrap, "--", program(), f"--user-data-dir={self.dir}", *ARGUMENTS], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.dir, start_new_session=True,
            env={"HOME": str(self.dir), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}, close_fds=False,
            preexec_fn=lambda: (os.dup2(ends[0], 3), os.dup2(ends[1], 4)))
        for fd in (ask, say, *ends):
            os.close(fd)
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(domain + ".enable")
        return self

    def stop(self):
        if not self.process:
            return
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        Process.sweep(self.process)  # its renderers are of its session
        os.close(self.to)
        os.close(self.from_)

    def read(self, end):
        while b"\0" not in self.buffer:
            if not select.select([self.from_], [], [], max(0, end - time.monotonic()))[0]:
                raise RigError("chromium does not answer")
            data = os.read(self.from_, 1 << 20)
            if not data:
                raise RigError("chromium is gone")
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(line)

    def call(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + 60
        while True:
            told = self.read(end)
            if told.get("id") == self.number:
                if "error" in told:
                    raise RigError(f"{method}: {told['error']}")
                return told["result"]
            self.events.append(told)

    def open(self, path, width, scheme="light", media="screen"):
        self.events = []
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600)
        self.call("Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call("Page.navigate", url=f"file://{path}")
        end = time.monotonic() + 60
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self.read(end))

    def value(self, expression):
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def loaded(self):
        """The addresses that the page asked for."""
        return [e["params"]["request"]["url"] for e in self.events if e.get("method") == "Network.requestWillBeSent"]

    def picture(self, path):
        data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)["data"]
        path.write_bytes(base64.b64decode(data))
