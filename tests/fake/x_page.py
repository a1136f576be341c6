"""The fake X as a person sees it: GET / shows the status account's posts as threads with replies.

Used by x.py. Everything from posts is escaped; no script, nothing from outside.
"""
import html
import time

from x_text import links

STYLE = """body{font:16px/1.4 system-ui,sans-serif;margin:0 auto;max-width:38em;padding:.5em 1em;
color:#111;background:#fff}
header{border-bottom:1px solid #ccc;margin-bottom:1em}h1{font-size:1.2em;margin:.3em 0}
article{margin:.6em 0;padding:.5em .8em;border:1px solid #ddd;border-radius:.6em;overflow-wrap:anywhere}
article p{margin:.3em 0;white-space:pre-wrap}.who{font-weight:600}.at,.cost{color:#666;font-size:.85em}
.replies{margin-left:1em;border-left:3px solid #ddd;padding-left:.6em}.other{background:#f4f7fb}"""


def render(text):
    """Escaped, with links shown as such and not followed."""
    out, at = "", 0
    for start, end in links(text):
        out += html.escape(text[at:start]) + f"<u>{html.escape(text[start:end])}</u>"
        at = end
    return out + html.escape(text[at:])


def article(world, post):
    user = world.users[post["user"]]
    other = "" if post["user"] == world.account else ' class="other"'
    edited = " · edited" if len(post["history"]) > 1 else ""
    return f'<article id="p{post["id"]}"{other}><span class="who">{html.escape(user["name"])}</span> ' \
           f'<span class="at">@{html.escape(user["username"])} · ' \
           f'<a href="/i/status/{post["id"]}">{time.strftime("%d %b %H:%M:%S", time.localtime(post["at"]))}</a>' \
           f'{edited}</span><p>{render(post["note"] or post["text"])}</p></article>'


def thread(world, post, children, depth=0):
    """A post with what stands under it; deep threads do not move further to the right."""
    out = article(world, post)
    inner = "".join(thread(world, child, children, depth + 1) for child in children.get(post["id"], []))
    if not inner:
        return out
    return out + (f'<div class="replies">{inner}</div>' if depth < 3 else inner)


def show(world, ident=None):
    """The page; ident: only the thread of this post."""
    posts = [p for p in world.posts.values() if not p["deleted"] and world.is_latest(p)]
    known = {i: p["id"] for p in posts for i in p["history"]}
    children, roots = {}, []
    for post in sorted(posts, key=lambda p: int(p["id"])):
        parent = known.get(world.parent_of(post))
        if parent:
            children.setdefault(parent, []).append(post)
        else:
            roots.append(post)
    one = world.posts.get(ident)
    if one:
        roots = [p for p in roots if p["root"] == one["root"]]
    else:
        roots = [p for p in roots if p["user"] == world.account or world.account in p["mentions"]]
    body = "".join(thread(world, root, children) for root in reversed(roots)) or "<p>Nothing posted yet.</p>"
    name = html.escape(world.users[world.account]["username"])
    return f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" ' \
           f'content="width=device-width, initial-scale=1"><title>@{name}</title><style>{STYLE}</style>' \
           f'<header><h1>@{name}</h1><p class="cost">A stand-in for X on this machine. Billed so far: ' \
           f'{world.bill.total() / 1e6:.3f} USD</p></header><main>{body}</main></html>'
