"""The stand-in for X itself, by raw requests: each of its rules has a case that fails without the rule.

Nothing of the agent is used. With X's OpenAPI documents at hand (TWICKET_VECTORS, or ../shared/vectors)
every proper request and every answer is held against them, and none may differ.
"""

import base64
import hashlib
import html
import re
import time
import urllib.parse
from email.utils import parsedate_to_datetime

import pytest

from fakex import FakeX, XClient, authorization
from proc import Cleanup, Place

pytestmark = pytest.mark.alone
NAMES = {"tweet": ("tweet.fields", "referenced_tweets", "edit_history_tweet_ids", "note_tweet", "twitter"),
         "post": ("post.fields", "referenced_posts", "edit_history_post_ids", "note_post", "x")}
ASK = "author_id,conversation_id,created_at,in_reply_to_user_id"
DUPLICATE = "You are not allowed to create a Tweet with duplicate content."
REPLY = "You can only reply to or quote posts where you are mentioned or are the author."


@pytest.fixture(scope="module")
def servers():
    with Cleanup() as cleanup:
        place, made = Place(), {}
        cleanup.callback(place.close)

        def get(mode):
            if mode not in made:
                made[mode] = cleanup.stop(FakeX(place, mode=mode, name=f"x-{mode}"))
            made[mode].control("reset", {})
            return made[mode]

        yield get


@pytest.fixture(params=["tweet", "post"])
def rude(servers, request):
    """For requests that X would refuse: they are violations by themselves."""
    return servers(request.param)


@pytest.fixture(params=["tweet", "post"])
def x(servers, request):
    """All that is asked and answered is as X's documents say."""
    server = servers(request.param)
    yield server
    assert server.violations() == []


@pytest.fixture
def me(x):
    return x.client("status")


def fields(x):
    names = NAMES[x.mode]
    return f"{names[0]}={ASK},{names[1]},{names[2]},{names[3]}"


def mentions(x, query="", user="status"):
    more = "&" + query if query else ""
    return x.client("status").get(f"/2/users/{x.user_id(user)}/mentions?{fields(x)}{more}")


def detail(answer):
    """(status, last part of the type, detail)"""
    return answer.status, answer.json["type"].rsplit("/", 1)[-1], answer.json["detail"]


# --- who asks -----------------------------------------------------------------------------


def test_a_post_is_made_and_read_back(x, me):
    made = me.tweet("SMTP is down #T7K2")
    assert made.status == 201 and made.json["data"]["text"] == "SMTP is down #T7K2"
    ident = made.json["data"]["id"]
    assert made.json["data"][NAMES[x.mode][2]] == [ident]
    assert abs(((int(ident) >> 22) + 1288834974657) / 1000 - time.time()) < 5, "a snowflake has the time in it"
    plain = me.get(f"/2/tweets/{ident}").json["data"]
    assert set(plain) == {"id", "text", NAMES[x.mode][2]}, "only default fields unless asked"
    full = me.get(f"/2/tweets/{ident}?{fields(x)}").json["data"]
    assert full["author_id"] == x.user_id("status") and full["conversation_id"] == ident
    assert me.tweet("another").json["data"]["id"] > ident
    assert me.get(f"/2/tweets?ids={ident},17").json["errors"][0]["resource_id"] == "17"


BAD_SIGNATURES = {
    "another consumer secret": lambda k: {"keys": {**k, "consumer_secret": "x"}},
    "another token secret": lambda k: {"keys": {**k, "token_secret": "x"}},
    "unknown token": lambda k: {"keys": {**k, "token": "1-x"}},
    "unknown consumer": lambda k: {"keys": {**k, "consumer_key": "x"}},
    "old": lambda k: {"oauth_timestamp": str(int(time.time()) - 310)},
    "from the future": lambda k: {"oauth_timestamp": str(int(time.time()) + 310)},
    "no nonce": lambda k: {"oauth_nonce": ""},
    "wrong signature": lambda k: {"oauth_signature": "AAAA"},
    "another method": lambda k: {"oauth_signature_method": "HMAC-SHA256"},
    "not a number": lambda k: {"oauth_timestamp": "now"},
}


@pytest.mark.parametrize("name", BAD_SIGNATURES)
def test_signatures_are_verified(x, me, name):
    how = BAD_SIGNATURES[name](me.keys)
    client = XClient(x.url, how.pop("keys", me.keys))
    answer = client.get(f"/2/users/me?{NAMES[x.mode][0]}=id", **how)
    assert detail(answer) == (401, "about:blank", "Unauthorized")
    assert "Date" in answer.headers and x.control("log")[-1]["why"]


def test_what_is_signed(rude):
    """Query and form are part of it, a JSON body is not; a nonce counts once; a time 290 s off does."""
    keys = rude.credentials("status")
    url = f"{rude.url}/2/users/me?user.fields=id"
    header = {"Authorization": authorization("GET", url, keys)}
    anonymous = XClient(rude.url)
    assert anonymous.get("/2/users/me?user.fields=name", headers=header).status == 401, "the query is signed"
    assert anonymous.call("DELETE", "/2/users/me?user.fields=id", headers=header).status != 200
    assert anonymous.get("/2/users/me?user.fields=id", headers=header).status == 200
    assert anonymous.get("/2/users/me?user.fields=id", headers=header).status == 401, "the nonce is spent"
    assert "nonce" in rude.control("log")[-1]["why"]
    assert anonymous.get("/2/users/me").status == 401
    header = {"Authorization": authorization("POST", f"{rude.url}/2/tweets", keys)}
    assert anonymous.call("POST", "/2/tweets", {"text": "any & = + words"}, headers=header).status == 201
    old = str(int(time.time()) - 290)
    assert rude.client("status").get("/2/users/me", oauth_timestamp=old).status == 200


def test_the_clock_of_the_server_counts(x, me):
    x.options(clock=3600)
    answer = me.get("/2/users/me")
    assert answer.status == 401
    assert 3590 < parsedate_to_datetime(answer.headers["Date"]).timestamp() - time.time() < 3610
    assert me.get("/2/users/me", oauth_timestamp=str(int(time.time()) + 3600)).status == 200


def test_the_pin_flow(x):
    keys = {k: v for k, v in x.credentials("status").items() if k.startswith("consumer")}
    app = XClient(x.url, keys)
    assert app.call("POST", "/oauth/request_token", oauth_callback="http://evil.example/").status == 403
    assert app.call("POST", "/oauth/request_token").status == 400
    wrong = XClient(x.url, {**keys, "consumer_secret": "x"}).call("POST", "/oauth/request_token", oauth_callback="oob")
    assert wrong.status == 401 and wrong.json["errors"][0]["code"] == 32
    late = app.call("POST", "/oauth/request_token", oauth_callback="oob", oauth_timestamp="1000000000")
    assert late.status == 401 and late.json["errors"][0]["code"] == 135
    first = dict(urllib.parse.parse_qsl(app.call("POST", "/oauth/request_token", oauth_callback="oob").raw.decode()))
    assert first["oauth_callback_confirmed"] == "true"
    anonymous = XClient(x.url)
    page = anonymous.get("/oauth/authorize?oauth_token=" + first["oauth_token"])
    form = dict(re.findall(r'name="(\w+)" value="([^"]*)"', html.unescape(page.raw.decode())))
    assert b"@alice" in page.raw and form["oauth_token"] == first["oauth_token"]
    assert anonymous.get("/oauth/authorize?oauth_token=nonsense").status == 403
    done = anonymous.call("POST", "/oauth/authorize", form={**form, "user": "alice"}).raw.decode()
    pin = re.search(r"<code>([0-9]{7})</code>", done).group(1)
    request = XClient(x.url, {**keys, "token": first["oauth_token"], "token_secret": first["oauth_token_secret"]})
    other = XClient(x.url, {**request.keys, "token_secret": "x"})
    assert other.call("POST", "/oauth/access_token", form={"oauth_verifier": pin}).status == 401
    bad = request.call("POST", "/oauth/access_token", form={"oauth_verifier": "0000000"})
    assert bad.status == 401 and b"oauth_verifier" in bad.raw
    got = dict(urllib.parse.parse_qsl(request.call("POST", "/oauth/access_token", oauth_verifier=pin).raw.decode()))
    assert got["screen_name"] == "alice" and got["user_id"] == x.user_id("alice")
    alice = XClient(x.url, {**keys, "token": got["oauth_token"], "token_secret": got["oauth_token_secret"]})
    assert alice.get("/2/users/me").json["data"]["username"] == "alice"
    assert request.call("POST", "/oauth/access_token", oauth_verifier=pin).status == 401, "a request token counts once"


def test_a_pin_by_control(x):
    keys = {k: v for k, v in x.credentials("status").items() if k.startswith("consumer")}
    token = XClient(x.url, keys).call("POST", "/oauth/request_token", form={"oauth_callback": "oob"}).raw.decode()
    token = dict(urllib.parse.parse_qsl(token))["oauth_token"]
    assert re.fullmatch(r"[0-9]{7}", x.control("pin", {"oauth_token": token, "user": "status"})["pin"])


def oauth2(x, scope, **changed):
    """(token call, code) of the PKCE flow"""
    app = x.control("app?name=app")
    verifier = "v" * 43
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {"client_id": app["client_id"], "redirect_uri": app["redirect_uris"][0], "scope": scope, "user": "status",
             "code_challenge": challenge, "code_challenge_method": "S256"}
    code = x.control("code", asked)["code"]
    basic = base64.b64encode(f"{app['client_id']}:{app['client_secret']}".encode()).decode()

    def token(secret=basic, **form):
        return XClient(x.url).call("POST", "/2/oauth2/token", form=form, headers={"Authorization": "Basic " + secret})

    given = {"grant_type": "authorization_code", "code": code, "redirect_uri": app["redirect_uris"][0],
             "code_verifier": verifier, **changed}
    return token, given


def test_oauth2_refresh_tokens_count_once(x):
    token, given = oauth2(x, "tweet.read users.read offline.access")
    assert token(secret="eDp5", **given).status == 401
    first = token(**given).json
    assert first["expires_in"] == 7200
    assert token(**given).status == 400, "a code counts once"
    assert XClient(x.url, bearer=first["access_token"]).get("/2/users/me").status == 200
    second = token(grant_type="refresh_token", refresh_token=first["refresh_token"]).json
    assert token(grant_type="refresh_token", refresh_token=first["refresh_token"]).status == 400
    for dead in (first, second):
        assert XClient(x.url, bearer=dead["access_token"]).get("/2/users/me").status == 401, "the family is gone"
    assert token(grant_type="refresh_token", refresh_token=second["refresh_token"]).status == 400


def test_oauth2_scopes_and_expiry(x):
    token, given = oauth2(x, "tweet.read users.read", code_verifier="w" * 43)
    assert token(**given).status == 400, "PKCE"
    token, given = oauth2(x, "tweet.read users.read")
    got = token(**given).json
    assert "refresh_token" not in got, "only with offline.access"
    bearer = XClient(x.url, bearer=got["access_token"])
    assert bearer.tweet("no").status == 403, "the scope is missing"
    x.control("options", {"clock": 7190})
    assert bearer.get("/2/users/me").status == 200
    x.control("options", {"clock": 7201})
    assert bearer.get("/2/users/me").status == 401
    x.control("options", {"clock": 0})
    token, given = oauth2(x, "tweet.read users.read")
    x.control("options", {"clock": 31})
    assert token(**given).status == 400, "a code lives 30 s"


def test_the_app_itself(x, me):
    app = XClient(x.url, bearer=x.control("app?name=app")["bearer"])
    assert detail(app.tweet("no"))[:2] == (403, "unsupported-authentication")
    assert detail(me.get("/2/usage/tweets"))[:2] == (403, "unsupported-authentication")
    ident = me.tweet("read me").json["data"]["id"]
    assert app.get(f"/2/tweets/{ident}").headers["x-rate-limit-limit"] == "450"
    used = app.get("/2/usage/tweets?days=7&usage.fields=daily_project_usage").json["data"]
    assert int(used["project_usage"]) == 1 and used["daily_project_usage"]["usage"]


def test_permissions_are_frozen_in_the_token(x):
    x.control("app", {"name": "small", "permission": "read"})
    reader = x.client("status", "small")
    x.control("app", {"name": "small", "permission": "read-write"})
    refused = reader.tweet("no")
    assert detail(refused)[:2] == (403, "oauth1-permissions") and refused.headers["x-access-level"] == "read"
    assert reader.get("/2/users/me").status == 200
    writer = XClient(x.url, x.control("token", {"user": "status", "app": "small"}))
    assert writer.tweet("yes").headers["x-access-level"] == "read-write"
    assert detail(writer.get("/2/dm_events"))[:2] == (403, "oauth1-permissions")
    assert x.client("status").get("/2/users/me").headers["x-access-level"] == "read-write-directmessages"
    x.control("user", {"name": "status", "suspended": True})
    assert detail(writer.tweet("yes"))[0::2] == (
        403, "Your account is suspended and is not permitted to access this feature.")


# --- what is asked --------------------------------------------------------------------------

BAD_QUERIES = [
    ("mentions", "max_results=4", "max_results"), ("mentions", "max_results=101", "max_results"),
    ("mentions", "max_results=many", "max_results"), ("tweets", "max_results=1", "max_results"),
    ("mentions", "since_id=T7K2", "since_id"), ("mentions", "since_id=12345678901234567890", "since_id"),
    ("mentions", "since_id=", "since_id"), ("mentions", "since=1", "since"), ("mentions", "count=5", "count"),
    ("tweets", "start_time=yesterday", "start_time"), ("tweets", "start_time=2026-08-01", "start_time"),
    ("tweets", "start_time=2026-13-01T00:00:00Z", "start_time"),
    ("tweets", "start_time=2009-01-01T00:00:00Z", "start_time"), ("tweets", "exclude=all", "exclude"),
    ("mentions", "exclude=replies", "exclude"), ("mentions", "user.fields=password", "user.fields"),
    ("mentions", "expansions=everything", "expansions"), ("mentions", "pagination_token=!", "pagination_token"),
    ("mentions", "max_results=5&max_results=6", "max_results"),
]


@pytest.mark.parametrize("call, query, name", BAD_QUERIES, ids=[q for _, q, _ in BAD_QUERIES])
def test_parameters_have_bounds(rude, call, query, name):
    answer = rude.client("status").get(f"/2/users/{rude.user_id('status')}/{call}?{query}")
    assert detail(answer)[:2] == (400, "invalid-request")
    assert name in answer.json["errors"][0]["parameters"] and name in answer.json["errors"][0]["message"]


def test_parameters_of_other_calls(rude):
    me = rude.client("status")
    for path in ("/2/dm_events?max_results=0", "/2/dm_events?max_results=101", "/2/dm_events?event_types=All",
                 "/2/dm_events?since_id=1", "/2/tweets?ids=1,x", "/2/tweets", "/2/tweets/T7K2", "/2/users/x/mentions",
                 "/2/users/by/username/a-b", "/2/users/me?max_results=5"):
        assert detail(me.get(path))[:2] == (400, "invalid-request"), path
    assert me.get("/2/nothing").status == 404 and me.call("PUT", "/2/tweets").status == 404


BAD_BODIES = [b"", b"{", b"[]", b'"text"', {"text": 5}, {"text": "a", "status": "b"}, {"text": ""}, {"text": "  \n"},
              {"text": "a\ufffeb"}, {}, {"text": "a", "reply": {}}, {"text": "a", "reply": "1"},
              {"text": "a", "reply": {"in_reply_to_tweet_id": "x"}},
              {"text": "a", "reply": {"in_reply_to_tweet_id": 1}},
              {"text": "a", "reply": {"in_reply_to_post_id": "1"}}, {"text": "a", "reply_settings": "everyone"}]


@pytest.mark.parametrize("body", BAD_BODIES, ids=repr)
def test_bodies_of_posts(rude, body):
    answer = rude.client("status").call("POST", "/2/tweets", body)
    assert detail(answer)[:2] == (400, "invalid-request")
    assert not rude.posts() and not rude.bill()["lines"]


def test_a_body_is_json_and_says_so(rude):
    me = rude.client("status")
    answer = me.call("POST", "/2/tweets", form={"text": "a"})
    assert answer.status == 400 and "application/json" in answer.json["errors"][0]["message"]


@pytest.mark.parametrize("mode, other", [("tweet", "post"), ("post", "tweet")])
def test_each_vocabulary_refuses_the_other(servers, mode, other):
    x = servers(mode)
    answer = x.client("status").get(f"/2/users/{x.user_id('status')}/mentions?{NAMES[other][0]}=author_id")
    assert answer.status == 400 and NAMES[other][0] in answer.json["errors"][0]["parameters"]
    assert f"api.{NAMES[mode][4]}.com" in answer.json["type"]
    for name in NAMES[other][1:4]:
        asked = x.client("status").get(f"/2/users/{x.user_id('status')}/mentions?{NAMES[mode][0]}={name}")
        assert asked.status == 400, name


def test_both_vocabularies_at_once(servers):
    x = servers("both")
    first = x.post("alice", "@status hello", note="@status " + "long " * 80)
    x.post("bob", "hm", to=first["id"])
    for mode, (parameter, referenced, history, note, _) in NAMES.items():
        query = f"{parameter}={referenced},{history},{note}&since_id={int(first['id']) - 1}&max_results=5"
        answer = x.client("status").get(f"/2/users/{x.user_id('status')}/mentions?{query}").json["data"]
        assert note in answer[0] and history in answer[0], mode
        assert x.client("status").get(f"/2/users/{x.user_id('alice')}/mentions?{query}").json["data"][0][referenced]
    assert x.violations() == []


def test_fields_that_only_expansions_bring(servers):
    """The document of 2.167 lists author_id only as an expansion; whether X insists is not known."""
    x = servers("post")
    x.post("alice", "@status hello")
    path = f"/2/users/{x.user_id('status')}/mentions?post.fields=created_at"
    me = x.client("status")
    x.options(strict_fields=True)
    assert me.get(path + ",author_id").status == 400
    answer = me.get(path + "&expansions=author_id").json
    assert answer["data"][0]["author_id"] == x.user_id("alice")
    assert answer["includes"]["users"][0]["username"] == "alice"
    assert x.bill()["by"]["user read"]["micro"] == 10000, "what is included costs, too"
    assert x.violations() == []


# --- what is read ------------------------------------------------------------------------------


def test_mentions_are_paged(x):
    root = x.client("status").tweet("root").json["data"]["id"]
    assert "data" not in mentions(x).json and mentions(x).json["meta"] == {"result_count": 0}
    said = [x.post("alice", f"ack {i}", to=root)["id"] for i in range(12)]
    x.post("mallory", "not to you")
    x.post("mallory", "mail status@example.com or @statusquo")
    answer = mentions(x, f"max_results=5&since_id={root}").json
    assert [p["id"] for p in answer["data"]] == said[:6:-1], "newest first"
    assert answer["meta"]["newest_id"] == said[11] and answer["meta"]["oldest_id"] == said[7]
    token = answer["meta"]["next_token"]
    answer = mentions(x, f"max_results=5&since_id={root}&pagination_token={token}").json
    assert [p["id"] for p in answer["data"]] == said[6:1:-1]
    answer = mentions(x, f"max_results=5&since_id={said[9]}").json
    assert [p["id"] for p in answer["data"]] == said[:9:-1] and "next_token" not in answer["meta"]
    answer = mentions(x, f"max_results=5&until_id={said[1]}").json
    assert [p["id"] for p in answer["data"]] == said[:1]
    assert len(mentions(x).json["data"]) == 10, "the default"
    first = answer["data"][0]
    assert first["text"] == "@status ack 0" and first["in_reply_to_user_id"] == x.user_id("status")
    assert first["conversation_id"] == root and first["author_id"] == x.user_id("alice")
    assert first[NAMES[x.mode][1]] == [{"type": "replied_to", "id": root}]


def test_since_id_is_a_number(x):
    """999 is less than 1000, though not as text."""
    x.post("alice", "@status one")
    assert len(mentions(x, "since_id=999").json["data"]) == 1
    assert "data" not in mentions(x, "since_id=9223372036854775807").json


def test_only_the_newest_800_mentions(x):
    x.options(rate_limits=False)
    said = [x.post("alice", f"@status {i}")["id"] for i in range(803)]
    got, token = [], ""
    while True:
        answer = mentions(x, "max_results=100" + token).json
        got += [p["id"] for p in answer["data"]]
        if "next_token" not in answer["meta"]:
            break
        token = "&pagination_token=" + answer["meta"]["next_token"]
    assert got == said[:2:-1]


def test_own_posts(x, me):
    x.options(clock=-3600)
    old = x.post("status", "an hour ago")["id"]
    x.options(clock=0)
    root = me.tweet("root").json["data"]["id"]
    reply = me.tweet("update", root).json["data"]["id"]
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 60))
    path = f"/2/users/{x.user_id('status')}/tweets?{fields(x)}"
    answer = me.get(f"{path}&start_time={since}").json
    assert [p["id"] for p in answer["data"]] == [reply, root]
    assert answer["data"][0][NAMES[x.mode][1]] == [{"type": "replied_to", "id": root}]
    assert [p["id"] for p in me.get(f"{path}&end_time={since}").json["data"]] == [old]
    assert [p["id"] for p in me.get(f"{path}&exclude=replies").json["data"]] == [root, old]


def test_what_is_not_there(x, me):
    gone = me.get("/2/tweets/17")
    assert gone.status == 200 and "data" not in gone.json
    error = gone.json["errors"][0]
    assert error["type"].endswith("/resource-not-found") and error["resource_id"] == "17"
    assert me.get("/2/users/by/username/nobody").json["errors"][0]["parameter"] == "username"
    assert me.get("/2/users/by/username/ALICE").json["data"]["id"] == x.user_id("alice")
    assert detail(me.call("DELETE", "/2/tweets/17"))[:2] == (404, "resource-not-found")
    other = x.post("alice", "mine")["id"]
    assert detail(me.call("DELETE", f"/2/tweets/{other}"))[0] == 403
    mine = me.tweet("mine").json["data"]["id"]
    assert me.call("DELETE", f"/2/tweets/{mine}").json == {"data": {"deleted": True}}
    assert "data" not in me.get(f"/2/tweets/{mine}").json and not x.posts()


def test_protected_accounts(x, me):
    x.control("user", {"name": "alice", "protected": True})
    ident = x.post("alice", "@status ack")["id"]
    assert "data" not in mentions(x).json
    assert me.get(f"/2/tweets/{ident}").json["errors"][0]["type"].endswith("/not-authorized-for-resource")
    assert "deleted or not visible" in detail(me.tweet("yes", ident))[2]
    x.control("user", {"name": "alice", "followed_by_us": True})
    assert mentions(x).json["data"][0]["id"] == ident and me.tweet("yes", ident).status == 201


def test_texts_as_answered(x, me):
    made = me.tweet("load <5 & >3, see http://example.org/a?b=1&c or db01.example.com").json["data"]
    assert re.fullmatch(r"load &lt;5 &amp; &gt;3, see https://t\.co/\w{10} or https://t\.co/\w{10}", made["text"])
    x.options(rewrite_links=False)
    assert me.get(f"/2/tweets/{made['id']}").json["data"]["text"].endswith("or db01.example.com")


def test_edits_quotes_and_retweets(x, me):
    root = me.tweet("root").json["data"]["id"]
    first = x.post("alice", "ack", to=root)["id"]
    second = x.control("edit", {"id": first, "text": "@status unack"})["id"]
    x.control("retweet", {"user": "bob", "id": root})
    x.control("quote", {"user": "bob", "id": root, "text": "@status look"})
    by_text = {p["text"]: p for p in mentions(x, "max_results=10").json["data"]}
    referenced, history = NAMES[x.mode][1:3]
    assert by_text["@status unack"][history] == [first, second] and "@status ack" not in by_text
    assert by_text["@status look"][referenced] == [{"type": "quoted", "id": root}]
    assert by_text["RT @status: root"][referenced] == [{"type": "retweeted", "id": root}]
    note = x.post("alice", "@status begins", note="@status begins & goes on " + "on " * 100)
    assert me.get(f"/2/tweets/{note['id']}?{fields(x)}").json["data"][NAMES[x.mode][3]]["text"].startswith(
        "@status begins &amp; goes on")
    assert detail(me.tweet("edited", edit_options={"previous_post_id": root}))[0] == 403, "Premium only"
    x.control("user", {"name": "status", "premium": True})
    edited = me.tweet("edited", edit_options={"previous_post_id": root}).json["data"]
    assert edited[history] == [root, edited["id"]]


def test_messages(x, me):
    alice = x.user_id("alice")
    path = f"/2/dm_conversations/with/{alice}/messages"
    assert detail(me.call("POST", path, {"text": "hello"}))[2] == \
        "You do not have permission to DM one or more participants."
    assert me.get("/2/dm_events").json == {"meta": {"result_count": 0}}
    event = x.dm("alice", "ack & so on")
    sent = me.call("POST", path, {"text": "noted"})
    assert sent.status == 201 and sent.json["data"]["dm_conversation_id"] == "-".join(
        sorted([alice, x.user_id("status")], key=int))
    asked = "&dm_event.fields=id,text,sender_id,created_at,dm_conversation_id,event_type"
    got = me.get("/2/dm_events?max_results=1&event_types=MessageCreate" + asked).json
    assert [m["text"] for m in got["data"]] == ["noted"] and len(got["meta"]["next_token"]) >= 16
    got = me.get(f"/2/dm_events?max_results=1&pagination_token={got['meta']['next_token']}{asked}").json
    assert [m["id"] for m in got["data"]] == [event["id"]] and got["data"][0]["text"] == "ack &amp; so on"
    assert "next_token" not in got["meta"]
    assert set(me.get("/2/dm_events").json["data"][0]) == {"id", "event_type", "text"}
    assert got["data"][0]["sender_id"] == alice
    assert me.get("/2/dm_events?event_types=ParticipantsJoin").json == {"meta": {"result_count": 0}}
    assert len(me.get(f"/2/dm_conversations/with/{alice}/dm_events").json["data"]) == 2
    assert "data" not in me.get(f"/2/dm_conversations/with/{x.user_id('mallory')}/dm_events").json
    x.options(clock=31 * 86400)
    assert me.get("/2/dm_events", oauth_timestamp=str(int(time.time()) + 31 * 86400)).json == {
        "meta": {"result_count": 0}}, "30 days"
