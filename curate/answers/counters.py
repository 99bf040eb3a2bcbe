"""What may stand behind a number in Chinese, Japanese and Korean: a list of what is harmless, all else is no number.

"5米", "5个", "5只猫" and "5人左右" say 5; "5以上", "5个半", "5分之一", "5人未満" and "5不对" do not.
"""

import re

from curate.answers.spellings import SPELLINGS
from curate.answers.texts import CJK

WRITTEN = re.compile(f"[{CJK}、。！？]")
NAMED = {name for names in SPELLINGS.values() for name in names.split(", ") if WRITTEN.match(name)}
# Measure words, behind which what is counted may be named ("5只猫"); units are complete ("5米").
COUNTING = (
    "个人|个|個|只|隻|条|條|张|張|辆|輛|件|本|块|頭|头|匹|棵|朵|双|雙|把|台|臺|座|艘|架|颗|顆|名|位|人|种|種|根|支|枝|"
    "片|杯|碗|盘|盤|瓶|盒|袋|包|箱|串|束|层|間|间|家|扇|面|幅|枚|粒|株|副|套|篇|首|句|口|尾|羽|冊|册|对|對|"
    "盏|盞|堆|群|排|列|滴|步|场|場|项|項|幢|栋|棟|节|節|段|部|封|顶|頂|盆|筐|罐|桶|壶|壺|扎|"
    "명|개|마리|대|권|사람|つ"
)
ALONE = "点|點|点钟|号|楼|級|级|倍|次|回|岁|歳|才|円|원|块钱|元钱|小時|時間|時|分鐘|分間|秒間|公尺|メートル|センチ|キロ"
# Behind a counted thing: about as many, altogether, where, and how a sentence ends.
AFTER = (
    "左右|上下左右|前後|前后|程度|ほど|くらい|ぐらい|的|了|啊|哦|喔|整|长|長|高|宽|寬|深|远|遠|重|厚|正|"
    "です|でした|います|いました|あります|ありました|がいます|があります|입니다|이다|이에요|예요|있습니다|있어요"
)
# Characters that bound, part, deny, doubt or reckon; within a named thing they are rarer than as such words.
TURNED = re.compile(
    "[半以不未非无無没沒错錯误誤假多余餘少超弱强強约約比乘加减減除倍之吗嗎呢吧么或和与與及到至从每各均另又再几幾"
    "上下内內外前后後第共仅僅只零一二两兩三四五六七八九十百千万萬亿億만천백억？?]|大约|其中|(?:^|[人个個])中$|分$|^号$|差$|足$|"
    "ずつ|ない|だけ|まで|から|より|이상|이하|미만|초과|아니|못|씩|까지|부터"
)
# … but for these.
TAME = re.compile("三角|四边|五角|多边|不同|不规则|在[^以不未少多半]{1,6}?[上下里中内外前后边旁]{1,2}")
UNIT = re.compile(
    rf"(?:{'|'.join(sorted(map(re.escape, {*NAMED, *ALONE.split('|')}), key=len, reverse=True))})(?:\s?(?:{AFTER}))*"
)
COUNTED = re.compile(rf"(?:{COUNTING})(?P<thing>[{CJK}]{{0,10}}?)(?:\s?(?:{AFTER}))*")


def written(unit: str) -> bool:
    """Whether a text has Chinese, Japanese or Korean in it."""
    return not unit.isascii() and WRITTEN.search(unit) is not None


def harmless(unit: str) -> bool:
    """Whether these words leave the number in front of them what it is."""
    said = unit.strip(" .!。！")
    if re.fullmatch(rf"(?:{AFTER})*", said) or UNIT.fullmatch(said):
        return True
    counted = COUNTED.fullmatch(said)
    return counted is not None and not TURNED.search(TAME.sub("", counted["thing"]))
