"""The post-mortem page in a real browser: on a phone, on a desk, in the dark and on paper, with hostile texts in it.

TWICKET_PICTURES=DIR keeps what it looks like.
"""

import os
from pathlib import Path

import pytest

import chrome
from agent import tag_of
from filerig import NOC
from nagios import CRITICAL, OK
from proc import Place, run_as

pytestmark = pytest.mark.skipif(bool(chrome.missing()), reason=chrome.missing())

HOST = "db-" + "veryLongNameOfAHost" * 9
HOSTS = {HOST: {"services": {"Postgres": {"_TWICKET_PUBLIC": "The database of everything " + "and more " * 12}}}}
STACKED = "a" + "\u0351\u036b\u0343\u0342\u0320\u0328\u0316" * 8
OUTPUT = "x" * 300 + " <script>alert(1)</script><img src=http://127.0.0.1:9/x onerror=alert(1)>"
NOTES = ["W" * 280, STACKED * 12, "\u0627\u0644\u0639\u0631\u0628\u064a\u0629" * 30 + " \u202e drawkcab",
         "<svg onload=alert(1)>\"'></p></li></ol><style>*{display:none}</style>", "http://127.0.0.1:9/" + "y" * 200,
         "\U0001f534" * 90, "fixed: " + "z" * 250]
WIDEST = "Math.max(...[...document.querySelectorAll('body, body *')].map(e => e.getBoundingClientRect().right))"
# of the text's colour against the paper, as WCAG counts it
CONTRAST = """(() => {
  const light = c => { const v = c.match(/\\d+/g).slice(0, 3).map(n => n / 255)
    .map(n => n <= 0.03928 ? n / 12.92 : ((n + 0.055) / 1.055) ** 2.4);
    return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2] };
  const paper = light(getComputedStyle(document.body).backgroundColor);
  const of = e => { const ink = light(getComputedStyle(e).color);
    return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05) };
  return Math.min(...[...document.querySelectorAll('h1, h2, dt, dd, p, time, a, pre')].map(of)) })()"""
PAPER = "getComputedStyle(document.body).backgroundColor"


def hostile_page(rig):
    """What `twicket show --html` makes of an incident in which everybody did their worst."""
    rig.nagios.service(HOST, "Postgres", CRITICAL, OUTPUT)
    tag = tag_of(rig.wait_said(NOC, 1)[0])
    for text in NOTES:
        assert rig.agent.cli("reply", tag, text).returncode == 0
    rig.nagios.service(HOST, "Postgres", OK, OUTPUT)
    rig.wait_said(NOC, 2)
    page = rig.agent.cli("show", tag, "--html").stdout
    return rig.place.write("page.html", page), page


@pytest.fixture
def browser():
    place = Place()
    browser = chrome.Chrome(place)
    try:
        yield browser.start()
    finally:
        browser.stop()
        place.close()


def see(browser, path, width, scheme, media):
    browser.open(path, width, scheme, media)
    name = f"{width}-{scheme}-{media}"
    assert browser.loaded() == [f"file://{path}"], name
    assert browser.value("document.documentElement.scrollWidth") <= width and browser.value(WIDEST) <= width, name
    assert browser.value("document.scripts.length + document.images.length + document.querySelectorAll('svg').length") == 0
    assert browser.value("document.querySelectorAll('ol li').length") > len(NOTES), name
    assert browser.value(CONTRAST) >= 4.5, name
    dark = scheme == "dark" and media == "screen"
    assert (browser.value(PAPER) == "rgb(255, 255, 255)") is not dark, name
    if os.environ.get("TWICKET_PICTURES"):
        browser.picture(Path(os.environ["TWICKET_PICTURES"]) / f"page-{name}.png")


def test_post_mortem(make_file_rig, browser):
    rig = make_file_rig(HOSTS)
    path, page = hostile_page(rig)
    assert run_as(rig.place, ["test", "-r", path]).returncode == 0 and "alert(1)" in page
    for width in (360, 1200):
        for scheme in ("light", "dark"):
            for media in ("screen", "print"):
                see(browser, path, width, scheme, media)
