"""Holds requests and answers of the fake X against X's own OpenAPI documents.

Used by x.py when it was given --openapi; the documents are X's and not part of this tree. Needs
Debian's python3-jsonschema. It only notes: what it finds never changes an answer.
"""
import json
import re
import sys
import urllib.parse
from pathlib import Path

try:
    from jsonschema import Draft4Validator, FormatChecker
except ImportError:
    Draft4Validator = FormatChecker = None

DOCUMENTS = {"tweet": "x-openapi-2.166.json", "post": "x-openapi-2.167.json"}
# calls that the subsets lack, and the one that they are held against
ALIKE = [(r"/2/users/[0-9]+/tweets", "/2/users/{id}/mentions", {"exclude"}),
         (r"/2/tweets", "/2/users/{id}/mentions", {"ids"})]
# what the "data" of an answer is, in the older and the newer document
SHOWS = [(r"201 POST /2/tweets|200 GET /2/tweets.*|200 GET /2/users/[0-9]+/(mentions|tweets)", ("Tweet", "Post")),
         (r"200 GET .*/dm_events", ("DmEvent",)), (r"200 GET /2/users/(me|by/.*)", ("User",))]
DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def translate(node):
    """OpenAPI 3.0 to JSON Schema: nullable becomes a second type."""
    if isinstance(node, list):
        return [translate(n) for n in node]
    if not isinstance(node, dict):
        return node
    out = {k: translate(v) for k, v in node.items() if k not in ("example", "discriminator", "nullable")}
    if node.get("nullable") is True:
        return {"anyOf": [out, {"type": "null"}]}
    return out


class Document:
    """One OpenAPI document."""

    def __init__(self, path):
        self.raw = json.loads(path.read_text())
        self.components = translate(self.raw["components"])
        checker = FormatChecker(formats=())
        checker.checks("date-time")(lambda v: not isinstance(v, str) or bool(DATE_TIME.fullmatch(v)))
        checker.checks("int32")(lambda v: not isinstance(v, int) or -2**31 <= v < 2**31)
        self.checker = checker

    def faults(self, schema, value):
        """What is wrong with it, as words. Components stand beside, so that $ref finds them."""
        whole = {"components": self.components, "allOf": [translate(schema)]}
        return [f"{'.'.join(map(str, e.absolute_path)) or '$'}: {e.message[:200]}"
                for e in Draft4Validator(whole, format_checker=self.checker).iter_errors(value)]

    def operation(self, method, route):
        for path, operations in self.raw["paths"].items():
            pattern = re.sub(r"\\{\w+\\}", "([^/]+)", re.escape(path))
            match = re.fullmatch(pattern, route)
            if match and method.lower() in operations:
                names = re.findall(r"\{(\w+)\}", path)
                return operations[method.lower()], dict(zip(names, match.groups())), set()
        for pattern, path, more in ALIKE:
            if method == "GET" and re.fullmatch(pattern, route):
                return self.raw["paths"][path]["get"], {"id": "1"}, more
        return None, {}, set()

    def parameters(self, operation):
        for given in operation.get("parameters", []):
            if "$ref" in given:
                yield self.raw["components"]["parameters"][given["$ref"].rsplit("/", 1)[1]]
            else:
                yield given

    def properties(self, name):
        """Of a schema, by name; empty when there is none."""
        return set(self.raw["components"]["schemas"].get(name, {}).get("properties", {}))


def typed(schema, value):
    if schema.get("type") == "integer" and re.fullmatch(r"-?[0-9]+", value):
        return int(value)
    if schema.get("type") == "array":
        return value.split(",")
    return value


class Checker:
    """Collects violations: {"where", "call", "what"}. Without a folder, or without jsonschema, nothing."""

    def __init__(self, folder, mode):
        self.violations, self.gaps, self.documents, self.checked = [], [], {}, 0
        if not folder:
            return
        if not Draft4Validator:
            print("x.py: python3-jsonschema is not installed: nothing is validated", file=sys.stderr)
            return
        for vocabulary, name in DOCUMENTS.items():
            path = Path(folder) / name
            if path.exists() and (mode in ("both", vocabulary) or vocabulary == "tweet"):
                self.documents[vocabulary] = Document(path)

    def note(self, where, call, faults):
        self.violations += [{"where": where, "call": call, "what": fault} for fault in faults]

    def request(self, vocabulary, method, path, raw):
        document = self.documents.get(vocabulary)
        url = urllib.parse.urlsplit(path)
        operation, found, more = document.operation(method, url.path) if document else (None, {}, set())
        if not operation:
            return
        self.checked += 1
        call = f"{method} {url.path}"
        self.query(document, operation, found, more, call, url.query)
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content:
            try:
                self.note("request body", call, document.faults(content["schema"], json.loads(raw)))
            except ValueError:
                self.note("request body", call, ["not JSON"])
        elif raw:
            self.note("request body", call, ["there should be none"])

    def query(self, document, operation, found, more, call, query):
        wanted = {p["name"]: p for p in document.parameters(operation)}
        given = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        for name, value in {**found, **given}.items():
            if name in more:
                continue
            if name not in wanted:
                self.note("query", call, [f"{name}: no such parameter"])
                continue
            value = typed(wanted[name]["schema"], value)
            self.note("query", call, [f"{name}: {fault}" for fault in document.faults(
                wanted[name]["schema"], self.without_gaps(document, name, value, call))])
        for name, parameter in wanted.items():
            if parameter.get("required") and name not in {**found, **given}:
                self.note("query", call, [f"{name}: is required"])

    def without_gaps(self, document, name, value, call):
        """2.167 lists some fields only as expansions, though its posts have them as their own
        (author_id, referenced_posts ...): asking for such a one is a gap, not a violation."""
        schema = {"post.fields": "Post", "dm_event.fields": "DmEvent"}.get(name)
        if not schema or not isinstance(value, list):
            return value
        listed = next(p for p in document.raw["components"]["parameters"].values() if p["name"] == name)
        gaps = [v for v in value if v in document.properties(schema) and v not in listed["schema"]["items"]["enum"]]
        self.gaps += [{"call": call, "what": f"{name}={v}"} for v in gaps]
        return [v for v in value if v not in gaps] or ["id"]

    def answer(self, vocabulary, method, path, status, body):
        document = self.documents.get(vocabulary)
        url = urllib.parse.urlsplit(path)
        operation, _, _ = document.operation(method, url.path) if document else (None, {}, set())
        if not operation:
            return
        call = f"{status} {method} {url.path}"
        if 200 <= status < 300:
            answers = operation["responses"]
            if str(status) not in answers:
                self.note("answer", call, [f"{status} is no status of this call"])
                return
            schema = answers[str(status)]["content"]["application/json"]["schema"]
            self.note("answer", call, document.faults(schema, body))
            self.unknown(document, call, body)
        else:
            self.problem(document, call, body)

    def unknown(self, document, call, body):
        """Fields that the document does not have: its schemas allow them, X does not send them."""
        for pattern, names in SHOWS:
            schema = next((document.properties(n) for n in names if document.properties(n)), set())
            if re.fullmatch(pattern, call):
                rows = body.get("data", [])
                for row in rows if isinstance(rows, list) else [rows]:
                    self.note("answer", call, [f"{names[-1]} has no {field}" for field in sorted(set(row) - schema)])

    def problem(self, document, call, body):
        """Against the schema of its type; types that 2.167 dropped against 2.166."""
        if not isinstance(body, dict):
            return
        if "type" not in body:
            errors = [f for e in body.get("errors", [body]) for f in document.faults(
                {"$ref": "#/components/schemas/Error"}, e)]
            self.note("answer", call, errors)
            return
        last = body["type"].rsplit("/", 1)[-1]
        for known in (document, self.documents.get("tweet")):
            mapping = known.raw["components"]["schemas"]["Problem"]["discriminator"]["mapping"] if known else {}
            for kind, target in mapping.items():
                if kind.rsplit("/", 1)[-1] == last:
                    self.note("answer", call, known.faults({"$ref": target}, body))
                    return
        self.note("answer", call, [f"problem: {n} is missing" for n in ("title", "type") if n not in body])

