"""The messages that the source can print, as docs/errors.md must name them. Called by docs.py.

A message is a format string that is handed to one of the functions below, with "…" for each of its
values. It must never skip a call that it cannot read: such a call is a message of its own.
"""

import re

CALL = re.compile(
    r"\b(err_set|config_fault|config_warning|config_unknown|log_warnx|cli_complain|cli_misused|auth_fail"
    r"|answer_error|check_complain|store_err|store_fail|log_error|\w*finish|\w*emit_notice|refuse|find|fault|fault_with)\s*\(")
STRING = r'"((?:\\.|[^"\\])*)"'
SPEC = re.compile(r"%[-+ #0]*(?:\*|\d+)?(?:\.(?:\*|\d+))?(?:hh|h|ll|l|z|j)?[diouxXcsgfp]")
ESCAPES = {r"\"": '"', r"\n": " ", r"\t": " ", r"\\": "\\"}
# a caller's name for itself, a result without trouble
OF_NO_MESSAGE = re.compile(r"RESULT_OK|POST_CANCELLED")
ONLY_IN = {"find": "agent/health.c", "refuse": "agent/source_module.c", "log_error": "module/neb.c",
           "fault": "agent/config_syntax.c", "fault_with": "agent/config_syntax.c"}

# files that put their messages together before they are handed on: each sentence in them is one
WHOLE = re.compile(
    r"agent/(cli_check_price|cli_verify|outbox_(money|thread|pause|settle|erase)|collector_(feed|metered)|people|core_locked)\.c"
    r"|module/family\.c"
    r"|notifiers/(mastodon_verify|mastodon_notifications|twitter_answer|twitter_collect|twitter_messages|twitter_post)\.c")
NO_SENTENCE = re.compile(r"\w=…|^[^a-z]*$|include|\.[ch]$")


def call_body(text, start):
    """What stands between the brackets of a call, strings skipped."""
    depth, at = 1, start
    token = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|[()]')
    while depth:
        found = token.search(text, at)
        if not found:
            return text[start:]
        depth += {"(": 1, ")": -1}.get(found.group(0), 0)
        at = found.end()
    return text[start : at - 1]


def normalised(text):
    for escape, plain in ESCAPES.items():
        text = text.replace(escape, plain)
    text = SPEC.sub("…", text.replace("%%", "\0")).replace("\0", "%")
    text = re.sub(r"(… ?)+…|…(?=…)", "…", text)
    return re.sub(r"\s+", " ", text).strip()


def literals(body):
    """(where, text) of each string, neighbours joined as the compiler does."""
    body = re.sub(r'%\d*"\s*PRI[a-zA-Z0-9]+(\s*")?', lambda m: "%d" + ("" if m.group(1) else '"'), body)
    for found in re.finditer(r'"(?:\\.|[^"\\\n])*"(?:\s*"(?:\\.|[^"\\\n])*")*', body):
        yield body.count("\n", 0, found.start()), "".join(re.findall(STRING, found.group(0)))


def is_message(text):
    """Words of a sentence, not a key, a format of one value, or a part that others complete."""
    return len(re.findall(r"[A-Za-z]{2,}", text)) >= 2 and " " in text and len(text) >= 8


def sentences(text):
    """(line, message) of each string that is no key, no format of keys, and has four words."""
    for line, literal in literals(text):
        message = normalised(literal)
        if len(re.findall(r"[A-Za-z]{2,}", message)) >= 4 and " " in message and not NO_SENTENCE.search(message):
            yield line + 1, message


def messages(name, text):
    """(line, message) of one source file; name is its path in the tree."""
    text = re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m.group(0)), text, flags=re.S)
    if WHOLE.match(name):
        yield from sentences(text)
    for call in CALL.finditer(text):
        if ONLY_IN.get(call.group(1), name) != name:
            continue
        body = call_body(text, call.end())
        if OF_NO_MESSAGE.search(body):
            continue
        line = text.count("\n", 0, call.start()) + 1
        for _, literal in literals(body):
            message = normalised(literal)
            if is_message(message):
                yield line, message
