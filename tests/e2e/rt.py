"""A real Request Tracker 5: SQLite, one process, everything in the test's folder.

Started by the rig as an ordinary user on a free loopback port, with a queue "Support", twicket's own
user with a token and no more rights than README names, Anna, who works at the desk, and Mallory, who does not.
It must never send mail: what it would send is appended to mail.txt.
"""

import json
import re
import secrets
import urllib.error
import urllib.request
from pathlib import Path

from proc import Process, free_port, port_open, run_as

SETUP = "/usr/sbin/rt-setup-database-5"
SERVER = "/usr/share/request-tracker5/libexec/rt-server"

SITE = """
Set($rtname, 'desk.test');
Set($Organization, 'desk.test');
Set($DatabaseType, 'SQLite');
Set($DatabaseName, '{dir}/rt.sqlite');
Set($WebDomain, '127.0.0.1');
Set($WebPort, {port});
Set($WebSessionClass, 'Apache::Session::File');
Set($MasonDataDir, '{dir}/mason');
Set($MasonSessionDir, '{dir}/sessions');
Set($CorrespondAddress, 'desk@desk.test');
Set($CommentAddress, 'desk-internal@desk.test');
Set($MailCommand, 'sendmailpipe');
Set($SendmailPath, '{dir}/sendmail');
Set($LogToSyslog, undef);
Set($LogToSTDERR, 'warning');
Set($LogToFile, undef);
1;
"""

# prints "TOKEN user token" for each
PEOPLE = r"""
use lib '/usr/share/request-tracker5/lib';
use RT -init;
sub must { my ($ok, $why) = @_; die "$why\n" unless $ok; return $ok }
my $queue = RT::Queue->new(RT->SystemUser);
must($queue->Create(Name => 'Support'));
my $closed = RT::Queue->new(RT->SystemUser);
must($closed->Create(Name => 'Closed'));
my %rights = (
    twicket => [qw(SeeQueue CreateTicket ShowTicket ShowTicketComments CommentOnTicket ReplyToTicket)],
    anna => [qw(SeeQueue ShowTicket ShowTicketComments CommentOnTicket ReplyToTicket ModifyTicket OwnTicket)],
    mallory => [qw(SeeQueue CreateTicket ShowTicket ReplyToTicket)], # as everybody has who may mail
);
for my $name (sort keys %rights) {
    my $user = RT::User->new(RT->SystemUser);
    must($user->Create(Name => $name, Password => $ENV{RT_PASSWORD}, EmailAddress => "$name\@desk.test", RealName => ucfirst $name,
        Privileged => $name eq 'mallory' ? 0 : 1));
    must($user->PrincipalObj->GrantRight(Object => $queue, Right => $_)) for @{$rights{$name}};
    my $token = RT::AuthToken->new(RT->SystemUser);
    my ($ok, $why, $text) = $token->Create(Owner => $user->id, Description => 'test');
    must($ok, $why);
    print "TOKEN $name $text\n";
}
"""


def missing():
    """Why there can be none, "" when there can."""
    return "" if Path(SETUP).exists() and Path(SERVER).exists() else "no request-tracker5"


class Rt:
    """url and tokens; call() speaks REST2 as one of them."""

    queue = "Support"

    def __init__(self, place):
        self.place = place
        self.port = free_port()
        self.root = f"http://127.0.0.1:{self.port}"
        self.url = f"{self.root}/REST/2.0"
        self.dir = place.folder("rt")
        place.folder("rt/sessions")
        place.folder("rt/mason")
        place.write("rt/site.pm", SITE.format(dir=self.dir, port=self.port))
        sendmail = place.write("rt/sendmail", f"#!/bin/sh\nexec cat >>{self.dir}/mail.txt\n")
        sendmail.chmod(0o755)
        self.env = {"RT_SITE_CONFIG": str(self.dir / "site.pm"), "RT_SITE_CONFIG_DIR": str(self.dir / "none")}
        self.tokens = {}
        self.password = secrets.token_hex(8)  # of both
        self.process = None

    def start(self):
        run_as(self.place, [SETUP, "--action", "init", "--skip-create"], seconds=120, env=self.env)
        said = run_as(self.place, ["perl", "-e", PEOPLE], seconds=60,
                      env={**self.env, "RT_PASSWORD": self.password}).stdout
        self.tokens = dict(re.findall(r"^TOKEN (\S+) (\S+)$", said, re.M))
        self.listen()
        return self

    def listen(self):
        env = [f"{name}={value}" for name, value in self.env.items()]
        server = [SERVER, "--server", "HTTP::Server::PSGI", "--host", "127.0.0.1", "--port", self.port]
        self.process = Process(self.place, "rt-out", ["env", *env, *server])
        self.process.wait_ready("RT listens", lambda: port_open(self.port), 60)

    def stop(self):
        if self.process:
            self.process.stop(15)

    def call(self, user, method, path, body=None):
        """(status, JSON)"""
        data = None if body is None else json.dumps(body).encode()
        head = {"Authorization": f"token {self.tokens[user]}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data, head, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as e:
            return e.code, e.read().decode(errors="replace")

    def ticket(self, number):
        status, ticket = self.call("anna", "GET", f"/ticket/{number}")
        assert status == 200, ticket
        return ticket

    def texts(self, number):
        """[(type, creator, text)] of what was written into a ticket."""
        found = []
        _, history = self.call("anna", "GET", f"/ticket/{number}/history?fields=Type,Creator&per_page=100")
        for txn in history["items"]:
            if txn["Type"] in ("Create", "Comment", "Correspond"):
                text = ""
                _, parts = self.call("anna", "GET", f"/transaction/{txn['id']}/attachments?fields=ContentType,Content")
                for part in parts["items"]:
                    if part["ContentType"].startswith("text/"):
                        text += part["Content"]  # in lists RT 5.0.3 has it as it is, not in base64
                found.append((txn["Type"], txn["Creator"]["id"], text))
        return found

    def mails(self):
        path = self.dir / "mail.txt"
        return path.read_text(errors="replace") if path.exists() else ""
