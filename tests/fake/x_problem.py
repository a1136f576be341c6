"""The error answers of the fake X, in X's own words, by name.

Used by the x_*.py of this folder, and by tests through /_fake/script {"problem": NAME}. Shapes
are those of X's documents and of answers that people quoted; nothing here was seen live.
"""

PROBLEMS = "https://api.{host}.com/2/problems/"


class Refused(Exception):
    """An error answer of the API."""

    def __init__(self, status, body, headers=()):
        super().__init__(status, body)
        self.status, self.body, self.headers = status, body, list(headers)


def about_blank(status, title, detail):
    return status, {"title": title, "type": "about:blank", "status": status, "detail": detail}


def forbidden(detail):
    return about_blank(403, "Forbidden", detail)


# name: (status, body); a type that begins with / is made whole by problem()
TABLE = {
    "unauthorized": about_blank(401, "Unauthorized", "Unauthorized"),
    "credits": (402, {"account_id": 1500000000000000099, "title": "CreditsDepleted", "type": "/credits",
                      "detail": "Your enrolled account [1500000000000000099] does not have any credits "
                                "to fulfill this request."}),
    "duplicate": forbidden("You are not allowed to create a Tweet with duplicate content."),
    "too-long": about_blank(400, "Invalid Request", "Your Tweet text is too long. For more information on how Twitter "
                            "determines text length see https://github.com/twitter/twitter-text."),
    "reply": (403, {"title": "Forbidden", "status": 403, "type": "/not-authorized-for-resource",
                    "detail": "You can only reply to or quote posts where you are mentioned or are the author.",
                    "value": "", "resource_id": "", "resource_type": "tweet", "section": "data",
                    "parameter": "reply.in_reply_to_tweet_id"}),
    "reply-old": forbidden("Reply to this conversation is not allowed because you have not been mentioned or "
                           "otherwise engaged by the author of the post you are replying to."),
    "parent-gone": forbidden("You attempted to reply to a Tweet that is deleted or not visible to you."),
    "client-forbidden": (403, {"title": "Client Forbidden", "type": "/client-forbidden", "status": 403,
                               "reason": "client-not-enrolled", "client_id": "33000001",
                               "required_enrollment": "Appropriate Level of API Access",
                               "registration_url": "https://developer.x.com/en/docs/projects/overview",
                               "detail": "When authenticating requests to the Twitter API v2 endpoints, you must use "
                                         "keys and tokens from a Twitter developer App that is attached to a Project. "
                                         "You can create a project via the developer portal."}),
    "oauth1-permissions": (403, {"title": "Forbidden", "type": "/oauth1-permissions", "status": 403,
                                 "detail": "Your client app is not configured with the appropriate oauth1 app "
                                           "permissions for this endpoint."}),
    "suspended": forbidden("Your account is suspended and is not permitted to access this feature."),
    "forbidden": forbidden("Forbidden"),
    "not-permitted": forbidden("You are not permitted to perform this action."),
    "locked": forbidden("To protect our users from spam and other malicious activity, this account is temporarily "
                        "locked. Please log in to https://x.com to unlock your account."),
    "daily-limit": forbidden("User is over daily status update limit."),
    "cashtags": forbidden("You are not permitted to create a Post with more than one cashtag."),
    "dm": forbidden("You do not have permission to DM one or more participants."),
    "delete-other": forbidden("You are not authorized to delete this Tweet."),
    "app-only": (403, {"title": "Unsupported Authentication", "type": "/unsupported-authentication", "status": 403,
                       "detail": "Authenticating with OAuth 2.0 Application-Only is forbidden for this endpoint.  "
                                 "Supported authentication types are [OAuth 1.0a User Context, OAuth 2.0 User "
                                 "Context]."}),
    "user-context": (403, {"title": "Unsupported Authentication", "type": "/unsupported-authentication",
                           "status": 403, "detail": "Authenticating with OAuth 1.0a User Context is forbidden for "
                                                    "this endpoint.  Supported authentication types are [OAuth 2.0 "
                                                    "Application-Only]."}),
    "not-found": about_blank(404, "Not Found", "Not Found"),
    "post-gone": (404, {"title": "Not Found Error", "type": "/resource-not-found", "status": 404,
                        "detail": "Could not find tweet with id: [0].", "resource_type": "tweet",
                        "resource_id": "0", "parameter": "id", "value": "0"}),
    "rate-limit": about_blank(429, "Too Many Requests", "Too Many Requests"),
    "rate-limit-88": (429, {"errors": [{"code": 88, "message": "Rate limit exceeded"}]}),
    "rate-limit-problem": (429, {"title": "Too Many Requests", "type": "/rate-limit-exceeded", "status": 429,
                                 "detail": "Rate limit exceeded"}),
    "usage-capped": (429, {"title": "UsageCapExceeded", "type": "/usage-capped", "status": 429,
                           "detail": "Usage cap exceeded: Monthly product cap", "period": "Monthly",
                           "scope": "Product", "account_id": 1500000000000000099, "product_name": "pay-per-use"}),
    "server-error": about_blank(500, "Internal Server Error", "Something is broken. Please post to the forum."),
    "unavailable": about_blank(503, "Service Unavailable", "Service Unavailable"),
    "over-capacity": (503, {"errors": [{"code": 130, "message": "Over capacity"}]}),
    "html": (502, "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center>"
                  "<hr><center>cloudflare</center></body></html>"),
    "partial": (200, {"errors": [{"title": "Not Found Error", "type": "/resource-not-found",
                                  "detail": "Could not find tweet with id: [0].", "resource_type": "tweet",
                                  "resource_id": "0", "parameter": "id", "value": "0"}]}),
}


def whole(body, vocabulary):
    """Types get the host of the vocabulary: api.twitter.com before the rename, api.x.com after."""
    if isinstance(body, list):
        return [whole(b, vocabulary) for b in body]
    if not isinstance(body, dict):
        return body
    out = {k: whole(v, vocabulary) if k == "errors" else v for k, v in body.items()}
    if str(out.get("type", "")).startswith("/"):
        out["type"] = PROBLEMS.format(host="x" if vocabulary == "post" else "twitter") + out["type"][1:]
    return out


def refuse(name, vocabulary="tweet", **more):
    """The named answer as an exception; more replaces parts of its body."""
    status, body = TABLE[name]
    return Refused(status, {**whole(body, vocabulary), **more})


def invalid(message, parameters=None, vocabulary="tweet"):
    """400 with what was wrong."""
    return Refused(400, whole({"errors": [{"parameters": parameters or {}, "message": message}],
                               "title": "Invalid Request", "type": "/invalid-request",
                               "detail": "One or more parameters to your request was invalid."}, vocabulary))


def missing(kind, parameter, value, vocabulary="tweet"):
    """The error that stands in a 200 for something that is not there."""
    what = "username" if parameter in ("username", "usernames") else "id"
    return whole({"value": value, "detail": f"Could not find {kind} with {what}: [{value}].",
                  "title": "Not Found Error", "resource_type": kind, "parameter": parameter,
                  "resource_id": value, "type": "/resource-not-found"}, vocabulary)


def not_visible(kind, parameter, value, vocabulary="tweet"):
    return whole({"value": value, "detail": f"Sorry, you are not authorized to see the {kind} with {parameter}: "
                  f"[{value}].", "title": "Authorization Error", "section": "data",
                  "resource_type": kind.lower(), "parameter": parameter, "resource_id": value,
                  "type": "/not-authorized-for-resource"}, vocabulary)
