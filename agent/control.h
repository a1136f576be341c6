/*
 * The control socket: how the CLI and health checks talk to the agent.
 *
 * run_dir/control.sock, a unix stream socket. One JSON object per line each way;
 * a request gets exactly one answer. A member of another type than below is refused,
 * and a string of more than 4,000 bytes. Everybody local may ask for "status" and is
 * not told what is quiet, nor why; all else is for root, the agent's own user and members of the
 * group "twicket".
 *
 *	{"do":"status"}
 *	{"do":"list", "closed":false, "since_ms":0}
 *	{"do":"show", "tag":"T7K2"}
 *	{"do":"reply", "tag":"T7K2", "words":"ack 2h disk full", "user":"root"}   answers within 30 s
 *	{"do":"queue"}   {"do":"queue", "retry":17}   {"do":"queue", "drop":17}
 *	{"do":"inventory"}   what is monitored, for `check`: answers within 10 s
 *	{"do":"login", "account":"status"}   `auth` stored a token
 *
 * By hand; also the intake for what other programs see. "user" as in reply, "text" may be "". The
 * answer comes when the store has it, before anything is posted.
 *	{"do":"open", "text":"…", "to":"public,operators", "name":"E-mail", "from_ms":0, "until_ms":0}
 *	  until_ms: a planned maintenance. Answers {"ok":true, "tag":"T7K2"}
 *	{"do":"close", "tag":"T7K2", "text":"…"}
 *	{"do":"retract", "tag":"T7K2", "text":"…", "delete":false}
 *	{"do":"quiet", "match":"host:db*", "until_ms":…, "text":"…"}   answers with its "id"
 *	{"do":"quiet", "list":true}   {"do":"quiet", "end":"17"}   end: an id, or a tag
 *	{"do":"pause", "name":"public", "text":"…"}   {"do":"resume", "name":"public"}   name: an audience or an
 *	  account, "audience:NAME", "account:NAME", "" = everything; the answer says which. A name with a
 *	  blank that is none is the text. Resume of an account that nobody paused tries it again at once.
 *
 * People and records:
 *	{"do":"people"}   {"do":"people", "revoke":"bob"}   {"do":"people", "restore":"bob"}
 *	{"do":"people", "enrol":"bob"}   answers with the code, which is told only here
 *	{"do":"audit", "since_ms":0}   newest last
 *	{"do":"report", "part":"incidents", "after":0, "from_ms":…, "until_ms":…, "month":202611}   a slice of what a month
 *	  was: ask again with after = "next" until that is 0; part: incidents, posts, replies, tickets, money
 *
 * Answers. Times are wall-clock milliseconds, 0 = never.
 *	{"ok":false, "error":"no incident T7K2"}  ("denied":true where it was a matter of rights)
 *	status: {"ok":true, "version":"0.1.0", "up_ms":…, "rss_kib":…, "wall_ms":now,
 *	  "nodes":[{"name":"mon1","connected":true,"since_ms":…,"core":"nagios 4.4.6","events":…,"lost":…,
 *	    "gaps":0,"lost_ms":0}],   all that the store knows; away: since_ms is since when; lost_ms: the last loss
 *	  "accounts":[{"name":"status","network":"mastodon","state":"ok","text":"","queued":0,"unsettled":0,
 *	    "oldest_ms":0,"last_post_ms":…,"last_tag":"T7K2","last_read_ms":…,"posts_day":4,"limit_day":100,
 *	    "posts_hour":1,"limit_hour":20,
 *	    "unsettled_ms":0,"sent":40,"dead":0,"dead_ms":0,"dead_tag":"","skew_ms":0,"poll_ms":15000,   sent, dead: in
 *	    the agent's life; dead: given up, the last one at dead_ms, of the incident dead_tag ("": of none);
 *	    skew: its network's clock minus ours; poll_ms 0: nobody can answer there
 *	    and where posts cost: "spent_micro":1240000,"limit_micro":20000000,"alone_until_ms":0,"may_read":true,
 *	    "idle":true}],   state: ok, paused, no login, trouble; micro USD; idle: nothing is read
 *	  "open":2,"acked":1,"problems":7,"adopted":0,"dropped":3,"store":"ok",
 *	  "quiet":[{"id":17,"match":"host:db*","text":"…","by":"root","since_ms":…,"until_ms":…},
 *	    {"tag":"T7K2","object":"db1/Postgres","until_ms":…}],
 *	  "paused":[{"audience":"public","account":"","text":"…","by":"root","since_ms":…}],
 *	  "refused":{"node":"mon3","why":"","at_ms":0},   the newest module that may not connect; why "": none
 *	  "denied":0,"submitted":0,   refusals within 10 min; commands that wait for the core
 *	  "replies":{"confirmed":12,…},"tickets":{"open":2,"waiting":0,"desk":true,"trouble":""}}
 *	list: {"ok":true,"incidents":[{"tag":"T7K2","since_ms":…,"until_ms":0,"object":"db1/Postgres","members":1,
 *	  "state":"CRITICAL","owner":"alice","open":true,"told":[{"audience":"public","names":["E-mail"]},
 *	  {"audience":"operators","names":[]}],
 *	  and where it is so: "by_hand":true,"maintenance":true,"major":true,"eta_ms":…,"quiet_ms":…,"from_ms":…,
 *	  "to_ms":…,"text":"…","known":"…","known_tag":"T9QM","parent":"T9QM"}]}
 *	show: {"ok":true,"incident":{as in list},"cost_micro":30000,"story":[{"at_ms":…,"kind":"event","text":"…"},
 *	  {"at_ms":…,"kind":"post","account":"noc","state":"sent","event":"problem","text":"…","url":"…","id":17,"late_ms":…,"reason":"",
 *	   "cost_micro":15000},
 *	  {"at_ms":…,"kind":"reply","account":"noc","who":"alice","text":"ack disk full","state":"confirmed","reason":""}]}
 *	reply: {"ok":true,"state":"confirmed","ms":4,"text":""}
 *	  state: confirmed, comment, status (text = the answer), done (text = what is so now), no effect, denied,
 *	  timeout
 *	queue: {"ok":true,"posts":[{"id":17,"account":"noc","tag":"T7K2","event":"problem","state":"retry",
 *	  "created_ms":…,"not_before_ms":…,"attempts":3,"reason":"…","text":"…",
 *	  "price_micro":15000}]}   nothing of money where nothing costs
 *	people: {"ok":true,"people":[{"name":"alice","role":"lead","match":"*","listed":true,"handles":[
 *	  {"network":"mastodon","handle":"alice@social.example.net","ids":[{"server":"social.example.net",
 *	  "id":"17","pinned_ms":…,"proven_ms":0,"disabled":false}]}],"revoked_ms":0,"revoked_by":"",
 *	  "code_until_ms":0,"held":["T7K2"],"confirmed":["T7K2"]}]}   held: their fixes; confirmed: what
 *	  they said before the monitoring did; listed: false: revoked, and no longer in the configuration
 *	  enrol: {"ok":true,"code":"7K2BCDFGHJ","until_ms":…}
 *	audit: {"ok":true,"audit":[{"at_ms":…,"actor":"alice","action":"ack","object":"T7K2:r123",
 *	  "via":"alice@social.example.net","result":"confirmed"}],"cut":false}   cut: there are older ones
 *	report: {"ok":true,"next":0, and by part, times in seconds, spans [from,to], to 0 = still:
 *	  "incidents":[{"tag":"T7K2","object":"db1/Postgres","begun_s":…,"until_s":0,"told_s":…,"acked_s":…,
 *	    "acked_by":"reply","times":1,"posts":2,"reports":0,"confirmed":0,"bad":[[…,…]],"public":[[…,…]],"work":[],
 *	    "names":["E-mail"],"flaps":[["db1/Postgres",…,…]], and where it is so: "is_told":true,
 *	    "is_public":true,"major":true,"by_hand":true,"maintenance":true,"retracted":true}]
 *	  posts: "said":7,"answers":2   replies: "verbs":{"ack":3},"denied":0,"no_effect":0,"others":1
 *	  tickets: "opened":2,"answered":1,"closed":1   money: "accounts":[{"account":"status_x","posts":3,
 *	    "posts_micro":45000,"reads":1,"reads_micro":5000}]}   micro USD, of the month in UTC
 *	inventory: {"ok":true,"nodes":["mon1"],"objects":[{"node":"mon1","host":"mx1","service":"SMTP",
 *	  "pairs":["display","Mail", …]}]}   pairs as in common/event.h
 */
#ifndef TWICKET_CONTROL_H
#define TWICKET_CONTROL_H

#include "common/err.h"
#include "common/now.h"

#include <curl/curl.h>
#include <stdbool.h>

struct control;
struct core;
struct sources;

/* Listens on path (mode 0666, the peers are told apart by SO_PEERCRED). */
struct control *control_create(const char *path, struct core *core, struct sources *sources, struct err *err);
void control_destroy(struct control *c); /* NULL is fine; removes the socket */

/* Writes metrics_file, when it is time to: agent.c's loop turns at least every METRICS_MS. */
#define METRICS_MS 15000
void control_metrics(struct control *c, const struct now *now);

/* Adds its descriptors to fds; returns how many. */
unsigned control_fds(struct control *c, struct curl_waitfd *fds, unsigned max);
/* Serves what is ready; accepts, reads, answers. */
void control_ready(struct control *c, const struct now *now);
/* Nobody is connected: control_ready() has nothing to do before a descriptor of it is ready. */
bool control_is_idle(const struct control *c);

/* For core_env.local_done: answers the client that holds this ticket. */
struct reply_row;
void control_reply_done(struct control *c, void *ticket, const struct reply_row *reply, const struct now *now);

#endif
