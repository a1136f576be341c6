"""What a scripted Icinga 2 watches, and what it makes of queries and actions. Used by icinga.py. It must
never answer a question that the real one would not understand."""
import json
import threading
import time
import uuid

KINDS = {"hosts": "Host", "services": "Service", "comments": "Comment", "downtimes": "Downtime",
         "dependencies": "Dependency", "hostgroups": "HostGroup", "servicegroups": "ServiceGroup"}
NEVER = -1
USER, ACK = 1, 4


class Refused(Exception):
    def __init__(self, status, body):
        super().__init__(status)
        self.status, self.body = status, body


OF_HOST = {"address": "192.0.2.1", "last_state_up": 0}
OF_SERVICE = {"last_state_ok": 0}


def checkable(name, public):
    return {
        **(OF_SERVICE if "!" in name else OF_HOST), "__name": name, "display_name": name, "notes": "", "notes_url": "", "action_url": "",
        "groups": [], "vars": {"twicket_public": public} if public else None, "state": 0, "state_type": 1,
        "last_check": NEVER, "last_check_result": None, "last_hard_state": 0, "last_hard_state_change": 0,
        "last_state_change": 0, "last_reachable": True, "acknowledgement": 0,
        "acknowledgement_expiry": 0, "acknowledgement_last_change": 0, "downtime_depth": 0, "flapping": False,
        "check_attempt": 1, "max_check_attempts": 1, "volatile": False, "handled": False, "problem": False,
        "enable_notifications": True, "severity": 0,
    }


class World:
    def __init__(self, hosts):
        self.lock = threading.RLock()
        self.script, self.log, self.readers, self.forbidden = [], [], [], set()
        self.ends_at_once, self.password = False, None
        self.start = time.time()
        self.objects = {kind: {} for kind in KINDS}
        for host, services in hosts.items():
            self.objects["hosts"][host] = {**checkable(host, ""), "name": host}
            for service, public in services.items():
                self.objects["services"][f"{host}!{service}"] = {
                    **checkable(f"{host}!{service}", public), "name": service, "host_name": host}
        for kind, name in [(kind, name) for kind in ("hosts", "services") for name in self.objects[kind]]:
            self.result(kind, name, 0, "fine", False)

    def need(self, *rights):
        """Icinga does not say that something is forbidden."""
        if self.forbidden.intersection(rights):
            raise Refused(404, {"error": 404, "status": "The requested path could not be found or the request method "
                                                        "is not valid for this path."})

    def status(self):
        self.need("status/query")
        app = {"version": "r2.13.6-1", "program_start": self.start, "enable_notifications": True, "node_name": "fake",
               "pid": 1}
        return {"results": [{"name": "IcingaApplication", "perfdata": [], "status": {"icingaapplication": {"app": app}}}]}

    def query(self, kind, given):
        self.need(f"objects/query/{KINDS[kind]}")
        if unknown := set(given) - {"attrs", kind, kind[:-1], "joins", "meta"}:
            raise Refused(400, {"error": 400, "status": f"The fake does not know {unknown}"})
        names = given.get(kind) or ([given[kind[:-1]]] if kind[:-1] in given else list(self.objects[kind]))
        if any(name not in self.objects[kind] for name in names):
            raise Refused(404, {"error": 404, "status": "No objects found."})
        return {"results": [self.show(kind, name, given.get("attrs")) for name in names]}

    def show(self, kind, name, wanted):
        attrs = self.objects[kind][name]
        if wanted is not None:
            if unknown := [key for key in wanted if key not in attrs]:
                raise Refused(400, {"error": 400, "status": f"Invalid field specified: {unknown[0]}"})
            attrs = {key: attrs[key] for key in wanted}
        return {"name": name, "type": KINDS[kind], "attrs": attrs, "joins": {}, "meta": {}}

    # --- what happens ---------------------------------------------------------------

    def tell(self, kind, **event):
        line = json.dumps({"type": kind, "timestamp": time.time(), **event}) + "\n"
        for reader in self.readers:
            reader.put(line)

    def result(self, kind, name, state, output, is_soft):
        attrs, now = self.objects[kind][name], time.time()
        changed = attrs["state"] != state or attrs["last_check"] == NEVER
        if changed:
            attrs["last_state_change"] = now
        if not is_soft and (changed or attrs["state_type"] == 0):
            attrs["last_hard_state_change"] = now
        attrs.update(state=state, state_type=0 if is_soft else 1, last_check=now,
                     last_check_result={"output": output, "state": state, "type": "CheckResult"})
        if not is_soft:
            attrs["last_hard_state"] = state
        if not state:
            attrs["last_state_ok" if kind == "services" else "last_state_up"] = now
            self.unacknowledge(name)
        return changed

    def checkable(self, given):
        kind = "services" if given.get("service") else "hosts"
        name = given["service"] if kind == "services" else given.get("host", "")
        if name not in self.objects[kind]:
            raise Refused(404, {"error": 404, "status": "No objects found."})
        return kind, name

    def comment(self, name, author, text, entry_type):
        host, _, service = name.partition("!")
        full = f"{name}!{uuid.uuid4()}"
        self.objects["comments"][full] = {
            "__name": full, "name": full.rpartition("!")[2], "host_name": host, "service_name": service, "author": author,
            "text": text, "entry_type": entry_type, "entry_time": time.time(), "expire_time": 0, "persistent": False,
            "sticky": False, "legacy_id": len(self.objects["comments"]) + 1}
        self.tell("CommentAdded", comment=self.objects["comments"][full])
        return full

    def unacknowledge(self, name):
        attrs = self.objects["services" if "!" in name else "hosts"][name]
        was, attrs["acknowledgement"] = attrs["acknowledgement"], 0
        attrs["acknowledgement_expiry"] = 0
        comments = self.objects["comments"]
        for full in [k for k in comments if k.startswith(name + "!") and comments[k]["entry_type"] == ACK]:
            del comments[full]
        return was

    def acknowledge(self, kind, name, given):
        attrs = self.objects[kind][name]
        if not attrs["state"]:
            word = "UP" if kind == "hosts" else "OK"
            return 409, f"{KINDS[kind]} {name} is {word}."
        if attrs["acknowledgement"]:
            return 409, f"{KINDS[kind]} {name} is already acknowledged."
        attrs.update(acknowledgement=2 if given.get("sticky") else 1, acknowledgement_last_change=time.time(),
                     acknowledgement_expiry=given.get("expiry", 0))
        self.comment(name, given["author"], given["comment"], ACK)
        host, _, service = name.partition("!")
        self.tell("AcknowledgementSet", host=host, service=service, author=given["author"], comment=given["comment"])
        return 200, f"Successfully acknowledged problem for object '{name}'."

    def action(self, what, given):
        """(HTTP status, body)"""
        self.need(f"actions/{what}")
        kind, name = self.checkable(given)
        more = {}
        if what == "acknowledge-problem":
            code, words = self.acknowledge(kind, name, given)
        elif what == "remove-acknowledgement":
            self.unacknowledge(name)
            code, words = 200, f"Successfully removed acknowledgement for object '{name}'."
        elif what == "add-comment":
            full = self.comment(name, given["author"], given["comment"], USER)
            code, words = 200, f"Successfully added comment '{full}' for object '{name}'."
            more = {"name": full, "legacy_id": self.objects["comments"][full]["legacy_id"]}
        else:
            raise Refused(404, {"error": 404, "status": f"Action '{what}' does not exist."})
        return code, {"results": [{"code": code, "status": words, **more}]}

    # --- what the test wants -----------------------------------------------------------

    def end_streams(self):
        for reader in self.readers:
            reader.put(None)
        self.readers.clear()

    def make(self, kind, name):
        """At run time; never checked. In the place of one that has that name."""
        more = {"host_name": name.partition("!")[0]} if kind == "services" else {}
        self.objects[kind][name] = {**checkable(name, ""), "name": name.rpartition("!")[2], **more}

    def control(self, word, given):
        """None: what is that?"""
        name = f"{given['host']}!{given['service']}" if given.get("service") else given.get("host", "")
        kind = "services" if given.get("service") else "hosts"
        if word in ("delete", "state", "ack", "unack") and name not in self.objects[kind]:
            raise Refused(404, {"status": f"no {name}"})
        if word == "world":
            return {"objects": self.objects, "readers": len(self.readers)}
        if word == "log":
            return self.log
        if word == "script":
            self.script += given["answers"]
        elif word == "unscript":
            self.script.clear()
        elif word == "forbid":
            self.forbidden = set(given["rights"])
        elif word == "start":
            self.start = time.time()
            self.end_streams()
        elif word == "state":
            if self.result(kind, name, given["state"], given["output"], given.get("soft")) and not given.get("quiet"):
                self.tell("StateChange", host=given["host"], service=given.get("service", ""), state=given["state"])
        elif word == "ack":
            self.acknowledge(kind, name, {"author": given["author"], "comment": given["text"], "sticky": True})
        elif word == "delete":
            for there in [kind_name for kind_name in self.objects[kind] if kind_name == name or kind_name.startswith(name + "!")]:
                del self.objects[kind][there]
        elif word == "password":
            self.password = given["password"]
        elif word == "make":
            self.make(kind, name)
        elif word == "unack":
            self.unacknowledge(name)
            self.tell("AcknowledgementCleared", host=given["host"], service=given.get("service", ""))
        elif word == "stream":
            self.ends_at_once = given.get("ends_at_once", self.ends_at_once)
            for line in given.get("lines", []):
                for reader in self.readers:
                    reader.put(line)
            if given.get("end") or self.ends_at_once:
                self.end_streams()
        else:
            return None
        return {}
