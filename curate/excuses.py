"""Phrases by which a model refuses, asks for the medium or says that it has no eyes: rules for English text."""

from curate.hints import Hint

MEDIUM = (
    r"(?:(?:video|image|picture|photo|photograph|clip|visual)s?|footage|frames|media"
    r"|visual\ (?:content|input|information))"
)
ANY = r"(?:any|the|this|that|your|these|those|an?|actual|attached|provided|uploaded|original|real|video|visual)"
SHOWN = rf"(?:{ANY}\ )*{MEDIUM}(?:\ files?)?"
UNABLE = (
    r"(?:\ (?:cannot|can\ not|can['’]t|could\ not|couldn['’]t)|(?:\ am|['’]m)\ (?:not\ able|unable)\ to"
    r"|\ (?:do\ not|don['’]t)\ have\ the\ ability\ to|\ lack\ the\ ability\ to)"
)
ME = r"i(?<=\bi)"  # (a pattern that begins with a plain letter is found sooner than one with a boundary)
LOOK = (
    r"(?:directly\ |actually\ |physically\ |currently\ |really\ )?"
    r"(?:see|view|watch|access|open|load|play|process|analy[sz]e|perceive|inspect|look\ at|observe)"
)
PEOPLE = r"(?:(?:real\ |specific\ |the\ |this\ |these\ |any\ )*(?:people|persons?|individuals?|faces?))"
SCREENED = r"(?!\ on\ (?:the|his|her|their|its|a)\b)(?!\ (?:in|from)\ (?:his|her|their)\b)"
# Behind "the video" only what ends the thought: "I cannot see the video's last scene" speaks of something else.
WHOLE = (
    r"(?=\ ?(?:[.,;:!?)]|$|(?:directly|itself|myself|here|and|so|or|but|because|since|without|in\ this|at\ this"
    r"|from\ here|to\ me|that\ you|you|my)\b))"
)
MODEL = (
    r"(?:(?:text-based\ )?ai(?:\ (?:assistant|model))?|(?:large\ )?language\ model"
    r"|text-(?:only|based)\ (?:model|assistant|system|language))"
)

EXCUSES: tuple[tuple[Hint, str], ...] = (
    (
        ("i cannot", "i can't", "i can’t", "i can not", "i could", "unable to", "not able to", "the ability to"),
        rf"{ME}{UNABLE}\ {LOOK}\ {SHOWN}{WHOLE}",
    ),
    (
        ("access",),
        rf"{ME}\ (?:do\ not|don['’]t|did\ not|didn['’]t)\ (?:\w{{4,10}}\ )?have\ (?:direct\ |visual\ |any\ )*"
        rf"access\ to\ {SHOWN}",
    ),
    (
        ("please", "could you", "can you", "you could", "you can", "if you", "once you", "kindly"),
        rf"(?:\bplease|\bkindly|\bcould\ you|\bcan\ you|\byou\ (?:could|can)|\b(?:if|once)\ you)"
        r"(?:\ please|\ could|\ can)?\ (?:re-?)?(?:provide|upload|share|attach|send)(?:\ me|\ us)?(?:\ with)?"
        rf"\ {SHOWN}(?!\ (?:on|of|from)\ (?:your|his|her|their)\ (?!message|prompt|question))",
    ),
    (
        ("provided", "attached", "uploaded", "shared", "included", "given"),
        rf"\b(?:no\ {MEDIUM}\ (?:was|were|is|are|has\ been|have\ been)"
        rf"|(?:the|your)\ {MEDIUM}\ (?:was|were|is|are|has|have)(?:\ not|n['’]t)(?:\ been)?)"
        r"\ (?:actually\ )?(?:provided|attached|uploaded|shared|included|given(?=\ ?[.,;:!?]|$|\ to\ me))\b"
        r"(?!\ to\ (?!(?:the|this|your)\ (?:message|question|prompt|conversation)|me\b|us\b))",
    ),
    (
        ("there is no",),
        rf"\bthere\ is\ no\ {MEDIUM}\ (?:attached|provided|available|here\b|to\ (?:see|view|watch|look\ at))",
    ),
    (
        ("given", "provided", "shown"),
        rf"{ME}\ (?:have\ not|haven['’]t|was\ not|wasn['’]t)\ (?:been\ )?(?:given|provided|shown)\ (?:with\ )?"
        rf"{SHOWN}{WHOLE}",
    ),
    (
        ("you have", "you did"),
        rf"\byou\ (?:have\ not|haven['’]t|did\ not|didn['’]t)\ (?:actually\ )?(?:upload|attach|shar|provid)\w*"
        rf"\ {SHOWN}",
    ),
    (
        ("language model", "an ai", "text-"),
        rf"(?:\bas|\bi\ am|\bi['’]m|\bbeing)(?:\ only|\ just|\ merely)?\ an?\ {MODEL}\b(?!\ (?:robot|camera))",
    ),
    (
        ("sorry", "apolog"),
        rf"\b(?:sorry|i\ apologi[sz]e),?\ (?:but\ )?(?:i{UNABLE}|for\ (?:the|any)\ (?:confusion|inconv))",
    ),
    (
        ("assist", "comply", "help"),
        rf"{ME}(?:{UNABLE}|\ won['’]t|\ will\ not)\ (?:assist|comply|help)(?:\ you)?(?:\ with|\.|,|$)",
    ),
    (
        ("without",),
        rf"without(?<=\bwithout)\ (?:being\ able\ to\ |the\ ability\ to\ )?(?:actually\ |directly\ )?"
        rf"(?:(?:having\ )?access\ to\ {SHOWN}|(?:see|seeing|view|viewing|watch|watching)\ {SHOWN}{WHOLE})",
    ),
    (
        ("for me to",),
        rf"possible(?:(?<=\bimpossible)|(?<=\bnot\ possible))\ for\ me\ to\ {LOOK}\ {SHOWN}{WHOLE}",
    ),
    (
        ("capab", "no way"),
        rf"{ME}(?:(?:\ am|['’]m)\ (?:not\ capable|incapable)\ of|\ have\ no\ way\ (?:to|of))"
        rf"\ (?:directly\ |actually\ )?(?:{LOOK}|seeing|viewing|watching|accessing|opening|processing|perceiving)"
        rf"\ {SHOWN}{WHOLE}",
    ),
    (
        ("access", "in front of me"),
        rf"{ME}\ (?:have\ no\ (?:direct\ |visual\ )?access\ to\ {SHOWN}"
        rf"|(?:do\ not|don['’]t)\ (?:actually\ )?have\ {SHOWN}\ (?:in\ front\ of\ me|here|available|at\ hand))",
    ),
    (
        ("attached", "uploaded", "provided", "included", "your message"),
        rf"{ME}\ (?:do\ not|don['’]t|can['’]t|cannot)\ (?:actually\ )?see\ {SHOWN}"
        r"\ (?:attached|uploaded|provided|included"
        r"|in\ (?:your|this|the)\ (?:message|prompt|question|chat|conversation))",
    ),
    (
        ("attached", "uploaded", "your message"),
        rf"\b(?:seems?\ to\ be|is|was|be)\ (?:no|an?|any)\ {MEDIUM}\ (?:attached|uploaded|in\ your\ message)"
        rf"|\bno\ {MEDIUM}\ (?:is|was|seems\ to\ be)\ (?:attached|uploaded)",
    ),
    (
        ("load", "come through"),
        rf"\bthe\ {MEDIUM}\ (?:itself\ )?(?:failed\ to\ load|could\ not\ be\ (?:loaded|opened|processed)"
        rf"|couldn['’]t\ be\ (?:loaded|opened)|(?:did\ not|didn['’]t|does\ not|doesn['’]t|has\ not|hasn['’]t)"
        rf"\ (?:load|come\ through|come\ up|loaded)){SCREENED}(?!\ (?:at\ first|again|until))",
    ),
    (
        ("describe",),
        rf"(?:\bcould\ you|\bcan\ you|\bif\ you(?:\ can|\ could)?|\bplease)(?:\ please)?\ describe\ (?:to\ me\ )?"
        rf"(?:what\ {SHOWN}\ shows|{SHOWN}){WHOLE}",
    ),
    (
        ("without",),
        rf"{ME}(?:{UNABLE}|\ won['’]t\ be\ able\ to)\ (?:answer|tell|say|determine|help)\b[^.!?]{{0,40}}"
        rf"\ without(?:\ (?:seeing|viewing|access\ to|watching))?\ {SHOWN}{WHOLE}",
    ),
    (
        ("identify", "recogni", "provide a"),
        rf"{ME}{UNABLE}\ (?:(?:identify|recogni[sz]e|name)\ {PEOPLE}"
        r"(?:\ (?:in|from|based|by\ their)\b(?!\ (?:behind|this\ (?:distance|angle)|the\ back))|\.|$)"
        rf"|provide\ (?:an?\ )?(?:description\ of\ {PEOPLE}|assistance|help\b))",
    ),
    (
        ("polic", "guidelines"),
        r"\b(?:this|the|your)\ (?:\w{1,10}\ )?(?:content|request|question|video|image|picture|clip)\b"
        r"(?:\ of\ (?:this|the)\ (?:video|image|clip))?\ (?:violates?|goes\ against|is\ against|breaks)"
        r"\ (?:the\ |our\ |my\ |any\ )?(?:\w{1,10}\ )?(?:polic(?:y|ies)|guidelines)"
        r"|\b(?:this|it)\ violates\ (?:the|our|my)\ (?:\w{1,10}\ )?(?:polic(?:y|ies)|guidelines)"
        r"|\b(?:my|our)\ (?:\w{1,10}\ )?(?:guidelines|polic(?:y|ies))\b",
    ),
    (
        ("decline", "not allowed", "appropriate"),
        rf"{ME}\ (?:must|have\ to|will|should)\ (?:respectfully\ )?(?:decline|refuse)\b"
        rf"|{ME}(?:\ am|['’]m)\ not\ (?:allowed|permitted)\ to\ (?:talk|answer|describe|discuss|view|watch|comment)\b"
        r"|\b(?:would\ not|wouldn['’]t|not)\ be\ appropriate\ for\ me\ to"
        rf"|{ME}{UNABLE}\ (?:provide|give)\ (?:an?\ )?answer\ because\ the\ (?:content|request|video|image)\b",
    ),
    (
        ("apolog", "sorry", "afraid"),
        rf"\b(?:sorry|i\ apologi[sz]e|afraid),?\ (?:but\ |that\ )?i{UNABLE}\ (?:{LOOK}|help|assist|answer|comply)\b"
        rf"(?:\ (?:that|this|the\ question|you)?(?=[.,!]|$)|\ (?:with\ )?(?:{SHOWN}|this|that)\b)",
    ),
    (("only have a", "just have a"), rf"{ME}\ (?:only|just)\ have\ an?\ (?:text|textual|written|verbal)\b"),
    (
        ("to me",),
        rf"\b(?:{SHOWN}\ (?:is|was|are|were)"
        r"(?:(?:\ not|n['’]t)\ (?:available|accessible)|\ (?:unavailable|inaccessible))"
        rf"|no\ {MEDIUM}\ (?:is|was|are|were)\ (?:available|accessible))\ to\ me\b",
    ),
    (
        ("i don't have", "i don’t have", "i do not have"),
        rf"{ME}\ (?:do\ not|don['’]t)\ have\ {SHOWN}{WHOLE}"
        rf"|{ME}\ (?:do\ not|don['’]t)\ have\ {SHOWN}\ to\ (?:look\ at|watch|see|view|work\ with|check|refer\ to)\b",
    ),
    (("waiting for",), rf"{ME}(?:['’]m|\ am)\ (?:still\ )?waiting\ for\ {SHOWN}{WHOLE}"),
    (
        ("to be missing",),
        r"\b(?:the|your)\ (?:video|clip|footage)s?\ (?:seems|appears|seem|appear)\ to\ be\ missing"
        r"(?=\ ?[.,;:!?]|$|\ here)",
    ),
    (
        ("missing from",),
        rf"\b{MEDIUM}\ (?:is|are|was|were|seems?\ to\ be)\ missing\ from\ (?:your|the|this)\ "
        r"(?:message|prompt|question|request|conversation|input)\b",
    ),
    (
        ("i need", "i would need", "i'd need", "i’d need"),
        rf"{ME}\ need\ {SHOWN}\ (?:itself\ )?to\ (?:answer|verify|check|caption|revise|correct|describe|give|help)\b"
        rf"|{ME}(?:\ would|['’]d)\ need\ (?:to\ (?:see|view|watch|have)\ |access\ to\ )?{SHOWN}"
        rf"(?:{WHOLE}|\ to\ (?:answer|verify|check|caption|revise|correct|describe|give|help|tell|say)\b)",
    ),
    (
        ("provided", "attached", "uploaded", "shared"),
        rf"(?:\blet\ me\ know|{ME}(?:['’]ll|\ will|\ can|['’]m|\ am)|\bready|\bhappy)\b[^.!?]{{0,60}}"
        rf"\ (?:once|as\ soon\ as|when|if|until)\ {SHOWN}\ (?:is|are|has\ been|have\ been)"
        r"\ (?:provided|attached|uploaded|shared)\b(?!\ (?:on|by|with\ (?!me\b))\b)",
    ),
    (("capab", "training"), r"\bmy\ (?:capabilities|training)\b"),
)
