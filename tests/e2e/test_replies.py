"""Every command of SPEC 5.2 on snac and on the loopback X, in the thread and in private, into a real core.

The table says what is written, what the core then has, and what is read by whom (SPEC 3 rows 50-54, 58, 63).
"""

import pytest

from talk import (STAR, Step, acked, acked_with, checked, commented, in_downtime, no_downtime, not_acked, still_acked, untouched, things_of)

WORKING = "We are working on it"

# One reply each; h00 is the one that others speak of
ONCE = [
    [Step("any other words", commented("any other words"), private=STAR, public="disruption since")],
    [Step("ack", acked_with("ack"), private=STAR, public=WORKING)],
    [Step("ack disk full", acked_with("disk full"), private=STAR, public=WORKING, lines="“disk full”")],
    [Step("ack 2h disk full", acked_with("disk full"), private=STAR, public=WORKING, lines="ack ends")],
    [Step("ack until 18:00", acked, private=STAR, public=WORKING, lines="ack ends 18:00")],
    [Step("ack 30", untouched, private="“30m”? A duration needs its unit", public="A duration needs its unit")],
    [Step("take", acked_with("ack"), private="yours now", public="Yours now")],
    [Step("unack", untouched, private="nobody has acknowledged it", public="Nobody has acknowledged it")],
    [Step("note: look at the fan", commented("look at the fan"), private=STAR, public="disruption since")],
    [Step("dt 30m new kernel", in_downtime(1800), private="in downtime until", public="In downtime until")],
    [Step("downtime 3h", untouched, private="more downtime than your role", public="more downtime than your role", who="olga")],
    [Step("downtime cancel", untouched, private="none of its downtimes was made by a reply", public="None of its downtimes")],
    [Step("quiet 1h", untouched, private=STAR, public="Quiet until")],
    [Step("recheck", checked, private=(STAR, "checked: CRITICAL: still refused"), public="It was checked just now")],
    [Step("?", untouched, private="CRITICAL since", public="disruption since")],
    [Step("last?", untouched, private="nothing like it is known", public="Please ask that in a private message")],
    [Step("fixed: a new cable", checked, private=(STAR, "still CRITICAL: still refused"), public=("Noted, for the next time",))],
    [Step("say: A truck hit the pole.", untouched, private="said in public", public="Said in public",
          told="A truck hit the pole.", lines="")],
    [Step("eta 2h", untouched, private=STAR, public="Noted: expected by", lines="end expected by")],
    [Step("major", untouched, private="a major incident now", public="It is a major incident now", lines="now a major incident")],
    [Step("known: the old client", untouched, private=STAR, public="Noted as a known error", lines="“the old client”")],
    [Step("known {other}", untouched, private=STAR, public="Noted as a known error", lines="known error #")],
    [Step("part of {other}", untouched, private="now part of #", public="Now part of #", lines="is part of")],
    [Step("ticket INC123", untouched, private=STAR, public="Noted.")],
    [Step("undo", untouched, private="no command of yours", public="no command of yours")],
    [Step("help", untouched, private="ack, ack 2h, ack all, unack, take", public="Please ask that in a private message")],
    [Step("endorse", untouched, private="answer “endorse” to the reply that helped", public="Please answer “endorse”")],
    [Step("say: I may not", untouched, refused="say", who="olga")],
    [Step("ack", untouched, refused="ack", who="carl")],
]


# One after the other under one post; the next is written when the one before has done all that it should.
# X does not say the same twice in a minute to the same person.
IN_TURN = [
    [Step("any other words", commented("any other words"), private=STAR, public="disruption since")],
    [Step("ack", acked, private=STAR, public=WORKING),
     Step("unack", not_acked, private=STAR, public="disruption since", lines="nobody has it")],
    [Step("ack", acked, private=STAR, public=WORKING, who="another"),
     Step("take", acked, private="yours now, had been lead", public="Yours now", earlier="taken over by lead"),
     Step("undo", private="undone", public="Undone", lines="has it since")],
    [Step("ack", acked, private=STAR, public=WORKING, who="another"),
     Step("ack", commented("also looking"), private="noted that you are looking, too", public="disruption since"),
     Step("ack I have a key", commented("I have a key"), private="noted that you are looking, too")],
    [Step("ack", acked, private=STAR, public=WORKING),
     Step("ack more words", commented("more words"), private=STAR),
     Step("mine", acked, private=STAR, public="It has been yours already")],
    [Step("ack", acked, private=STAR, public=WORKING),
     Step("unack", still_acked, private="not yours", public="acknowledged by somebody else", who="olga"),
     Step("unack", not_acked, private=STAR, public="disruption since")],
    [Step("ack", acked, private=STAR, public=WORKING, who="olga"),
     Step("unack", not_acked, private=STAR, public="disruption since")],
    [Step("ack", acked, private=STAR, public=WORKING),
     Step("undo", not_acked, private="undone", public="Undone")],
    [Step("downtime 30m new kernel", in_downtime(1800), private="in downtime until", public="In downtime until"),
     Step("downtime cancel", no_downtime, private="downtime cancelled", public="Its downtime is cancelled")],
    [Step("downtime 3h", untouched, private="more than 2 h", public="That is much downtime. Really?", who="lena"),
     Step("yes", in_downtime(3 * 3600), earlier="in downtime until", who="lena")],
    [Step("dt 45min", in_downtime(45 * 60), private="in downtime until", public="In downtime until"),
     Step("undo", no_downtime, private="undone", public="Undone")],
    [Step("downtime 1h", in_downtime(3600), private="in downtime until", public="In downtime until", who="olga")],
    [Step("quiet 3h", untouched, private="longer than your role", public="longer than your role", who="olga")],
    [Step("quiet 1h", untouched, private=STAR, public="Quiet until"), Step("undo", private="undone", public="Undone")],
    [Step("eta 2h", untouched, private=STAR, public="Noted: expected by"), Step("undo", private="undone", public="Undone")],
    [Step("major", untouched, private="a major incident now", public="It is a major incident now"),
     Step("not major", private="no major incident any more", public="It is not a major incident any more", lines="no longer a major")],
    [Step("known: the old client", untouched, private=STAR, public="Noted as a known error"),
     Step("undo", private="undone", public="Undone")],
    [Step("say: A digger did it.", untouched, private="said in public", public="Said in public", told="A digger did it."),
     Step("undo", private="taken back; what is out is deleted", public="Taken back", taken_back="A digger did it.")],
    [Step("ticket INC7", untouched, private=STAR, public="Noted."), Step("?", private="INC7", public="disruption since")],
    [Step("part of {other}", untouched, private="now part of #", public="Now part of #"),
     Step("undo", private="undone", public="Undone")],
    [Step("part of {other}", untouched, refused="part of", who="olga")],
    [Step("fixed: a new fan", private=(STAR, "still CRITICAL: still refused"), public="Noted, for the next time"),
     Step("undo", private="that cannot be undone", public="That cannot be undone")],
]


@pytest.mark.parametrize("where", ["thread", "private"])
def test_each_command(talk, where):
    t = talk(len(ONCE))
    t.fail(things_of(ONCE))
    t.run(ONCE, private=where == "private", seconds=40)


def test_one_after_the_other(talk):
    t = talk(len(IN_TURN))
    t.fail(things_of(IN_TURN))
    t.run(IN_TURN, seconds=30)
