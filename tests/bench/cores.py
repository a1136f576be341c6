"""GOALS P1 and P2 in every real core that TWICKET_CORES names: what a state change costs its callbacks.

Instructions are counted by callgrind inside the core's own dispatch. Times are taken by core_span.c, which stands
before and behind the module in the same core; what the same change costs in the yardstick's thin module
(TWICKET_BENCH) is taken beside it, in turns. What nebbench takes in a Nagios 4.4 is module_instr.sh's.
"""

import array
import re
import shutil
import socket
import struct
import threading

from core import BenchCore, names_of, twicket_of
from nagios import CRITICAL, OK
from proc import RigError, run_as
from rig import cores
from stand import Stand, audience, judge, median, note, quantile

GROUP = "no"
SERVICES = 2000
CHANGES = 30000
ROUNDS = 3
COUNTED = 2000  # changes whose instructions are counted
DISPATCH = "neb_make_callbacks"
BY = "broker_statechange_data"  # who dispatches it
COUNT = re.compile(rf"^ *([\d,]+) .*{DISPATCH}'{BY}", re.M)
STATE_INSTRUCTIONS = 600
WITHIN_THIN = 2
WITHIN_OURS = 2


class Drain:
    """Takes all that the thin module writes."""

    def __init__(self, place):
        self.path = place.path / "thin.sock"
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(self.path))
        self.path.chmod(0o666)
        self.socket.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                peer = self.socket.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._read, args=(peer,), daemon=True).start()

    def _read(self, peer):
        with peer:
            while peer.recv(1 << 16):
                pass

    def stop(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


class ToAndFro(BenchCore):
    """A core with one module, in which everything changes as often as one likes."""

    def __init__(self, stand, core, modules, name, services, binary=None):
        self.names, self.state = names_of(GROUP, services), CRITICAL
        self.begin(stand, {GROUP: services}, modules, name, core=binary or core.binary)

    def changes(self):
        """By its own log."""
        return self.log().count("SERVICE ALERT: ")

    def change_all(self):
        self.fail_all(self.names, self.state, 300)
        self.state = OK if self.state == CRITICAL else CRITICAL


class Timed(ToAndFro):
    """With the clock of core_span.c around the module."""

    def __init__(self, stand, core, module, name):
        self.spans = stand.place.path / f"{name}-spans"
        span = stand.place.copy(stand.build / core.name / "tests/core_span.so", f"{name}-span.so")
        super().__init__(stand, core, [module, (span, self.spans)], name, SERVICES)

    def changes(self):
        with open(self.spans, "rb") as f:
            return struct.unpack("Q", f.read(8))[0]

    def times(self):
        """Nanoseconds that each of CHANGES changes spent in the module."""
        before = self.changes()
        for _ in range(CHANGES // SERVICES):
            self.change_all()
        taken = array.array("I")
        with open(self.spans, "rb") as f:
            f.seek(8 + 4 * before)
            taken.frombytes(f.read(4 * CHANGES))
        return taken


def thin_of(stand, core):
    return stand.build / core.name / "tests/mod_thin.so", f"mode=batch,path={stand.place.path}/thin.sock"


def empty_of(stand, core):
    return stand.build / core.name / "tests/core_span.so", ""


def dispatch(stand, core, module, name):
    """Instructions for one state change, inside the core's dispatch."""
    out = stand.place.path / f"{name}.callgrind"
    wrap = stand.place.write(f"{name}-valgrind", f"""#!/bin/sh
exec valgrind --tool=callgrind --collect-atstart=no --toggle-collect={DISPATCH} --separate-callers2={DISPATCH} \\
    --callgrind-out-file={out}.%p {core.binary} "$@"
""", 0o755)
    counted = ToAndFro(stand, core, [module], name, COUNTED, wrap)
    counted.start()
    try:
        if name.startswith("ours"):
            stand.agent.wait_connected()
        counted.change_all()
    finally:
        counted.stop()
    said = run_as(stand.place, ["callgrind_annotate", "--inclusive=yes", "--threshold=100", f"{out}.{counted.process.pid}"])
    found = COUNT.search(said.stdout)
    if not found:
        raise RigError(f"callgrind saw no {DISPATCH} in {core.name}")
    return int(found.group(1).replace(",", "")) / COUNTED


def count(stand, core, has_thin):
    """P1, and P2's instructions."""
    ours = dispatch(stand, core, twicket_of(stand, core.name), f"ours-counted-{core.name}")
    empty = dispatch(stand, core, empty_of(stand, core), f"empty-counted-{core.name}")
    note(f"{core.name}: {ours:.0f} instructions in the dispatch of a state change, {empty:.0f} of them the core's own")
    # Naemon makes an object with a text of each answer of a callback: thousands, whoever answers
    spared = empty if core.name == "naemon" else 0
    judge(f"P1.state.{core.name}", ours - spared, STATE_INSTRUCTIONS)
    if has_thin:
        thin = dispatch(stand, core, thin_of(stand, core), f"thin-counted-{core.name}")
        judge(f"P2.instructions.{core.name}", ours - spared, thin - spared)


def agent_away(stand, core):
    """The times while the agent is stopped, and while it is dead; it is back afterwards."""
    stand.agent.freeze()
    stopped = core.times()
    stand.agent.thaw()
    stand.agent.wait_connected()
    stand.agent.stop()
    dead = core.times()
    stand.agent.start()
    stand.agent.wait_connected()
    return stopped, dead


def take_times(stand, core, has_thin):
    """P2: against the thin module, and against itself while the agent is in trouble."""
    ours = stand.stop(Timed(stand, core, twicket_of(stand, core.name), f"ours-{core.name}").start())
    thin = stand.stop(Timed(stand, core, thin_of(stand, core), f"thin-{core.name}").start()) if has_thin else None
    stand.agent.wait_connected()
    taken = {"ours": [], "stopped": [], "dead": [], **({"thin": []} if thin else {})}
    for _ in range(ROUNDS):
        taken["ours"].append(ours.times())
        if thin:
            taken["thin"].append(thin.times())
        stopped, dead = agent_away(stand, ours)
        taken["stopped"].append(stopped)
        taken["dead"].append(dead)
    of = {key: [median([quantile(times, part) for times in all_times]) for part in (0.5, 0.99, 0.999)]
          for key, all_times in taken.items()}
    for key, (p50, p99, p999) in of.items():
        note(f"{core.name}, {key}: p50 {p50:.0f} p99 {p99:.0f} p99.9 {p999:.0f} ns, median of {ROUNDS}")
    node, = stand.agent.json("status")["nodes"]
    note(f"{core.name}: {node['lost']} events counted as lost while the agent was away, {node['gaps']} missing without a word")
    if thin:
        judge(f"P2.p99_to_thin.{core.name}", of["ours"][1] / of["thin"][1], WITHIN_THIN, gate=1.5 * WITHIN_THIN)
    for key in ("stopped", "dead"):
        judge(f"P2.p999_{key}.{core.name}", of[key][2] / of["ours"][2], WITHIN_OURS, gate=1.5 * WITHIN_OURS)
    judge(f"P2.gaps.{core.name}", node["gaps"], 0)
    for running in (ours, thin) if thin else (ours,):
        running.stop()


def run(build):
    for core in cores():
        if not (build / core.name / "tests/core_span.so").exists():
            note(f"{core.name} skipped: its core_span.so is not built (make bench-build CORE={core.name})")
            continue
        with Stand(build) as stand:
            stand.start_agent({
                "accounts": {"noc": stand.receiver.account("noc")},
                "audiences": {"noc": audience(["noc"], match="host:nobody-*")},
            })
            has_thin = (build / core.name / "tests/mod_thin.so").exists()
            if has_thin:
                stand.stop(Drain(stand.place))
            else:
                note(f"{core.name}: no thin module to measure by (TWICKET_BENCH)")
            if shutil.which("valgrind"):
                count(stand, core, has_thin)
            else:
                note(f"{core.name}: no valgrind, no instructions")
            take_times(stand, core, has_thin)
