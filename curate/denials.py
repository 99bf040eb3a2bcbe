"""Phrases by which what should be a literal record denies that there is anything to record.

A record neither speaks of itself nor to anybody, so that far less gives it away than a thinking (`curate.excuses`).
"""

import re

from curate.excuses import LOOK, UNABLE, WHOLE
from curate.hints import Hint
from curate.tongues import CHINESE, SPANISH

MEDIUM = (
    r"(?:(?:(?:video|image|picture|visual)\ )?(?:video|image|picture|photo|photograph|clip|frame|attachment|visual)s?"
    r"|footage|media(?:\ (?:files?|content))?|(?:visual|video|image|picture)\ (?:content|inputs?|information|data"
    r"|material|media|files?))"
)
ANY = (
    r"(?:any|the|this|that|your|these|those|an?|such|actual|attached|provided|supplied|given|uploaded|original|single|requested|required"
    r"|accompanying)"
)
SHOWN = rf"(?:{ANY}\ )*{MEDIUM}\b"
BEGINS = (
    r"\A\W*(?:(?:n/?a|error|note|warning|it['’]s|it\ is)\b\W*)?"
    r"(?:(?:i['’]m\ |i\ am\ )?(?:very\ |so\ )?sorry\b\W*(?:but\ )?)?"
)
CLAUSE = r"(?:\A\W*|[.,;:!?]\ |\b(?:because|since|as|but|so|and|that|although|while)\ )"
END = r"(?=\W*\Z|\ ?[.,;:!?)\]])"
ENDS = (
    rf"(?:{END}|(?=\ (?:to\ (?!the\ (?!model)|a\ )|for|so|because|here|and|at|within|with\ me"
    r"|in\ (?:this|your|our))\b))"
)
GIVEN = (
    r"(?:provided|given|attached|uploaded|shared|supplied|received|submitted|included|sent|loaded|found|available"
    r"|accessible|opened|accessed|processed|viewed|retrieved|fetched|decoded|detected"
    r"|transmitted|passed|present|valid)"
)
CANNOT = (
    rf"(?:\ (?:currently|unfortunately|simply|really|still|also))?(?:{UNABLE}|\ was\ (?:not\ able|unable)\ to"
    r"|\ (?:won['’]t|will\ not|would\ not|wouldn['’]t)(?:\ be\ able\ to)?"
    r"|\ (?:lack|(?:do\ not|don['’]t)\ (?:have|possess))\ the\ (?:ability|capability|capacity|means|tools)\ to"
    r"|(?:\ am|['’]m)\ not\ (?:programmed|designed|equipped|trained|allowed|permitted|authori[sz]ed|going)\ to)"
)
NOBODY = (
    r"(?:unable\ to|not\ able\ to|(?:im|not\ )possible\ to|failed\ to|cannot|can\ not|can['’]t|could\ not|couldn['’]t)"
)
TOLD = r"(?:caption|description|record|summary|transcript)s?"
ME = r"(?:i|we)"
TALK = r"(?:message|request|prompt|conversation|question|chat|query|input)"
HAND = r"(?:re-?)?(?:provide|upload|share|attach|send|supply|submit|paste|include)"
SPEAKS = re.compile(rf"\b{ME}\b")
WISH = ("please", "kindly", "you ", "you'", "you’")

ENGLISH: tuple[tuple[Hint, str], ...] = (
    (
        ("no ", "nothing", "none"),
        rf"{CLAUSE}(?:no\ (?:(?:input|valid|actual|accessible)\ )?{MEDIUM}"
        rf"(?:\ (?:was|were|is|are|has\ been|have\ been|had\ been|could\ be|can\ be|to))?"
        rf"\ (?:{GIVEN}\b{ENDS}|(?:seen|visible|here){END}(?=\W*\Z)|accompan(?:y|ies|ied)\b)"
        rf"|(?:nothing|none)\ (?:is|was|were|has\ been|have\ been)"
        rf"\ (?:provided|attached|uploaded|shared|supplied|included|submitted|sent)\b{END})",
    ),
    (
        ("not", "n't", "n’t", "unavailable", "inaccessible", "invalid", "empty", "fail"),
        rf"(?:{BEGINS}|{CLAUSE}(?:the|this|your)\ )(?:{ANY}\ )*{MEDIUM}(?:\ (?:urls?|links?|paths?))?"
        r"(?:\ is\ empty\ or)?"
        rf"\ (?:(?:(?:is|was|are|were|has|have)(?:\ not|n['’]t)|not)(?:\ been)?\ {GIVEN}"
        r"|(?:(?:is|was|are|were)\ )?(?:unavailable|inaccessible|invalid)"
        r"|(?:failed|fails|will\ not|won['’]t|did\ not|didn['’]t|does\ not|doesn['’]t)\ (?:to\ )?"
        r"(?:load|upload|open|arrive|work|come\ through)(?:\ \w+ly)?"
        rf")\b{ENDS}",
    ),
    (
        ("cannot be", "can not be", "can't be", "can’t be", "could not be", "couldn't be", "couldn’t be"),
        rf"{BEGINS}(?:{ANY}\ )*{MEDIUM}\ (?:cannot|can\ not|can['’]t|could\ not|couldn['’]t)\ be"
        r"\ (?:accessed|loaded|opened|viewed|processed|seen|shown|analy[sz]ed|played|displayed|read|retrieved"
        r"|fetched|decoded|rendered|described"
        rf"|captioned|found)\b{ENDS}",
    ),
    (("missing",), rf"{BEGINS}(?:the\ |your\ )?{MEDIUM}\ (?:(?:is|are)\ )?missing\b{END}"),
    (
        re.compile(rf"\A\W*.{{0,16}}{NOBODY}"),
        rf"{BEGINS}{NOBODY}(?:\ (?:describe|caption|process|proceed|continue){END}"
        rf"|\ (?:process|view|see|access|open|load|analy[sz]e|describe|caption|watch|play)"
        rf"\ (?:the\ contents?\ of\ )?(?:{ANY}\ )*{MEDIUM}\b"
        rf"|\ (?:describe|generate|produce|provide|create|write|give)\ (?:{ANY}\ )?(?:\w+\ )?{TOLD}\b"
        r"|\ (?:assist|help|comply)\ with\b|\ fulfil)",
    ),
    (
        SPEAKS,
        rf"\b{ME}{CANNOT}\ (?:\w+ly\ )?(?:(?:describe|caption|record|process|interpret|review)"
        rf"\ (?:{SHOWN}|it\b|this\b|that\b)"
        rf"|(?:write|produce|generate|create|provide|give|offer|complete)\ (?:{ANY}\ )?(?:\w+\ )?"
        rf"(?:{TOLD}|task|answer)\b"
        r"|(?:assist|help|comply|fulfil|fulfill|continue|proceed)\b"
        rf"|(?:{LOOK}|make\ out|find)(?:\ (?:or|and)\ \w+)?"
        rf"\ (?:{SHOWN}(?:{WHOLE}|\ in\ your|\ or\b|\ at\ all)|links?\b|visuals?\b)"
        rf"|(?:say|tell|know)\ what\ (?:it|{SHOWN})\ (?:shows?|contains?|depicts?))",
    ),
    (
        SPEAKS,
        rf"\b{ME}(?:\ (?:do\ not|don['’]t|did\ not|didn['’]t|have\ not|haven['’]t|was\ not|wasn['’]t)\ (?:\w+ly\ )?"
        rf"(?:been\ )?(?:see|find|have|receive|received|get|given|shown|sent|provided)(?:\ with)?\ {SHOWN}"
        rf"(?:{WHOLE}|\ (?:to|in\ (?:this|your|our|the\ {TALK})|{GIVEN})\b)"
        rf"|(?:\ would|['’]d|['’]ll|\ will)?\ (?:need|require)\ (?:to\ (?:see|view|have)\ |access\ to\ )?"
        rf"(?:{SHOWN}|you\ to)|(?:\ am|['’]m)\ not\ comfortable"
        r"|(?:\ am|['’]m)\ not\ (?:programmed|designed|equipped)|\ (?:do\ not|don['’]t)\ possess"
        r"|\ can\ only\ (?:process|read|handle|see|work\ with)\ (?:\w+\ )?text"
        r"|\ (?:cannot|can['’]t)\ see\ anything[;.,]"
        r"|\ have\ no\ (?:\w+\ )?(?:means|way|ability|access)\b|\ (?:only\ see|see\ only)\ (?:the\ )?text\b"
        r"|\ (?:regret|apologi[sz]e)\b|(?:\ must|\ have\ to)\ decline|['’]d\ be\ happy\ to)",
    ),
    # A record has no first person: it may say what cannot be seen of the scene, and no other thing of itself.
    (
        SPEAKS,
        rf"\b{ME}(?:{CANNOT}|\ (?:do\ not|don['’]t|did\ not|didn['’]t|could\ only|can\ only|would|will)|['’](?:d|ll)"
        r"|(?:\ am|['’]m)\ (?:not|sorry|afraid|unable|an?|only|just|here|going)"
        r"|\ (?:must|need|require|refuse|regret|apologi[sz]e|lack|have\ no|have\ not|was\ not\ (?:able|given)))\b"
        r"(?!\ (?:\w+ly\ )?(?:see|notice|observe|identify|recogni[sz]e|tell|find|determine|make\ out|detect|say|know"
        r"|read)\b)",
    ),
    (SPEAKS, rf"\b{ME}\ (?:see|find|have)\ no\ {MEDIUM}\b"),
    (("please",), r"(?:\A\W*|[.!?]\ |,\ (?=please\ (?:check|try|provide|upload|send|share)))please\ "),
    (("could you", "can you", "would you"), r"(?:\A\W*|[.!?]\ |\bso\ )(?:could|can|would)\ you\b"),
    (("you ",), rf"\byou\ (?:need\ to|must|should|will\ have\ to)\ {HAND}\b"),
    (
        ("error", "problem", "issue"),
        rf"\A\W*there\ (?:was|is|seems\ to\ be)\ an?\ (?:error|problem|issue)\b[^.!?]{{0,40}}\b{MEDIUM}",
    ),
    (("anything",), rf"\b{ME}\ (?:do\ not|don['’]t|cannot|can['’]t)\ see\ anything\ {GIVEN}"),
    (("you ", "you'", "you’"), rf"\b{MEDIUM}\ (?:that\ |which\ )?you\b"),
    (("no ",), rf"\A\W*no\ {MEDIUM}\W*\Z"),
    (
        re.compile(r"\A\W*(?:.{0,8}\bsorry|unfortunately|my apolog)"),
        r"\A\W*(?:(?:i['’]m|i\ am)\ (?:very\ |so\ )?sorry\b|sorry,|(?:unfortunately|my\ apologies)\b.{0,80}"
        rf"\b(?:i|me|{GIVEN})\b)",
    ),
    (
        WISH,
        rf"\b(?:please|kindly|(?:can|could|would)\ you|(?:if|once|until|when|after)\ you(?:\ can|\ could|\ have)?)"
        rf"\ (?:please\ )?{HAND}(?:ed|d)?\b[^.!?]{{0,40}}\b(?:{MEDIUM}|it|them|again|links?)\b",
    ),
    (
        WISH,
        r"\byou(?:\ (?:have\ not|haven['’]t|did\ not|didn['’]t|forgot|may\ have\ forgotten|refer(?:red)?\ to"
        r"|mention(?:ed)?|want\ me|(?:would\ )?like\ me)|(?:['’]re|\ are|['’]ve)\ (?:referring|asking|mentioned)"
        r"|['’]d\ like\ me)\b",
    ),
    (
        ("your ", "my ", "our "),
        rf"\b(?:your\ (?:{TALK}|upload|{MEDIUM})|our\ {TALK}|my\ (?:side|end|capabilities|guidelines))\b",
    ),
    (
        (" me",),
        r"\b(?:not|n['’]t|none|cannot|no|inaccessible|unavailable)\b[^.!?]{0,50}\ (?:to|by|with|for)\ me\b"
        r"|\b(?:inaccessible|unavailable)\ to\ me\b",
    ),
    (
        ("message", "request", "prompt", "conversation", "question", "chat", "query", "input", "text-only"),
        rf"\b(?:no|not|never|without|missing|n['’]t)\b[^.!?]{{0,40}}\b{MEDIUM}\b[^.!?]{{0,30}}\ (?:this|the)\ {TALK}\b"
        rf"|\b{MEDIUM}\b[^.!?]{{0,30}}(?:\bnot|n['’]t|\bmissing)\b[^.!?]{{0,20}}\ (?:this|the)\ {TALK}\b"
        rf"|\bthe\ {TALK}\ (?:contains|has|includes|came\ with|holds)\ (?:no\ {MEDIUM}|only\ text)"
        rf"|\btext-only\ (?:{TALK}|model)\b",
    ),
    (
        ("caption", "description", "record", "summary", "transcript"),
        rf"\bno\ (?:\w+\ )?{TOLD}\ (?:can|could)\ be\b|{CLAUSE}(?:the\ |an?\ )?{TOLD}"
        rf"\ (?:cannot|can\ not|can['’]t|could\ not)\ be\ (?:given|written|made|generated|produced|provided|created)"
        rf"|{BEGINS}(?:(?:no\ )?{TOLD}\ (?:is\ )?(?:not\ )?(?:un)?available{END}|hypothetical\ {TOLD})"
        rf"|\b{TOLD}\ is\ (?:invented|hypothetical|made\ up|a\ guess)\b"
        rf"|\bno\ {MEDIUM}\ available\ for\ (?:an?\ )?{TOLD}",
    ),
    (
        ("model", "assistant", "system"),
        r"\b(?:the|this)\ (?:model|assistant|system)\ (?:cannot|can['’]t|(?:is|was)\ (?:unable|not\ able)\ to"
        r"|does\ not\ (?:have|support))"
        rf"\ (?:{MEDIUM}|{LOOK}|describe|caption|retrieve)\b",
    ),
    (re.compile(r"\A\W*(?:not|un)"), r"\A\W*(?:not\ |un)(?:available|provided|accessible|applicable)\W*\Z"),
    (
        re.compile(r"\A\W*due to"),
        r"\A\W*due\ to\ (?:privacy|safety|policy|content|ethical|lack\ of)\b[^.!?]{0,60}\b(?:i|cannot|can['’]t)\b",
    ),
    (
        ("my ",),
        r"\bmy\ (?:\w+\ )?(?:role|instructions?|polic(?:y|ies)|programming|abilit(?:y|ies)|design|rules)\b",
    ),
    (
        ("let me", "feel free", "happy", "glad", "here to"),
        r"\b(?:let\ me\ know|feel\ free\ to|(?:happy|glad)\ to\ (?:help|assist|describe|try)"
        r"|here\ to\ (?:help|assist))\b",
    ),
    (
        ("content", "caption", "description"),
        r"\A\W*(?:the\ )?content\ (?:is\ |was\ |has\ been\ )?(?:blocked|filtered|restricted|withheld)\b"
        rf"|\A\W*(?:an?\ |the\ )?(?:\w+\ )?{TOLD}\ (?:(?:is|was)\ )?(?:not\ |im)possible\b",
    ),
    (
        ("this ",),
        r"\A\W*this\ (?:request|task|prompt|content)\ (?:cannot|can['’]t|could\ not|is\ not|was\ not|violates)\b",
    ),
    (
        re.compile(rf"\A\W*(?:missing|{HAND}|(?:re-?)?(?:provid|upload|shar|attach|send)ing)\b"),
        rf"\A\W*(?:missing\ (?:input|{MEDIUM})\W*(?:\Z|:\ )|{HAND}\ (?:me\ )?{SHOWN}"
        rf"|(?:re-?)?(?:provid|upload|shar|attach|send)ing\ {SHOWN}\ (?:would|will)\b)",
    ),
    ((" me",), r"\b(?:helps?|allows?|enables?|lets?|asked|asking)\ me\b"),
    (("something i", "anything i"), r"\b(?:not|n['’]t)\ (?:some|any)thing\ i\b"),
    (("placeholder",), rf"\A\W*this\ is\ (?:only\ |just\ )?a\ placeholder\ (?:since|because|as\ no|{TOLD})\b"),
    (("there ",), rf"\bthere\ (?:is|are|was|were)\ no\ {MEDIUM}\ (?:{GIVEN}|in\ (?:this|our|your)|here|for\ me)\b"),
    (("nothing",), rf"\bnothing\ (?:for\ me\ )?to\ (?:describe|caption|record){END}"),
    (("user",), rf"\bthe\ user\ (?:did\ not|didn['’]t|has\ not|hasn['’]t|forgot)\b[^.!?]{{0,30}}\b{MEDIUM}\b"),
    (("attach", "upload"), rf"\b(?:forgot|forgotten|failed)\ to\ (?:attach|upload)\b[^.!?]{{0,20}}\b{MEDIUM}{END}"),
    (("wait",), rf"\A\W*(?:a?waiting)(?:\ for)?\ {SHOWN}{END}"),
    (("without",), rf"\A\W*without\b[^.!?]{{0,40}}\b{MEDIUM}\b[^.!?]{{0,20}}\b(?:i|cannot|can['’]t|impossible)\b"),
)

DENIALS = ENGLISH + CHINESE + SPANISH
