"""What the fake X counts: what each call costs, the credit that is left, and how many calls are free.

Used by x_api.py and the handler of x.py. Amounts are integers, millionths of a US dollar.
"""

PRICES = {
    "post": 15000,          # a post of one's own, replies to oneself included
    "post with url": 200000,
    "summoned reply": 10000,
    "delete": 10000,
    "message": 15000,
    "post read": 5000,
    "owned read": 1000,
    "user read": 10000,
    "message read": 10000,
}
# endpoint: limits of a user and of an app, (requests, seconds)
MINUTES_15, DAY = 900, 86400
LIMITS = {
    "POST /2/tweets": {"user": (100, MINUTES_15), "app-day": (10000, DAY)},
    "DELETE /2/tweets/:id": {"user": (50, MINUTES_15)},
    "GET /2/tweets/:id": {"user": (900, MINUTES_15), "app": (450, MINUTES_15)},
    "GET /2/tweets": {"user": (5000, MINUTES_15), "app": (3500, MINUTES_15)},
    "GET /2/users/:id/mentions": {"user": (300, MINUTES_15), "app": (450, MINUTES_15)},
    "GET /2/users/:id/tweets": {"user": (900, MINUTES_15), "app": (10000, MINUTES_15)},
    "GET /2/users/me": {"user": (75, MINUTES_15)},
    "GET /2/users/by/username/:username": {"user": (900, MINUTES_15), "app": (300, MINUTES_15)},
    "POST /2/dm_conversations/with/:id/messages": {"user": (15, MINUTES_15), "user-day": (1440, DAY),
                                                   "app-day": (1440, DAY)},
    "GET /2/dm_conversations/with/:id/dm_events": {"user": (15, MINUTES_15)},
    "GET /2/dm_events": {"user": (15, MINUTES_15)},
    "GET /2/usage/tweets": {"app": (50, MINUTES_15)},
}


class Bill:
    """Every charge as a line. What was read twice on one UTC day is charged once."""

    def __init__(self):
        self.lines, self.seen, self.posts_read = [], set(), {}

    def charge(self, endpoint, resource, micro, now, app, ident=None):
        """ident: of what was read; None for what was done. Returns what it cost."""
        day = int(now // DAY)
        if ident is not None:
            key = (app, resource.removeprefix("owned ").removeprefix("post "), ident, day)
            if key in self.seen:
                return 0
            self.seen.add(key)
            if resource in ("post read", "owned read"):
                self.posts_read[day] = self.posts_read.get(day, 0) + 1
        self.lines.append({"endpoint": endpoint, "resource": resource, "micro": micro, "id": ident or "",
                           "day": day, "app": app})
        return micro

    def total(self):
        return sum(line["micro"] for line in self.lines)

    def show(self):
        kinds = {}
        for line in self.lines:
            kind = kinds.setdefault(line["resource"], {"count": 0, "micro": 0})
            kind["count"] += 1
            kind["micro"] += line["micro"]
        return {"micro": self.total(), "usd": f"{self.total() / 1e6:.6f}", "by": kinds, "lines": self.lines}


class Limits:
    """Windows that begin with their first request, as X's do."""

    def __init__(self):
        self.windows, self.table = {}, dict(LIMITS)

    def count(self, endpoint, user, app, now):
        """Counts one request. Returns (headers, refused)."""
        headers, refused = [], False
        for scope, (most, seconds) in sorted(self.table.get(endpoint, {}).items()):
            if scope == "user" and user is None or scope == "app" and user is not None:
                continue
            if scope == "user-day" and user is None:
                continue
            key = (endpoint, scope, user if scope.startswith("user") else app)
            began, used = self.windows.get(key, (now, 0))
            if now >= began + seconds:
                began, used = now, 0
            over = used >= most
            self.windows[key] = (began, used if over else used + 1)
            left, reset = most - self.windows[key][1], int(began + seconds)
            if scope in ("user", "app"):
                headers += limit_headers("x-rate-limit", most, left, reset)
            elif over or scope == "user-day":
                headers += limit_headers(f"x-{scope.removesuffix('-day')}-limit-24hour", most, left, reset)
            refused = refused or over
        return headers, refused


def limit_headers(name, most, left, reset):
    return [(f"{name}-limit", str(most)), (f"{name}-remaining", str(left)), (f"{name}-reset", str(reset))]
