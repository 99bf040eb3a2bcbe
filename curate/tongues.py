"""Phrases by which a model refuses or asks for the medium in Chinese and in Spanish, in place of a literal record."""

import re

from curate.hints import Hint

# Chinese of either script; 影片 and 視頻 are videos, 帧 a frame.
HAN = re.compile(r"[\u4e00-\u9fff]")
SEEN = r"(?:[图圖](?:片|像)|[视視][频頻]|影片|影像|照片|[画畫]面|截[图圖]|附件|[帧幀]|[链鏈連][接結])"
UNABLE_ZH = r"(?:[无無]法|不能|不便|不可以|[没沒]法|[没沒]有(?:能力|[办辦]法)|不具[备備]|[难難]以)"
GIVEN_ZH = r"(?:提供|上[传傳]|附(?:上|加|帶|带)?|[发發]送|分享|收到|接收|看到|找到|[检檢][测測]到|加[载載])"
NONE_ZH = r"(?:[没沒]有?|未能?|并未|並未|尚未|[还還][没沒]有?)"
SORRY_ZH = r"(?:(?:非常|很|十分|真的|實在|实在)?(?:抱歉|[对對]不起|[遗遺]憾|不好意思))"
CHINESE: tuple[tuple[Hint, str], ...] = (
    (HAN, rf"\A\W*(?:我)?{SORRY_ZH}"),
    (
        HAN,
        rf"(?:我|本模型|作[为為][^，。,]{{0,12}}(?:模型|助手|ai))[^。！？!?]{{0,8}}"
        rf"(?:{UNABLE_ZH}|看不[到见見]|不[会會]|[没沒]有?{GIVEN_ZH}|未{GIVEN_ZH}|需要)",
    ),
    (HAN, rf"[请請](?:您|你)?(?:先|再|重新|[补補]充|直接)?{GIVEN_ZH}[^。！？!?]{{0,12}}{SEEN}"),
    (
        HAN,
        rf"(?:\A\W*|[，,；;。因由为為於于])(?:[您你]|用[户戶])?{NONE_ZH}(?:[为為]我)?"
        rf"{GIVEN_ZH}[^。]{{0,10}}(?:{SEEN}|[内內]容)",
    ),
    (
        HAN,
        rf"\A\W*(?:[该該此]|[这這][个個段张張]?|[您你]的)?{SEEN}(?:文件|[内內]容)?"
        rf"(?:{NONE_ZH}|{UNABLE_ZH}|不可|缺失)(?:被)?"
        rf"(?:{GIVEN_ZH}|打[开開]|[显顯]示|[访訪][问問]|[查观觀]看|[读讀]取|用)?(?=\W*\Z|[，,。；;])",
    ),
    (
        HAN,
        rf"\A\W*(?:{UNABLE_ZH}|未能|不能)(?:直接)?"
        rf"(?:描述|[查观觀]看|看到|[访訪][问問]|[处處]理|分析|[识識][别別]|生成|提供|[读讀]取|打[开開]"
        rf"|加[载載]|[协協]助)"
        rf"[^。]{{0,12}}(?:{SEEN}|描述|[内內]容|[请請]求|[说說]明)",
    ),
)

SPANISH: tuple[tuple[Hint, str], ...] = (
    (("lo siento", "lamento"), r"\A\W*(?:lo\ siento|lamento)\b"),
    (
        ("no puedo", "no soy capaz", "no tengo"),
        r"\bno\ (?:puedo|soy\ capaz\ de|tengo\ (?:acceso|la\ capacidad))\b",
    ),
    (
        ("por favor", "comp", "proporci", "adjunt", "sub", "env"),
        r"\b(?:por\ favor|podr[ií]as?)\b[^.!?]{0,10}\b(?:comp[aá]rt|proporcion|adj[uú]nt|s[uú]b[ae]|env[ií])",
    ),
    (
        ("imagen", "video", "vídeo"),
        r"\bno\ (?:se\ (?:ha|han)\ |se\ (?:proporcion|adjunt|recibi|comparti)[oó]\ |he\ recibido\ |veo\ )"
        r"(?:proporcionado|adjuntado|recibido|compartido)?\ ?"
        r"(?:ning[uú]n[ao]?\ |la\ |el\ )?(?:imagen|v[ií]deo|fotograma)",
    ),
)
