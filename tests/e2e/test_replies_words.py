"""What people say instead of a command, in four languages and by sign, on both networks (SPEC 5.1 rules 2 and 8, 5.2)."""

import pytest

from talk import STAR, Step, acked, checked, commented, in_downtime, not_acked, things_of, untouched
from test_replies import WORKING

HAVE_IT = {
    "en": ["on it", "onit", "mine", "taking it", "looking", "looking into it", "On it!", "👀", "🙋", "on it 2h"],
    "others": ["bin dran", "übernehme ich", "uebernehme ich", "bin dran 2h", "je m’en occupe", "je m'en occupe", "je prends",
               "lo miro", "me encargo", "lo miro 2h"],
}
NOT_ME = {"en": ["release", "drop", "not me"], "others": ["bin raus", "je lâche", "lo suelto"]}
INSTEAD = {"en": ["steal"], "others": ["löse ab", "je prends la relève", "te relevo"]}
HOW_IS_IT = {"en": ["status", "❓"], "others": ["stand", "où en est-on", "cómo va"]}
BEFORE = {"en": ["history?"], "others": ["letztes mal?", "dernière fois?", "última vez?"]}
HELPED = {"en": ["cause: mice", "workaround: the other door"],
          "others": ["behoben: neues Kabel", "résolu: autre câble", "arreglado: otro cable"]}
DOWN = {"en": ["dt 30m"], "others": ["wartung 30m", "maintenance 30m", "mantenimiento 30m"]}
CHECK = {"en": ["check again"], "others": ["neu prüfen", "revérifier", "volver a comprobar"]}
HUSH = {"en": [], "others": ["ruhe 1h", "silence 1h", "silencio 1h"]}
END = {"en": ["eta 23:59"], "others": ["voraussichtlich 2h", "fin prévue 2h", "fin previsto 2h"]}
BIG = {"en": ["major incident"], "others": ["großstörung", "majeur", "incidente mayor"]}
PUBLIC = {"en": [], "others": ["sagen: Es dauert.", "annoncer: Un peu de patience.", "anunciar: Un momento."]}
HELP = {"en": [], "others": ["hilfe", "aide", "ayuda"]}
SENTENCES = {"en": ["A reboot fixed it", "looking good now", "release 4.2 is the cause", "check the fan", "quiet again since 10",
                    "mine too", "maintenance is over", "not acked", "I’ll ack it later", "ok", "thanks", "yes"],
             "others": ["bin morgen dran", "je regarde demain", "ya lo miro luego"]}


def rows(speech):
    ask = "Please ask that in a private message"
    table = [[Step("any other words", private=STAR, public="disruption since")]]
    table += [[Step(say, acked, private=STAR, public=WORKING)] for say in HAVE_IT[speech]]
    table += [[Step("ack", acked, private=STAR, public=WORKING), Step(say, not_acked, private=STAR, public="disruption since")]
              for say in NOT_ME[speech]]
    table += [[Step("ack", acked, private=STAR, public=WORKING, who="another"),
               Step(say, acked, private="yours now, had been", public="Yours now")] for say in INSTEAD[speech]]
    table += [[Step(say, untouched, private="CRITICAL since", public="disruption since")] for say in HOW_IS_IT[speech]]
    table += [[Step(say, untouched, private="nothing like it is known", public=ask)] for say in BEFORE[speech]]
    table += [[Step(say, checked, private=(STAR, "still CRITICAL"), public="Noted, for the next time")] for say in HELPED[speech]]
    table += [[Step(say, in_downtime(1800), private="in downtime until", public="In downtime until")] for say in DOWN[speech]]
    table += [[Step(say, checked, private=(STAR, "checked: CRITICAL"), public="It was checked just now")] for say in CHECK[speech]]
    table += [[Step(say, untouched, private=STAR, public="Quiet until")] for say in HUSH[speech]]
    table += [[Step(say, untouched, private=STAR, public="Noted: expected by")] for say in END[speech]]
    table += [[Step(say, untouched, private="a major incident now", public="It is a major incident now")] for say in BIG[speech]]
    table += [[Step(say, untouched, private="said in public", public="Said in public", told=say.split(": ")[1])]
              for say in PUBLIC[speech]]
    table += [[Step(say, untouched, private="ack, ack 2h, ack all", public=ask)] for say in HELP[speech]]
    table += [[Step(say, commented(say), not_acked, private=STAR, public="disruption since")] for say in SENTENCES[speech]]
    return table


@pytest.mark.parametrize("speech", ["en", "others"])
def test_words(talk, speech):
    table = rows(speech)
    t = talk(len(table))
    t.fail(things_of(table))
    t.run(table, seconds=40)
