"""The stand-in for X: its rules of writing, its limits, its bill, its errors on demand, its checker.

Goes with test_fake_x.py, which has identity, parameters and reading.
"""

import http.client
import json
import socket
import sys
import time
import urllib.error
import urllib.request

import pytest

from fakex import FakeX, XClient, authorization, vectors
from proc import Cleanup, Place, wait_for
from rig import FAKE, TOP
from test_fake_x import DUPLICATE, NAMES, REPLY, detail, fields, me, mentions, rude, servers, x  # noqa: F401

pytestmark = pytest.mark.alone
sys.path.insert(0, str(FAKE))
FAMILY = "\U0001f468‍\U0001f469‍\U0001f467"

# text, weighted length
LENGTHS = [
    ("a" * 280, 280), ("é" * 280, 280), ("e\u0301" * 280, 280), ("日" * 140, 280), ("“–”" * 3, 9), ("…", 2),
    ("🔴" * 140, 280), (FAMILY * 140, 280), ("👍🏽" * 10, 20), ("🇩🇪", 2), ("1️⃣", 2), ("a\nb", 3),
    ("http://example.org/" + "x" * 300, 23), ("see db01.example.com now", 31), ("check.sh", 23), ("README.md", 23),
    ("libc.so.6", 25), ("node.js", 7), ("user@host.com", 13), ("10.0.0.1", 8), ("foo.internal", 12),
    ("example[.]com", 13), ("check_http.pl", 13), ("http://localhost/", 17), ("v1.2.io", 23),
]


@pytest.mark.parametrize("text, length", LENGTHS, ids=[t[:20] for t, _ in LENGTHS])
def test_weighted_length(text, length):
    import x_text

    assert x_text.length(text) == length


def test_lengths_of_the_vectors():
    """All but three exotic ones: domains whose punycode form is too long or wrong."""
    import x_text

    folder = vectors()
    if not folder or not (folder / "x-count.json").exists():
        pytest.skip("no test vectors")
    cases = json.loads((folder / "x-count.json").read_text())
    wrong = [c["id"] for c in cases if x_text.length(c["text"]) != c["weightedLengthV3"]]
    assert len(cases) > 100 and set(wrong) <= {
        "WeightedTweetsCounterTest/19", "WeightedTweetsWithDiscountedEmojiCounterTest/17", "urls/43"}


def test_signatures_of_the_vectors():
    """The server's and the tests' own signer, each against signatures made by others."""
    import x_auth

    folder = vectors()
    if not folder or not (folder / "x-oauth1.json").exists():
        pytest.skip("no test vectors")
    for case in json.loads((folder / "x-oauth1.json").read_text()):
        pairs = [*case["query"], *case["form"], *case["extra_oauth"], ["oauth_consumer_key", case["consumer_key"]],
                 ["oauth_nonce", case["nonce"]], ["oauth_signature_method", "HMAC-SHA1"],
                 ["oauth_timestamp", str(case["timestamp"])], ["oauth_version", "1.0"]]
        pairs += [["oauth_token", case["token"]]] if case["token"] else []
        assert x_auth.signature(case["method"], case["base_url"], pairs, case["consumer_secret"],
                                case["token_secret"] or "") == case["signature"], case["id"]
        header = authorization(case["method"], case["url"], case, case["form"], dict(case["extra_oauth"]),
                               oauth_nonce=case["nonce"], oauth_timestamp=str(case["timestamp"]))
        assert x_auth.parse_header(header)["oauth_signature"] == case["signature"], case["id"]


def test_over_280_is_refused(x, me):
    assert me.tweet("日" * 140).status == 201
    refused = me.tweet("日" * 140 + "a")
    assert refused.status == 400 and refused.json["detail"].startswith("Your Tweet text is too long.")
    mention = x.post("alice", "@status hello")["id"]
    assert me.tweet("@alice " + "a" * 280, mention).status == 201, "mentions in front of a reply are free"
    assert me.tweet("@alice " + "b" * 280).status == 400


def test_identical_text_is_refused_for_a_day(x, me):
    assert me.tweet("SMTP is down").status == 201
    assert detail(me.tweet("SMTP is down ")) == (403, "about:blank", DUPLICATE)
    assert x.client("alice").tweet("SMTP is down").status == 201, "another account may"
    assert me.tweet("SMTP is up").status == 201
    x.options(clock=86500)
    assert me.tweet("SMTP is down").status == 401, "the clock is another"
    later = {"oauth_timestamp": str(int(time.time()) + 86500)}
    assert me.call("POST", "/2/tweets", {"text": "SMTP is down"}, **later).status == 201


def test_who_may_be_answered(x, me):
    root = me.tweet("root").json["data"]["id"]
    alone, mention = x.post("alice", "hello")["id"], x.post("alice", "@Status hello")["id"]
    quote = x.control("quote", {"user": "bob", "id": root, "text": "look"})["id"]
    reply = x.post("mallory", "me too", to=root)["id"]
    assert me.tweet("update", root).status == 201
    refused = me.tweet("no", alone)
    assert detail(refused) == (403, "not-authorized-for-resource", REPLY)
    for number, ident in enumerate((mention, quote, reply)):
        assert me.tweet(f"answer {number}", ident).status == 201
    told = me.get(f"/2/tweets/{x.posts()[-1]['id']}?{fields(x)}").json["data"]
    assert told["text"] == "@mallory answer 2" and told["conversation_id"] == root
    assert told["in_reply_to_user_id"] == x.user_id("mallory")
    x.options(reply_text="reply-old")
    assert "have not been mentioned" in detail(me.tweet("no", alone))[2]
    x.options(reply_rule="strict")
    assert detail(me.tweet("own", root))[0] == 403, "not even own posts"
    assert me.tweet("mentioned", mention).status == 201
    x.options(reply_rule="off")
    assert me.tweet("anybody", alone).status == 201
    assert "deleted or not visible" in detail(me.tweet("late", "17"))[2]
    me.call("DELETE", f"/2/tweets/{root}")
    assert "deleted or not visible" in detail(me.tweet("later", root))[2]


def test_cashtags(x, me):
    assert me.tweet("$T is down, $2 lost").status == 201
    assert detail(me.tweet("$T and $GOOG are down"))[0] == 403


@pytest.mark.parametrize("form", ["429", "403"])
def test_unverified_accounts(x, me, form):
    x.options(daily_posts=2, daily_replies=1, daily_form=form)
    root = me.tweet("1").json["data"]["id"]
    assert me.tweet("reply 1", root).status == 201 and me.tweet("2").status == 201
    refused = me.tweet("3")
    assert refused.status == int(form) and me.tweet("reply 2", root).status == int(form)
    if form == "429":
        assert refused.headers["x-user-limit-24hour-remaining"] == "0"
        assert 0 < int(refused.headers["x-user-limit-24hour-reset"]) - time.time() <= 86400
        assert int(refused.headers["x-rate-limit-remaining"]) > 0
    else:
        assert "daily status update limit" in refused.json["detail"]
    x.options(verified=True)
    assert me.tweet("3").status == 201


def test_fifty_posts_and_two_hundred_replies(servers):
    options = servers("tweet").control("options")
    assert (options["daily_posts"], options["daily_replies"], options["verified"]) == (50, 200, False)


def test_rate_limits(x, me):
    answer = me.tweet("1")
    assert answer.headers["x-rate-limit-limit"] == "100" and answer.headers["x-rate-limit-remaining"] == "99"
    assert 890 <= int(answer.headers["x-rate-limit-reset"]) - time.time() <= 900
    x.options(limits={"POST /2/tweets": {"user": [2, 900]}, "GET /2/tweets/:id": {"app": [1, 900]}})
    assert me.tweet("2").status == me.tweet("3").status == 201
    over = me.tweet("4")
    assert detail(over)[:2] == (429, "about:blank") and over.headers["x-rate-limit-remaining"] == "0"
    assert x.client("alice").tweet("5").status == 201, "per user"
    app = XClient(x.url, bearer=x.control("app?name=app")["bearer"])
    assert app.get("/2/tweets/17").status == 200 and app.get("/2/tweets/17").status == 429, "per app"
    x.options(limits={"POST /2/tweets": {"user": [100, 900], "app-day": [1, 86400]}})
    assert me.tweet("6").status == 201
    over = x.client("alice").tweet("7")
    assert over.status == 429 and over.headers["x-app-limit-24hour-remaining"] == "0"
    x.options(rate_limits=False)
    assert me.tweet("8").status == 201


def test_limits_are_those_of_the_table():
    from x_meter import LIMITS

    wanted = {"POST /2/tweets": 100, "DELETE /2/tweets/:id": 50, "GET /2/tweets/:id": 900, "GET /2/tweets": 5000,
              "GET /2/users/:id/mentions": 300, "GET /2/users/:id/tweets": 900, "GET /2/users/me": 75,
              "GET /2/users/by/username/:username": 900, "POST /2/dm_conversations/with/:id/messages": 15,
              "GET /2/dm_events": 15}
    assert {k: LIMITS[k]["user"] for k in wanted} == {k: (n, 900) for k, n in wanted.items()}
    assert LIMITS["POST /2/tweets"]["app-day"] == (10000, 86400)


# --- the bill -----------------------------------------------------------------------------------


def test_what_an_incident_costs(x, me):
    """GOALS C1: a problem, its recovery, one acknowledgement read: 0.031 USD."""
    root = me.tweet("SMTP is down").json["data"]["id"]
    mentions(x)
    x.post("alice", "ack", to=root)
    for _ in range(3):
        mentions(x)
    me.tweet("SMTP is up", root)
    assert x.bill()["micro"] == 31000
    assert [(b["endpoint"], b["resource"], b["micro"]) for b in x.bill()["lines"]] == [
        ("POST /2/tweets", "post", 15000), ("GET /2/users/:id/mentions", "owned read", 1000),
        ("POST /2/tweets", "post", 15000)]


def cost(x, call):
    before = x.bill()["micro"]
    call()
    return x.bill()["micro"] - before


def test_prices(x, me):
    root = me.tweet("root").json["data"]["id"]
    mention = x.post("alice", "@status hello")["id"]
    alice = x.user_id("alice")
    x.dm("alice", "hello")
    own = f"/2/users/{x.user_id('status')}/tweets"
    prices = [
        (lambda: me.tweet("plain"), 15000), (lambda: me.tweet("see check.sh"), 200000),
        (lambda: me.tweet("https://example.org"), 200000), (lambda: me.tweet("example[.]org"), 15000),
        (lambda: me.tweet("self reply", root), 15000), (lambda: me.tweet("answer", mention), 10000),
        (lambda: me.tweet("answer with example.com", mention), 200000),
        (lambda: me.tweet("plain"), 0),
        (lambda: me.get(own + "?max_results=5"), 5 * 1000), (lambda: me.get(own + "?max_results=5"), 0),
        (lambda: me.get(f"/2/tweets/{root}"), 5000), (lambda: me.get(f"/2/tweets/{root}"), 0),
        (lambda: me.get(f"/2/users/{alice}/tweets"), 5000), (lambda: me.get("/2/tweets/17"), 0),
        (lambda: me.get("/2/users/by/username/alice"), 10000), (lambda: me.get("/2/users/by/username/alice"), 0),
        (lambda: me.get("/2/users/by/username/nobody"), 0), (lambda: me.get("/2/users/me"), 10000),
        (lambda: me.get("/2/dm_events"), 10000), (lambda: me.get("/2/dm_events"), 0),
        (lambda: me.call("POST", f"/2/dm_conversations/with/{alice}/messages", {"text": "hi"}), 15000),
        (lambda: me.call("DELETE", f"/2/tweets/{root}"), 10000), (lambda: me.call("DELETE", f"/2/tweets/{root}"), 0),
    ]
    assert [cost(x, call) for call, _ in prices] == [price for _, price in prices]
    x.options(self_reply="summoned reply")
    other = me.tweet("another root").json["data"]["id"]
    assert cost(x, lambda: me.tweet("again to ourselves", other)) == 10000


def test_what_is_included_costs(x, me):
    """X does not say so; it may be switched off."""
    root = me.tweet("root").json["data"]["id"]
    x.post("alice", "ack", to=root)
    x.dm("bob", "hello")
    ask = "expansions=author_id," + ("referenced_tweets.id" if x.mode == "tweet" else "referenced_posts")
    answer = me.get(f"/2/users/{x.user_id('status')}/mentions?{ask}").json
    included = answer["includes"]["tweets" if x.mode == "tweet" else "posts"]
    assert [p["id"] for p in included] == [root] and answer["includes"]["users"][0]["username"] == "alice"
    assert {k: v["micro"] for k, v in x.bill()["by"].items()} == {
        "post": 15000, "owned read": 1000, "post read": 5000, "user read": 10000}
    event = "/2/dm_events?expansions=sender_id"
    assert me.get(event).json["includes"]["users"][0]["username"] == "bob"
    assert x.bill()["by"]["user read"]["micro"] == 20000 and x.bill()["by"]["message read"]["micro"] == 10000
    x.options(bill_includes=False)
    x.dm("carol", "hello")
    assert cost(x, lambda: me.get(event)) == 10000


@pytest.mark.parametrize("options", [{"owner": "alice"}, {"owned_reads": False}])
def test_only_the_owner_of_the_app_reads_cheaply(x, options):
    x.options(**options)
    x.post("alice", "@status hello")
    assert cost(x, lambda: mentions(x)) == 5000
    x.post("bob", "@alice hello")
    alice = x.client("alice")
    reading = cost(x, lambda: alice.get(f"/2/users/{x.user_id('alice')}/mentions"))
    assert reading == (1000 if "owner" in options else 5000)


def test_once_a_day(x):
    x.post("alice", "@status hello")
    assert cost(x, lambda: mentions(x)) == 1000 and cost(x, lambda: mentions(x)) == 0
    x.options(clock=86400)
    me, later = x.client("status"), {"oauth_timestamp": str(int(time.time()) + 86400)}
    path = f"/2/users/{x.user_id('status')}/mentions"
    assert cost(x, lambda: me.get(path, **later)) == 1000 and cost(x, lambda: me.get(path, **later)) == 0


def test_credits_run_out(x, me):
    x.options(credits=20000)
    assert me.tweet("1").status == 201 and x.bill()["balance"] == 5000
    assert me.tweet("2").status == 201 and x.bill()["balance"] == -10000
    for answer in (me.tweet("3"), mentions(x)):
        assert answer.status == 402 and answer.json["title"] == "CreditsDepleted"
        assert answer.json["type"].endswith("/2/problems/credits")
    assert x.bill()["micro"] == 30000 and len(x.posts()) == 2
    x.options(credits=None)
    assert me.tweet("3").status == 201


# --- errors on demand ------------------------------------------------------------------------------

POSTS = {"method": "POST", "path": "/2/tweets"}


def test_every_problem_by_name(x, me):
    problems = x.control("problems")
    assert len(problems) > 25
    for name, wanted in problems.items():
        x.script({**POSTS, "problem": name})
        answer = me.tweet(f"text of {name}")
        assert answer.status == wanted["status"], name
        if name != "html":
            told, wanted = answer.json, wanted["body"]
            assert told.get("detail") == wanted.get("detail") and told.get("title") == wanted.get("title")
            assert str(told.get("type", "")).endswith(wanted.get("type", ""))
        else:
            assert answer.headers["Content-Type"].startswith("text/html") and b"Bad Gateway" in answer.raw
    assert not x.posts()


def lost(call):
    """Whether the connection ended without an answer."""
    try:
        call()
    except (http.client.HTTPException, ConnectionError, urllib.error.URLError, socket.timeout):
        return True
    return False


def test_answers_lost_cut_and_late(x, me):
    x.script({**POSTS, "act": True, "close": True}, {**POSTS, "close": True})
    assert lost(lambda: me.tweet("arrived")) and lost(lambda: me.tweet("never"))
    assert [p["text"] for p in x.posts()] == ["arrived"]
    assert me.tweet("arrived").status == 403, "it is there"
    x.script({**POSTS, "act": True, "status": 503, "body": {"title": "x"}})
    assert me.tweet("accepted, 503").status == 503 and x.posts()[-1]["text"] == "accepted, 503"
    x.script({**POSTS, "act": True, "truncate": 10})
    assert lost(lambda: me.tweet("cut")) and x.posts()[-1]["text"] == "cut"
    x.script({**POSTS, "delay": 0.2}, {**POSTS, "drip": 0.002})
    before = time.monotonic()
    assert me.tweet("late").status == 201 and time.monotonic() - before > 0.2
    assert me.tweet("dripping").json["data"]["text"] == "dripping" and time.monotonic() - before > 0.3
    assert x.bill()["micro"] == 5 * 15000


def test_scripted_headers_take_the_place_of_ours(x, me):
    x.script({**POSTS, "problem": "rate-limit-88", "headers": {"x-rate-limit-reset": "1900000000"}, "count": 2})
    for _ in range(2):
        answer = me.tweet("1")
        assert answer.status == 429 and answer.headers.get_all("x-rate-limit-reset") == ["1900000000"]
        assert answer.json["errors"][0]["code"] == 88
    x.script({**POSTS, "act": True, "headers": {"x-rate-limit-reset": "1900000000"}})
    answer = me.tweet("1")
    assert answer.status == 201 and answer.headers.get_all("x-rate-limit-reset") == ["1900000000"]
    assert me.tweet("2").status == 201


def test_every_third_answer_is_lost(x, me):
    x.options(lose_every=3)
    assert [lost(lambda n=n: me.tweet(f"post {n}")) for n in range(6)] == [False, False, True] * 2
    assert len(x.posts()) == 6
    assert not any(lost(lambda: me.get("/2/tweets/17")) for _ in range(6))
    x.options(lose_methods="")
    assert [lost(lambda: me.get("/2/tweets/17")) for _ in range(3)].count(True) == 1


# --- people ---------------------------------------------------------------------------------------------


def test_other_people(x, me):
    root = me.tweet("root").json["data"]["id"]
    reply = x.post("alice", "ack", to=root)
    bare = x.post("bob", "me too", to=root, bare=True)
    assert reply["text"] == "@status ack" and bare["text"] == "me too"
    x.control("delete", {"id": bare["id"]})
    thread = next(t for t in x.control("threads") if t[0]["id"] == root)
    assert [(p["user"], p["parent"]) for p in thread] == [("status", None), ("alice", root)]
    old = x.user_id("alice")
    x.control("user", {"name": "alice", "username": "alice_away"})
    x.post("alice", "@status I am another alice")
    answer = mentions(x).json["data"]
    assert answer[0]["author_id"] != old and answer[1]["author_id"] == old, "a name can go to somebody else"
    x.control("revoke", {"token": me.keys["token"]})
    assert me.get("/2/users/me").status == 401


def test_a_control_call_that_is_wrong_says_so(servers):
    x = servers("tweet")
    for word, given in (("options", {"spped": 1}), ("script", {"answers": [{"problem": "?"}]}), ("nothing", {}),
                        ("edit", {"id": "17", "text": "a"})):
        with pytest.raises(urllib.error.HTTPError, match="400"):
            x.control(word, given)


def test_the_page(x, me):
    root = me.tweet("SMTP <down> on db01.example.com <b> #T7K2").json["data"]["id"]
    x.post("alice", "ack <script>alert(1)</script>", to=root)
    other = x.post("mallory", "nothing to do with it")["id"]
    page = me.get("/").raw.decode()
    assert 'name="viewport"' in page and "SMTP &lt;down&gt; on <u>db01.example.com</u> &lt;b&gt; #T7K2" in page and "<script>" not in page
    assert page.index(f'id="p{root}"') < page.index("ack &lt;script&gt;") and f'id="p{other}"' not in page
    assert f'id="p{other}"' in me.get(f"/i/status/{other}").raw.decode()


def test_it_listens_on_loopback_only(servers):
    text = (TOP / "tests/fake/x.py").read_text()
    assert 'ThreadingHTTPServer(("127.0.0.1"' in text
    ours = f"0100007F:{servers('tweet').port:04X}"

    def is_listed():  # the kernel's list is read piece by piece while others come and go: one look may miss it
        return ours in [line.split()[1] for line in open("/proc/net/tcp").readlines()[1:]]

    wait_for("its socket is on loopback", is_listed, 10)


# --- held against X's own documents -------------------------------------------------------------------------


def documents_present():
    try:
        import jsonschema  # noqa: F401
    except ImportError:
        return "python3-jsonschema is not installed"
    return "" if vectors() else "no documents of X"


@pytest.mark.skipif(bool(documents_present()), reason=documents_present() or "-")
def test_the_checker_finds_violations(rude):
    me, parameter = rude.client("status"), NAMES[rude.mode][0]
    me.tweet("proper")
    mentions(rude)
    assert rude.control("checked")["requests"] >= 2 and rude.violations() == []
    wrong = [lambda: me.tweet("a", nothing=1), lambda: me.tweet("a", "x"), lambda: mentions(rude, "max_results=1"),
             lambda: mentions(rude, "since_id=x"), lambda: mentions(rude, "since=1"),
             lambda: mentions(rude, "start_time=now"), lambda: me.get(f"/2/tweets/1?{parameter}=secret"),
             lambda: me.call("POST", "/2/tweets", b"{"), lambda: me.get("/2/tweets/x")]
    for number, call in enumerate(wrong):
        before = len(rude.violations())
        call()
        assert len(rude.violations()) > before, number


@pytest.mark.skipif(bool(documents_present()), reason=documents_present() or "-")
@pytest.mark.parametrize("mode", ["tweet", "post"])
def test_the_checker_finds_wrong_answers(mode):
    from x_check import Checker

    checker = Checker(vectors(), mode)
    path, parent = "/2/users/1/mentions", NAMES[mode][1]
    good = {"data": [{"id": "1", "text": "a", parent: [{"type": "quoted", "id": "2"}]}], "meta": {"result_count": 1}}
    checker.answer(mode, "GET", path, 200, good)
    checker.answer(mode, "POST", "/2/tweets", 201, {"data": {"id": "1", "text": "a"}})
    assert checker.violations == []
    other = NAMES["post" if mode == "tweet" else "tweet"][1]
    bad = [("GET", path, 200, {"data": [{"id": 1, "text": "a"}]}), ("GET", path, 200, {"meta": {"result_count": "1"}}),
           ("GET", path, 200, {"data": [{"id": "1", "text": "a", other: []}]}), ("GET", path, 201, good),
           ("POST", "/2/tweets", 201, {"data": {"id": "x", "text": "a"}}), ("POST", "/2/tweets", 201, {"data": {}}),
           ("POST", "/2/tweets", 400, {"title": "a"}), ("POST", "/2/tweets", 400, {"errors": [{"code": "88"}]}),
           ("GET", path, 404, {"type": "https://api.x.com/2/problems/resource-not-found", "title": "a"})]
    for method, route, status, body in bad:
        before = len(checker.violations)
        checker.answer(mode, method, route, status, body)
        assert len(checker.violations) > before, (method, status, body)


def test_nullable_is_translated():
    from x_check import translate

    assert translate({"type": "string", "nullable": True, "example": "a"}) == {
        "anyOf": [{"type": "string"}, {"type": "null"}]}


def test_without_jsonschema_it_says_so_and_goes_on(capsys, monkeypatch):
    import x_check

    monkeypatch.setattr(x_check, "Draft4Validator", None)
    checker = x_check.Checker("/nonexistent", "tweet")
    checker.request("tweet", "GET", "/2/tweets/x", b"")
    assert checker.violations == [] and "nothing is validated" in capsys.readouterr().err


def test_another_account_and_no_documents():
    with Cleanup() as cleanup:
        place = Place()
        cleanup.callback(place.close)
        x = cleanup.stop(FakeX(place, account="examplenet", openapi=False))
        keys = json.loads(x.tokens["status"])
        assert keys["screen_name"] == x.handle("status") == "examplenet" and " " not in x.tokens["status"]
        assert set(keys) == {"consumer_key", "consumer_secret", "token", "token_secret", "user_id", "screen_name"}
        x.client("status").get("/2/users/me?nothing=1")
        assert x.control("checked")["requests"] == 0 and x.violations() == []
