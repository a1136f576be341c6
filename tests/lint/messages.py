"""The messages that the source can print, as docs/errors.md must name them. Called by docs.py.

A message is a format string that is handed to one of the functions below, with "…" for each of its
values. It must never skip a call that it cannot read: such a call is a message of its own.
"""

import re

CALL = re.compile(
    r"\b(err_set|config_fault|config_warning|config_unknown|log_warnx|cli_complain|cli_misused|auth_fail"
    r"|answer_error|check_complain|store_err|store_fail|log_error|\w*finish|refuse|find|fault|fault_with)\s*\(")
STRING = r'"((?:\\.|[^"\\])*)"'
LITERAL = re.compile(rf"{STRING}(?:\s*(?:PRI\w+\s*|[A-Z_]+\s+(?=\")\s*)?{STRING})*")
SPEC = re.compile(r"%[-+ #0]*(?:\*|\d+)?(?:\.(?:\*|\d+))?(?:hh|h|ll|l|z|j)?[diouxXcsgfp]")
ESCAPES = {r"\"": '"', r"\n": " ", r"\t": " ", r"\\": "\\"}
# a caller's name for itself, a result without trouble
OF_NO_MESSAGE = re.compile(r"RESULT_OK|POST_CANCELLED")
ONLY_IN = {"find": "agent/health.c", "refuse": "agent/source_module.c", "log_error": "module/neb.c",
           "fault": "agent/config_syntax.c", "fault_with": "agent/config_syntax.c"}


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
    text = re.sub(r'%"\s*PRI\w+\s*"', "%d", text)
    for escape, plain in ESCAPES.items():
        text = text.replace(escape, plain)
    text = SPEC.sub("…", text.replace("%%", "\0")).replace("\0", "%")
    text = re.sub(r"(… ?)+…|…(?=…)", "…", text)
    return re.sub(r"\s+", " ", text).strip()


def literals(body):
    """Each string of a call, neighbours joined as the compiler does."""
    body = re.sub(r'%"\s*PRI[a-zA-Z0-9]+(\s*")?', lambda m: "%d" + ("" if m.group(1) else '"'), body)
    for found in re.finditer(r'"(?:\\.|[^"\\])*"(?:\s*"(?:\\.|[^"\\])*")*', body):
        yield "".join(re.findall(STRING, found.group(0)))


def is_message(text):
    """Words of a sentence, not a key, a format of one value, or a part that others complete."""
    return len(re.findall(r"[A-Za-z]{2,}", text)) >= 2 and " " in text and len(text) >= 8


def messages(name, text):
    """(line, message) of one source file; name is its path in the tree."""
    text = re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m.group(0)), text, flags=re.S)
    for call in CALL.finditer(text):
        if ONLY_IN.get(call.group(1), name) != name:
            continue
        body = call_body(text, call.end())
        if OF_NO_MESSAGE.search(body):
            continue
        line = text.count("\n", 0, call.start()) + 1
        for literal in literals(body):
            message = normalised(literal)
            if is_message(message):
                yield line, message
