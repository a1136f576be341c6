"""The parameters that the fake X takes, in both vocabularies, and posts, users, messages as answered.

Used by x_api.py. The vocabulary "tweet" is that of X's OpenAPI document 2.166, "post" that of 2.167
(7 Aug 2026). Only default fields are answered unless a request asks for more.
"""
import re
from datetime import datetime

import x_text
from x_problem import invalid
from x_world import iso

NAMES = {
    "tweet": {"fields": "tweet.fields", "referenced": "referenced_tweets", "history": "edit_history_tweet_ids",
              "note": "note_tweet", "expand": "referenced_tweets.id", "includes": "tweets"},
    "post": {"fields": "post.fields", "referenced": "referenced_posts", "history": "edit_history_post_ids",
             "note": "note_post", "expand": "referenced_posts", "includes": "posts"},
}
COMMON = """article attachments author_id card_uri community_id context_annotations conversation_id created_at
display_text_range edit_controls entities geo id in_reply_to_user_id lang matched_media_notes media_metadata
non_public_metrics note_request_suggestions organic_metrics paid_partnership possibly_sensitive promoted_metrics
public_metrics reply_settings scopes source suggested_source_links suggested_source_links_with_counts text
withheld""".split()
# 2.167 lists neither these nor the two renamed ones as fields, though its answers have them: see strict_fields
BY_EXPANSION = {"author_id", "in_reply_to_user_id"}
USER_FIELDS = """affiliation confirmed_email connection_status created_at description entities id is_identity_verified
location most_recent_tweet_id most_recent_post_id name parody pinned_tweet_id pinned_post_id profile_banner_url
profile_image_url protected public_metrics receives_your_dm subscribes_to_you subscription subscription_type url
username verified verified_followers_count verified_type withheld""".split()
DM_FIELDS = """attachments created_at dm_conversation_id entities event_type id participant_ids referenced_tweets
referenced_posts sender_id text""".split()
MEDIA_FIELDS = """alt_text duration_ms height media_key non_public_metrics organic_metrics preview_image_url
promoted_metrics public_metrics type url variants width""".split()
POLL_FIELDS = "duration_minutes end_datetime id options voting_status".split()
PLACE_FIELDS = "contained_within country country_code full_name geo id name place_type".split()
USAGE_FIELDS = "cap_reset_day daily_client_app_usage daily_project_usage project_cap project_id project_usage".split()
EVENT_TYPES = ["MessageCreate", "ParticipantsJoin", "ParticipantsLeave"]
POST_EXPANSIONS = """article.cover_media article.media_entities attachments.media_keys attachments.media_source_tweet
attachments.poll_ids author_id entities.mentions.username geo.place_id in_reply_to_user_id""".split()

POST_PARAMETERS = "expansions media.fields poll.fields user.fields place.fields".split()
LIST_PARAMETERS = ["since_id", "until_id", "max_results:5:100", "pagination_token", "start_time", "end_time"]
EVENT_PARAMETERS = ["max_results:1:100", "pagination_token:16", "event_types", "dm_event.fields", "dm_expansions",
                    "media.fields", "user.fields"]


def post_fields(vocabulary, strict):
    names = NAMES[vocabulary]
    known = {*COMMON, names["note"], names["referenced"], names["history"]}
    if vocabulary == "post":
        known |= {"article_title"}
        if strict:
            known -= {*BY_EXPANSION, names["referenced"], names["history"]}
    return sorted(known)


def lists(vocabulary, strict):
    """parameter: words that it takes, comma-separated."""
    names = NAMES[vocabulary]
    return {names["fields"]: post_fields(vocabulary, strict), "user.fields": USER_FIELDS, "dm_event.fields": DM_FIELDS,
            "media.fields": MEDIA_FIELDS, "poll.fields": POLL_FIELDS, "place.fields": PLACE_FIELDS,
            "usage.fields": USAGE_FIELDS, "event_types": EVENT_TYPES, "exclude": ["replies", "retweets"],
            "expansions": [*POST_EXPANSIONS, names["expand"], names["history"]],
            "dm_expansions": ["attachments.media_keys", "participant_ids", names["expand"], "sender_id"],
            "user_expansions": ["affiliation", "affiliation.user_id", "most_recent_tweet_id", "most_recent_post_id",
                                "pinned_tweet_id", "pinned_post_id"]}


def vocabulary_of(mode, query):
    """What this request speaks; in mode "both" by the names that it uses."""
    if mode != "both":
        return mode
    said = " ".join([*query, *(v for values in query.values() for v in values)])
    return "post" if re.search(r"\bpost\.fields|referenced_posts|edit_history_post_ids|note_post", said) else "tweet"


def check_number(name, value, low, high, vocabulary):
    if not re.fullmatch(r"[0-9]{1,9}", value) or not low <= int(value) <= high:
        raise invalid(f"The `{name}` query parameter value [{value}] is not between {low} and {high}",
                      {name: [value]}, vocabulary)


def check_time(name, value, vocabulary):
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z", value):
        raise invalid(f"The `{name}` query parameter value [{value}] is not a valid RFC 3339 time",
                      {name: [value]}, vocabulary)
    try:
        at = parse_time(value)
    except ValueError:
        at = None
    if at is None or at < 1288834974:
        raise invalid(f"Invalid '{name}':'{value}'. '{name}' must be on or after 2010-11-06T00:00Z",
                      {name: [value]}, vocabulary)


def check_words(name, value, known, vocabulary):
    words = value.split(",")
    for word in words:
        if word not in known:
            raise invalid(f"The `{name}` query parameter value [{word}] is not one of [{','.join(known)}]",
                          {name: [value]}, vocabulary)
    if len(words) != len(set(words)):
        raise invalid(f"The `{name}` query parameter has duplicate values", {name: [value]}, vocabulary)


def check_pattern(name, value, pattern, vocabulary):
    if not re.fullmatch(pattern, value):
        raise invalid(f"The `{name}` query parameter value [{value}] is not valid", {name: [value]}, vocabulary)


def check_query(query, wanted, vocabulary, strict):
    """Refuses what the endpoint does not have, and values outside their bounds. Returns {name: value}."""
    kinds = lists(vocabulary, strict)
    known = {NAMES[vocabulary]["fields"]: "fields"} if "fields" in wanted else {}
    for entry in wanted:
        name, *bounds = entry.split(":")
        if name != "fields":
            known["expansions" if name.endswith("_expansions") else name] = (name, bounds)
    for name, values in query.items():
        if name not in known:
            raise invalid(f"The query parameter [{name}] is not one of [{','.join(sorted(known))}]",
                          {name: values}, vocabulary)
        if len(values) > 1:
            raise invalid(f"The query parameter [{name}] stands there twice", {name: values}, vocabulary)
        check_value(name, values[0], known[name], kinds, vocabulary)
    return {name: values[0] for name, values in query.items()}


def check_value(name, value, rule, kinds, vocabulary):
    kind, bounds = (name, []) if rule == "fields" else rule
    if kind in kinds:
        check_words(name, value, kinds[kind], vocabulary)
    elif name in ("max_results", "days"):
        check_number(name, value, int(bounds[0]), int(bounds[1]), vocabulary)
    elif name in ("start_time", "end_time"):
        check_time(name, value, vocabulary)
    elif name in ("since_id", "until_id"):
        check_pattern(name, value, r"[0-9]{1,19}", vocabulary)
    elif name == "ids":
        check_pattern(name, value, r"[0-9]{1,19}(,[0-9]{1,19}){0,99}", vocabulary)
    elif name == "pagination_token":
        check_pattern(name, value, rf"[0-9a-v]{{{bounds[0] if bounds else 1},}}", vocabulary)


def parse_time(value):
    return datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp()


# --- what is answered -----------------------------------------------------------------


def words(asked, name):
    return set(asked[name].split(",")) if name in asked else set()


def show_post(world, post, asked, vocabulary):
    names = NAMES[vocabulary]
    fields = words(asked, names["fields"]) | {"id", "text", names["history"]}
    expanded = words(asked, "expansions")
    fields |= {f for f in BY_EXPANSION if f in expanded}
    if names["expand"] in expanded:
        fields.add(names["referenced"])
    rewrite = world.options["rewrite_links"]
    author = world.users[post["user"]]
    everything = {
        "id": post["id"], "text": x_text.shown(post["text"], rewrite), names["history"]: post["history"],
        "author_id": author["id"], "conversation_id": post["root"], "created_at": iso(post["at"]),
        "in_reply_to_user_id": world.users[post["to"]]["id"] if post["to"] else None,
        names["referenced"]: [{"type": kind, "id": ident} for kind, ident in post["referenced"]] or None,
        names["note"]: {"text": x_text.shown(post["note"], rewrite)} if post["note"] else None,
        "lang": "en", "possibly_sensitive": False, "reply_settings": "everyone",
        "public_metrics": {"retweet_count": 0, "reply_count": 0, "like_count": 0, "quote_count": 0,
                           "bookmark_count": 0, "impression_count": 0},
    }
    return {k: v for k, v in everything.items() if k in fields and v is not None}


def show_user(user, asked):
    everything = {"id": user["id"], "name": user["name"], "username": user["username"],
                  "protected": user["protected"], "verified": user["premium"], "description": user["description"],
                  "created_at": iso(user["at"]), "verified_type": "blue" if user["premium"] else "none"}
    return {k: v for k, v in everything.items() if k in words(asked, "user.fields") | {"id", "name", "username"}}


def show_event(world, event, asked):
    """A direct message; its text has entities like that of a post."""
    fields = words(asked, "dm_event.fields") | words(asked, "expansions") | {"id", "event_type", "text"}
    everything = {"id": event["id"], "event_type": "MessageCreate", "text": x_text.shown(event["text"]),
                  "sender_id": world.users[event["from"]]["id"], "dm_conversation_id": event["conversation"],
                  "created_at": iso(event["at"]),
                  "participant_ids": [world.users[n]["id"] for n in (event["from"], event["to"])]}
    return {k: v for k, v in everything.items() if k in fields}
