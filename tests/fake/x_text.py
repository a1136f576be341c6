"""How the fake X reads a text: its weighted length, links, mentions, cashtags, and how it shows it.

Used by x_world.py and x_api.py. Written apart from the agent's own counter on purpose, so that
the two can disagree; it must never be shared with it. Exotic emoji may be off by a little.
"""
import hashlib
import html
import re
import string
import unicodedata

LIMIT = 280
URL_LENGTH = 23
# weight 1; all else weighs 2 (twitter-text config v3)
LIGHT = ((0x0000, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))
INVALID = "\ufffe\uffff\ufeff"

GENERIC = """com net org edu gov mil int info biz name pro aero coop museum jobs mobi tel travel cat post asia
arpa xxx academy agency ai app art auction audio band bank bar beer best bid bike blog blue box build builders business
buzz cab cafe camera camp capital care cash center chat cheap church city claims clean click clinic cloud club codes
coffee community company computer cool credit dance data date deals degree delivery design dev diet digital direct
directory discount dog domains download earth email energy engineer events exchange expert express fail family fan farm
finance fish fit fun fund gallery game games garden gift global gold green group guide guru health help host hosting
house how ink institute international kitchen land law legal life limited link live loan lol love ltd management map
market media meet menu mov movie network news ninja one online page parts party pet photo photos pics pid pink pizza
place plus prod productions properties protection pub racing red rent report rest review rocks run sale save school
science security services shop show site ski social software solar solutions space sport storage store stream studio
style support surf systems tax team tech technology theater tips today tools top tours town toys trade training tube
university vet video vision watch web website wiki win wine work works world wtf xyz yoga you zip zone"""
COUNTRY = """ac ad ae af ag al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw by bz ca
cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gb gd
ge gf gg gh gi gl gm gn gp gq gr gt gu gw gy hk hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn
kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc
ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sk
sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy uz va vc ve vg vi vn
vu wf ws ye yt za zm zw"""
TLD = "|".join(sorted({*GENERIC.split(), *COUNTRY.split()}, key=len, reverse=True))
TAIL = r"(?![A-Za-z0-9@＠_+\u00c0-\u024f-])"
# no Chinese, Japanese or Korean letter stands in a path
PATH = r"(?P<path>/[^\s?<>\"“”‘’\u2066-\u206f\u202a-\u202e\u3000-\uffef]*)?(?P<query>\?[^\s<>\"“”\u3000-\uffef]*)?"
LATIN = r"a-z0-9\u00c0-\u024f"
BARE_LABEL = rf"[{LATIN}](?:[{LATIN}_-]{{0,61}}[{LATIN}])?"
BARE_HOST = rf"(?:{BARE_LABEL}\.)*[{LATIN}](?:[{LATIN}-]{{0,61}}[{LATIN}])?\.(?:{TLD}){TAIL}"
LETTER = r"[^\s.:/?#@_\-!\"'()<>,;*+=&%$\[\]\\^`{|}~、。「」（）\u2018-\u201f\u202a-\u202e]"
LABEL = rf"{LETTER}(?:(?:[-_]|{LETTER}){{0,61}}{LETTER})?"
OWN_SCRIPT = r"[\u3040-\u9fff\uac00-\ud7af]+"
FULL_HOST = rf"(?:{LABEL}\.)*{LETTER}(?:(?:-|{LETTER}){{0,61}}{LETTER})?\.(?:{TLD}|{OWN_SCRIPT}){TAIL}"
BEFORE = rf"(?<![A-Za-z0-9\u00c0-\u024f@＠$#＃\u202a-\u202e])"
LINK = re.compile(rf"{BEFORE}(?:https?://{FULL_HOST}(?::\d+)?|(?<![-_./]){BARE_HOST}){PATH}", re.I)
TCO = re.compile(r"https?://t\.co/[A-Za-z0-9]+", re.I)

MENTION = re.compile(r"(?<![A-Za-z0-9_!#$%&*@＠./])[@＠]([A-Za-z0-9_]{1,15})(?![A-Za-z0-9_@＠]|://)")
CASHTAG = re.compile(r"(?:^|(?<=\s))\$([A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?)(?=$|[\s!-/:-@\[-`{-~])")
PICTURE = "[\U0001f000-\U0001faff\u2190-\u21ff\u2300-\u23ff\u2460-\u24ff\u25a0-\u27bf\u2900-\u2bff" \
          "\u3030\u303d\u3297\u3299\u203c\u2049]"
ONE = rf"{PICTURE}(?:\ufe0f|[\U0001f3fb-\U0001f3ff])?"
EMOJI = re.compile(rf"[\U0001f1e6-\U0001f1ff]{{2}}|[0-9#*]\ufe0f?\u20e3|[©®™]\ufe0f"
                   rf"|{PICTURE}[\U000e0020-\U000e007f]+|{ONE}(?:\u200d{ONE})*")


def links(text):
    """[(start, end)] of what X would turn into a link."""
    found = []
    for match in LINK.finditer(text):
        end = match.end()
        short = TCO.match(match[0])
        if short:
            if len(short[0].rsplit("/", 1)[1]) > 40:
                continue
            end = match.start() + short.end() + (len(match["query"]) if match["query"] else 0)
        elif match["path"] or match["query"]:
            # punctuation behind a path belongs to the sentence
            while end > match.start() and text[end - 1] in "!?.,:;'*)]}=":
                if text[end - 1] == ")" and "(" in text[match.start():end]:
                    break
                if text[end - 1] == "=" and match["query"]:
                    break
                end -= 1
        found.append((match.start(), end))
    return found


def weight(char):
    return 1 if any(low <= ord(char) <= high for low, high in LIGHT) else 2


def length(text):
    """The weighted length: 280 is the most."""
    text = unicodedata.normalize("NFC", text)
    spans, total, at = dict(links(text)), 0, 0
    while at < len(text):
        emoji = EMOJI.match(text, at)
        if at in spans:
            total, at = total + URL_LENGTH, spans[at]
        elif emoji:
            total, at = total + 2, emoji.end()
        else:
            total, at = total + weight(text[at]), at + 1
    return total


def is_valid(text):
    return bool(text.strip()) and not any(c in text for c in INVALID) and length(text) <= LIMIT


def leading_mentions(text):
    """The length of the @mentions in front, which a reply has for free."""
    match = re.match(r"(?:[@＠][A-Za-z0-9_]{1,15}\s+)*", text)
    return match.end()


def mentions(text):
    """Names, lower case, in order."""
    return [m[1].lower() for m in MENTION.finditer(text)]


def cashtags(text):
    return CASHTAG.findall(text)


def short_link(url):
    """The ten characters that X puts for a link; the same link, the same characters."""
    letters = string.ascii_letters + string.digits
    number = int.from_bytes(hashlib.sha256(url.encode()).digest()[:8], "big")
    return "https://t.co/" + "".join(letters[number // 62**i % 62] for i in range(10))


def shown(text, rewrite=True):
    """A text as the API answers it: links by t.co, & < > as entities."""
    out, at = "", 0
    for start, end in links(text) if rewrite else ():
        out += html.escape(text[at:start], quote=False) + short_link(text[start:end])
        at = end
    return out + html.escape(text[at:], quote=False)
