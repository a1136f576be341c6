"""Fixtures of the end-to-end tests. See rig.py for what can be given from outside."""

import contextlib
import os
import signal
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

import filerig  # noqa: E402
import icinga  # noqa: E402
import rig as rigs  # noqa: E402
import rt  # noqa: E402
import talk as talks  # noqa: E402
import xrig  # noqa: E402
from fake import FakeServer  # noqa: E402
from proc import Cleanup, Place  # noqa: E402

LONG = bool(os.environ.get("TWICKET_LONG"))


def pytest_configure(config):
    # a terminated run stops what it started, as Ctrl-C does
    signal.signal(signal.SIGTERM, lambda *_: pytest.exit("terminated", 143))
    config.addinivalue_line("markers", "long: only in make check-long")
    config.addinivalue_line("markers", "alone: needs neither a core nor the agent")
    config.addinivalue_line("markers", "icinga: on an Icinga 2, too")


def pytest_collection_modifyitems(items):
    why = rigs.what_is_missing()
    for item in items:
        if item.get_closest_marker("long") and not LONG:
            item.add_marker(pytest.mark.skip(reason="only in make check-long"))
        if why and not item.get_closest_marker("alone"):
            item.add_marker(pytest.mark.skip(reason=why))


def pytest_terminal_summary(terminalreporter):
    stats = terminalreporter.stats
    ran = sum(len(stats.get(key, [])) for key in ("passed", "failed"))
    skipped = stats.get("skipped", [])
    reasons = sorted({report.longrepr[2].removeprefix("Skipped: ") for report in skipped})
    why = f" ({'; '.join(reasons)})" if reasons else ""
    for report in stats.get("passed", []) + stats.get("failed", []):
        for name, line in report.user_properties:
            if name == "goal":  # a count of GOALS.md
                terminalreporter.write_line(line)
    absent = rigs.absent_cores()
    if absent:
        terminalreporter.write_line(f"e2e: cores not tried: {absent}")
    terminalreporter.write_line(f"e2e: {ran} cases ran, {len(skipped)} skipped{why}")


@pytest.fixture(scope="session")
def server():
    """A Mastodon server for the whole run."""
    with Cleanup() as cleanup:
        place = Place()
        cleanup.callback(place.close)
        yield rigs.start_server(cleanup, place)


@pytest.fixture
def fake():
    """A scripted Mastodon of this test alone."""
    with Cleanup() as cleanup:
        place = Place()
        cleanup.callback(place.close)
        yield cleanup.stop(FakeServer(place))


def pytest_generate_tests(metafunc):
    """Every test with a core is run on each that is there; one that is marked so on an Icinga 2 as well."""
    if "core" not in metafunc.fixturenames:
        return
    cores = rigs.cores() or [None]
    if metafunc.definition.get_closest_marker("icinga"):
        cores = cores + [rigs.ICINGA]
    metafunc.parametrize("core", cores, indirect=True, ids=lambda core: core.name if core else "no core")


@pytest.fixture
def core(request):
    if request.param is rigs.ICINGA and icinga.is_missing():
        pytest.skip(icinga.is_missing())
    return request.param


@pytest.fixture
def an_icinga():
    """For those who have no use for another core."""
    if icinga.is_missing():
        pytest.skip(icinga.is_missing())


@pytest.fixture
def make_icinga_rig(an_icinga, fake):
    """make_icinga_rig(**how) -> Rig on an Icinga 2 and a scripted Mastodon; it must stop cleanly.

    core=rigs.cores()[0], beside=hosts: the Icinga is beside a Nagios.
    """
    fake.control("options", {"rate_limit": 100_000})  # the test asks it, too, and often
    with making(lambda **how: rigs.Rig(how.pop("server", fake), **{"core": rigs.ICINGA, **how})) as make:
        yield make


@pytest.fixture
def make_icinga_file_rig(an_icinga):
    """make_icinga_file_rig(hosts, **how) -> FileRig on an Icinga 2, as make_icinga_rig(), that waits for nothing."""
    with making(lambda hosts, **how: filerig.FileRig(hosts, **{"core": rigs.ICINGA, "hold": 0, **how})) as make:
        yield make


@pytest.fixture
def icinga_rig(make_icinga_rig):
    return make_icinga_rig()


@contextlib.contextmanager
def making(build):
    """A maker of rigs; each is stopped at the end of the test, and must stop cleanly."""
    made = []
    with Cleanup() as cleanup:

        def make(*words, **how):
            made.append(cleanup.enter_context(build(*words, **how)))
            return made[-1]

        yield make
    failures = [failure for rig in made for failure in rig.cleanup.failures]
    assert not failures, "\n".join(failures)


@pytest.fixture
def make_rig(server, core):
    """make_rig(**how) -> Rig, stopped at the end of the test; it must stop cleanly."""
    with making(lambda **how: rigs.Rig(how.pop("server", server), **{"core": core, **how})) as make:
        yield make


@pytest.fixture
def rig(make_rig):
    return make_rig()


@pytest.fixture
def make_file_rig(core):
    """make_file_rig(hosts, **how) -> FileRig, stopped at the end of the test; it must stop cleanly."""
    with making(lambda hosts, **how: filerig.FileRig(hosts, **{"core": core, **how})) as make:
        yield make


@pytest.fixture
def x(request):
    """An X of this test alone; all that it was asked and answered is as X's documents say, where they are."""
    with Cleanup() as cleanup:
        place = Place()
        cleanup.callback(place.close)
        x = xrig.start_x(cleanup, place, getattr(request, "param", "tweet"))
        yield x
        assert x.kind != "fakex" or x.violations() == []


@pytest.fixture
def fake_x(x):
    """For what another server will not do for us: break, show its bill, be two people."""
    if x.kind != "fakex":
        pytest.skip("needs the loopback X")
    return x


@pytest.fixture
def make_x_rig(x, core):
    """make_x_rig(server=None, **how) -> XRig: on X, and on a Mastodon server beside it when there is one."""
    with making(lambda server=None, **how: xrig.XRig(x, server, **{"core": core, **how})) as make:
        yield make


@pytest.fixture(params=["mastodon", "x"])
def net(request):
    """One network after the other, each with a server of this test alone."""
    with Cleanup() as cleanup:
        place = Place()
        cleanup.callback(place.close)
        if request.param == "x":
            x = cleanup.stop(xrig.LoopbackX(place))
            yield talks.OnX(x)
            assert x.violations() == []
        else:
            yield talks.OnMastodon(cleanup, place)


@pytest.fixture
def talk(net, core):
    """talk(count, **how) -> Talk; its rig must stop cleanly. desk=True: with a Request Tracker behind it."""
    made = []
    with Cleanup() as cleanup:
        place = Place()
        cleanup.callback(place.close)

        def make(build, **how):
            made.append(cleanup.enter_context(build(core=core, **how)))
            return made[-1]

        def build_talk(count, desk=False, **how):
            if desk:
                how["desk"] = cleanup.stop(rt.Rt(place))
                how["desk"].start()
            return talks.Talk(net, place, make, count, **how)

        yield build_talk
    failures = [failure for rig in made for failure in rig.cleanup.failures]
    assert not failures, "\n".join(failures)
