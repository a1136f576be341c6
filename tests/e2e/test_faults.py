"""The store's disk is full, read-only, locked or damaged: the core does not notice, nothing is told twice.

R5 of GOALS.md. A full disk is a small tmpfs where we are root, else a limit on the size of a file. A file
system that turns read-only is a small ext4 in a file: that takes root and a loop device.
"""

import contextlib
import os
import shutil
import sqlite3
import subprocess

import pytest

from agent import tag_of
from nagios import CRITICAL, OK
from proc import PATIENCE, run_as
from rig import agent_folder, quick_config

SHOPS = 12
RESULTS = 100
DISK = "24m"
LATENCY_S = 5 * PATIENCE  # of a passive result, in a core that reaps them every second
HOSTS = {
    "mx1": {"services": {"SMTP": {"_TWICKET_PUBLIC": "E-mail"}}},
    "db1": {"services": {"Postgres": {}}},
    **{f"web{n}": {"services": {"HTTP": {"_TWICKET_PUBLIC": f"Shop {n}"}}} for n in range(SHOPS)},
}


@pytest.fixture
def rig(make_rig, fake):
    return make_rig(server=fake, hosts=HOSTS, start=False, config=quick_config(fake, storm=0))


def start_in_trouble(rig):
    """One thing is told before the fault begins. Its tag."""
    rig.start()
    rig.nagios.service("mx1", "SMTP", CRITICAL)
    rig.wait("the first is told", rig.server.posts, 30, 0.1)
    rig.wait("it is settled", lambda: not rig.agent.unsettled(), 30, 0.1)
    return tag_of(rig.server.posts()[0]["text"])


def plugin(rig):
    """check_twicket: its exit code and what it says."""
    done = run_as(rig.place, [rig.place.path / "check_twicket", "-r", rig.agent.run], check=False,
                  env={"ASAN_OPTIONS": "detect_leaks=1"})
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(autouse=True)
def the_plugin(rig):
    os.chmod(rig.place.copy(agent_folder() / "check_twicket", "check_twicket"), 0o755)


def things_go_on(rig):
    """While the fault lasts: the first recovers, others fail, one more goes to and fro; the core takes it all."""
    rig.nagios.service("mx1", "SMTP", OK)
    for n in range(SHOPS):
        rig.nagios.service(f"web{n}", "HTTP", CRITICAL)
    for n in range(RESULTS):
        rig.nagios.service("db1", "Postgres", OK if n % 2 else CRITICAL, f"result {n}")
    rig.nagios.service("db1", "Postgres", OK, "the last")
    core_is_untouched(rig)


def core_is_untouched(rig):
    """All results were taken, in time, in order; its log has no complaint and its module is there."""
    def last():
        return rig.nagios.status("db1", "Postgres").get("plugin_output") == "the last"

    rig.wait("the core has the last result", last, 20, 0.1)
    for host, service in [("mx1", "SMTP"), ("db1", "Postgres"), *[(f"web{n}", "HTTP") for n in range(SHOPS)]]:
        assert float(rig.nagios.status(host, service)["check_latency"]) < LATENCY_S
    log = rig.nagios.log()
    turns = [line for line in log.splitlines() if "SERVICE ALERT: db1;Postgres;" in line]
    seen = [int(line.rsplit("result ", 1)[1]) for line in turns if "result " in line]
    assert seen == list(range(RESULTS)), "a result is missing in the core's log, or out of order"
    assert rig.nagios.process.running()
    assert not [line for line in log.splitlines() if "Error" in line or "twicket: lost" in line]


def wait_said(rig, words):
    """check_twicket is critical and `twicket status` repeats why."""
    rig.wait(f"check_twicket says {words!r}", lambda: plugin(rig)[0] == 2 and words in plugin(rig)[1], 30, 0.2)


def assert_told_once(rig, tag):
    """All that happened is on the server, each once, and as it was decided; nothing of it was lost on the way."""
    def all_told():
        return len(rig.server.posts()) >= 2 + SHOPS and not rig.agent.unsettled()

    rig.wait("all is told", all_told, 60, 0.2)
    texts = [post["text"] for post in rig.server.posts()]
    assert sorted(texts) == sorted(rig.agent.decided())
    assert len(set(texts)) == len(texts) == 2 + SHOPS, texts
    assert ["🔴", "🟢"] == [text[0] for text in texts if tag in text], "the recovery is kept, and in its thread"
    for n in range(SHOPS):
        assert len([text for text in texts if f"Shop {n}:" in text]) == 1
    rig.wait("check_twicket is well", lambda: plugin(rig)[0] == 0, 30, 0.2)
    assert [node["gaps"] for node in rig.agent.json("status")["nodes"]] == [0]


# --- a full disk ---------------------------------------------------------------------------------

@contextlib.contextmanager
def small_disk(rig):
    """state_dir on a disk of its own. Yields what fills it, and what gives room again."""
    mounted = False
    if os.getuid() == 0:
        owner = f"uid={rig.place.uid},gid={rig.place.gid}"
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=700,{owner}", "twicket-test", str(rig.agent.state)]
        mounted = subprocess.run(mount, stderr=subprocess.DEVNULL).returncode == 0
    if not mounted:
        pytest.skip("a file system of one's own takes root")
    filler = rig.agent.state / "filler"

    def fill():
        with open(filler, "wb", buffering=0) as f, contextlib.suppress(OSError):
            while f.write(b"x" * 4096):
                pass

    try:
        rig.place.folder("twicketd/state/auth", 0o700)
        rig.agent.token("status", rig.server.tokens["status"])
        yield fill, filler.unlink
    finally:
        subprocess.run(["umount", "-l", str(rig.agent.state)], check=True)


@contextlib.contextmanager
def small_files(rig):
    """No file of the agent's may grow any more: what a quota does, without root."""
    def limit(size):
        run_as(rig.place, ["prlimit", f"--pid={rig.agent.process.pid}", f"--fsize={size}:unlimited"])

    def fill():
        limit((rig.agent.state / "twicket.db-wal").stat().st_size)

    yield fill, lambda: limit("unlimited")


@pytest.mark.parametrize("small, words", [(small_disk, "the disk is full"),
                                          (small_files, "a full quota, a size limit or a broken disk")],
                         ids=["disk", "quota"])
def test_disk_full(rig, small, words):
    """Kept in memory, nothing sent; said with the reason; with room again all is told, and once."""
    with small(rig) as (fill, make_room):
        tag = start_in_trouble(rig)
        fill()
        things_go_on(rig)
        wait_said(rig, words)
        assert words in rig.agent.cli("status").stdout
        assert len(rig.server.posts()) == 1, "nothing leaves before it is kept"
        make_room()
        assert_told_once(rig, tag)
        rig.agent.stop()


def test_killed_while_the_disk_is_full(rig):
    """What it had in memory only, the core's snapshot tells again: nothing is lost, nothing told twice."""
    with small_disk(rig) as (fill, make_room):
        tag = start_in_trouble(rig)
        fill()
        things_go_on(rig)
        wait_said(rig, "the disk is full")
        rig.agent.kill()
        make_room()
        rig.agent.start()
        assert_told_once(rig, tag)
        rig.agent.stop()


# --- not ours to write ---------------------------------------------------------------------------

def test_locked(rig):
    """Somebody's sqlite3 sits on it."""
    tag = start_in_trouble(rig)
    other = sqlite3.connect(rig.agent.state / "twicket.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    things_go_on(rig)
    wait_said(rig, "another process has it locked")
    assert len(rig.server.posts()) == 1
    other.execute("ROLLBACK")
    other.close()
    assert_told_once(rig, tag)


def does_not_start(rig, words):
    """It ends with a reason, and the log, check_twicket and `twicket status` have it."""
    rig.agent.start(ready=False)
    assert rig.agent.process.popen.wait(20 * PATIENCE) == 3
    assert words in rig.agent.log()
    wait_said(rig, words)
    done = rig.agent.cli("status")
    assert done.returncode == 3 and words in done.stderr


def refuses_to_start(rig, words):
    """The same, and the core goes on."""
    does_not_start(rig, words)
    things_go_on(rig)
    assert len(rig.server.posts()) == 1


def test_read_only(rig):
    """Somebody changed owners or modes while it was away."""
    tag = start_in_trouble(rig)
    rig.agent.stop()
    store = rig.agent.state / "twicket.db"
    store.chmod(0o400)
    refuses_to_start(rig, "it may not be written; look at its owner and mode")
    store.chmod(0o600)
    rig.agent.start()
    assert_told_once(rig, tag)


@contextlib.contextmanager
def disk_of_its_own(rig):
    """state_dir on an ext4 that turns read-only at its first error. Yields its name in /sys, and what mounts it again."""
    state, image = rig.agent.state, rig.place.path / "disk"

    def mount():
        mounting = ["mount", "-o", "loop,errors=remount-ro", str(image), str(state)]
        return subprocess.run(mounting, stderr=subprocess.DEVNULL).returncode == 0

    def umount():
        subprocess.run(["umount", str(state)], check=True)

    def mend():
        umount()
        subprocess.run(["e2fsck", "-fy", str(image)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        assert mount()

    with open(image, "wb") as f:
        f.truncate(64 << 20)
    made = os.getuid() == 0 and shutil.which("mkfs.ext4") and subprocess.run(
        ["mkfs.ext4", "-q", "-O", "^has_journal", str(image)], stderr=subprocess.DEVNULL).returncode == 0
    if not made or not mount():
        pytest.skip("a file system of one's own takes root and a loop device")
    try:
        source = subprocess.run(["findmnt", "-no", "SOURCE", str(state)], check=True, capture_output=True, text=True)
        rig.place.give(state)
        state.chmod(0o700)
        rig.place.folder("twicketd/state/auth", 0o700)
        rig.agent.token("status", rig.server.tokens["status"])
        subprocess.run(["sync", "-f", str(state)], check=True)  # nothing is written after the error
        yield os.path.basename(source.stdout.strip()), mend
    finally:
        if rig.agent.process and rig.agent.process.running():
            rig.agent.kill()
        umount()


def test_file_system_turns_read_only(rig):
    """As a disk's error makes it. Said while it runs, and at a start; mended, all is told, and once."""
    words = "its file system is read-only; look into dmesg for the reason"
    with disk_of_its_own(rig) as (disk, mend):
        trigger = f"/sys/fs/ext4/{disk}/trigger_fs_error"
        if not os.path.exists(trigger):
            pytest.skip("this kernel cannot be told to find an error in an ext4")
        tag = start_in_trouble(rig)
        with open(trigger, "w", encoding="ascii") as f:
            f.write("twicket-test")
        things_go_on(rig)
        wait_said(rig, words)
        assert words in rig.agent.cli("status").stdout
        assert len(rig.server.posts()) == 1, "nothing leaves before it is kept"
        rig.agent.stop()
        does_not_start(rig, words)
        mend()
        rig.agent.start()
        assert_told_once(rig, tag)
        rig.agent.stop()


def test_may_not_be_written_for_a_while(rig):
    """`chattr +i` under a running agent, and taken back: it goes on without a restart."""
    with disk_of_its_own(rig):
        files = [str(rig.agent.state / name) for name in ("twicket.db", "twicket.db-wal")]
        tag = start_in_trouble(rig)
        subprocess.run(["chattr", "+i", *files], check=True)
        try:
            things_go_on(rig)
            wait_said(rig, "store: ")
            assert len(rig.server.posts()) == 1
        finally:
            subprocess.run(["chattr", "-i", *files], check=True)
        assert_told_once(rig, tag)
        rig.agent.stop()


# --- damaged -------------------------------------------------------------------------------------

def overwrite(path, start, length):
    with open(path, "r+b") as f:
        f.seek(start)
        f.write(b"\xa5" * length)


DAMAGE = {
    "header": (lambda size: (0, 100), "this is not a database; move it away with its -wal"),
    "middle": (lambda size: (4096, size - 4096), "the file is damaged; stop twicketd, then put a backup in its place"),
}


@pytest.mark.parametrize("where", DAMAGE)
def test_damaged(rig, where):
    """Found at the start: refused with what to do. With the backup in its place it goes on as if it had been away."""
    tag = start_in_trouble(rig)
    rig.agent.stop()
    store = rig.agent.state / "twicket.db"
    backup = store.read_bytes()
    place, words = DAMAGE[where]
    overwrite(store, *place(len(backup)))
    refuses_to_start(rig, words)
    store.write_bytes(backup)
    rig.agent.start()
    assert_told_once(rig, tag)


def no_post_twice(rig, tag):
    texts = [post["text"] for post in rig.server.posts()]
    assert len(set(texts)) == len(texts)
    assert len([text for text in texts if tag in text]) <= 2


def test_damaged_while_it_runs(rig):
    """What it has in memory goes on or is said to be in trouble: never a crash, never a post twice."""
    tag = start_in_trouble(rig)
    store = rig.agent.state / "twicket.db"
    overwrite(store, 4096, store.stat().st_size - 4096)
    things_go_on(rig)

    def knows():
        return len(rig.server.posts()) == 2 + SHOPS or "damaged" in plugin(rig)[1]

    rig.wait("it has told all, or says that the store is damaged", knows, 40, 0.2)
    no_post_twice(rig, tag)
    assert rig.agent.process.running()


def test_header_damaged_while_it_runs(rig):
    """It has read that long ago. The next start finds it mended by the log, or says what it is; both without a post."""
    tag = start_in_trouble(rig)
    overwrite(rig.agent.state / "twicket.db", 0, 100)
    things_go_on(rig)
    assert_told_once(rig, tag)
    rig.agent.kill()
    rig.agent.start(ready=False)
    words = "this is not a database; move it away with its -wal"
    rig.wait("it runs, or says why not", lambda: rig.agent.answers() or words in rig.agent.cli("status").stderr, 20, 0.2)
    no_post_twice(rig, tag)
    assert len(rig.server.posts()) == 2 + SHOPS


def copies(rig):
    """The file and its log, as a backup would have them."""
    return {name: (rig.agent.state / name).read_bytes() for name in ("twicket.db", "twicket.db-wal")}


def test_cut_short_while_it_runs(rig):
    """Nothing is sent from then on; the next start says what is wrong; with a backup of before all is told, and once."""
    tag = start_in_trouble(rig)
    backup = copies(rig)
    os.truncate(rig.agent.state / "twicket.db", 0)
    things_go_on(rig)
    wait_said(rig, "the file was cut short while twicketd runs; stop twicketd, then put a backup in its place")
    assert len(rig.server.posts()) == 1
    rig.agent.stop()
    does_not_start(rig, "the file is empty, but its log")
    for name, content in backup.items():
        (rig.agent.state / name).write_bytes(content)
    rig.agent.start()
    assert_told_once(rig, tag)


def test_moved_while_it_runs(rig):
    """Somebody's mistake: nothing is sent, and when it is back all is, without a restart."""
    tag = start_in_trouble(rig)
    store, aside = rig.agent.state / "twicket.db", rig.agent.state / "aside"
    store.rename(aside)
    things_go_on(rig)
    wait_said(rig, "the file was moved or removed while twicketd runs; put it back")
    assert len(rig.server.posts()) == 1
    aside.rename(store)
    assert_told_once(rig, tag)


def test_removed_while_it_runs(rig):
    """No start takes that for the first one of all, until the admin says so; what is bad by then is known and not told."""
    tag = start_in_trouble(rig)
    (rig.agent.state / "twicket.db").unlink()
    things_go_on(rig)
    wait_said(rig, "the file was moved or removed while twicketd runs")
    rig.agent.stop()
    does_not_start(rig, "the file is gone, but its log")
    (rig.agent.state / "twicket.db-wal").unlink()
    rig.agent.start()
    rig.agent.wait_connected()
    assert rig.agent.json("status")["adopted"] == SHOPS
    rig.nagios.service("mx1", "SMTP", CRITICAL)
    rig.wait("it goes on from there", lambda: len(rig.server.posts()) == 2, 20, 0.2)
    texts = [post["text"] for post in rig.server.posts()]
    assert [text.count("E-mail") for text in texts] == [1, 1] and tag_of(texts[1]) != tag


# --- a configuration with errors -----------------------------------------------------------------

def test_wrong_configuration(rig):
    """Who asks why nobody answers reads the first error; who restarts with the file mended, nothing of it any more."""
    rig.start()
    left = rig.agent.run / "not-started"
    good = rig.agent.config_path.read_text()
    rig.agent.config_path.write_text(good + "hodl = \"2m\";\nlogg = \"info\";\n")
    running = rig.agent.process
    assert rig.agent.start(ready=False).process.popen.wait(20 * PATIENCE) == 1
    assert not left.exists(), "the one that runs speaks for itself"
    rig.agent.process = running
    rig.agent.stop()
    rig.agent.start(ready=False)
    assert rig.agent.process.popen.wait(20 * PATIENCE) == 1
    code, said = plugin(rig)
    line = good.count("\n") + 1
    words = f"twicketd did not start: twicket.cfg:{line}: hodl: no such key"
    assert code == 2 and words in said and "(and 1 more: twicket check)" in said, said
    done = rig.agent.cli("status")
    assert done.returncode == 3 and words in done.stderr
    rig.agent.config_path.write_text(good)
    rig.agent.start()
    assert not left.exists() and "did not start" not in plugin(rig)[1]
