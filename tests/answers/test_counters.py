import pytest

from curate.answers.counters import harmless
from curate.answers.quantities import value


@pytest.mark.parametrize(
    "unit",
    [
        *("个", "只猫", "个人", "名学生", "辆红色的车", "个三角形", "个不同的颜色", "个苹果在桌上", "人左右", "个。"),
        *("米", "米高", "度", "千克", "秒钟", "岁", "人です", "つ", "匹", "명", "개입니다", "点", "块钱"),
    ],
)
def test_measure_words_units_and_particles(unit):
    assert harmless(unit)
    assert value(f"5{unit}") == 5


@pytest.mark.parametrize(
    "unit",
    [
        *(
            "以上",
            "人以上",
            "个以下",
            "人以内",
            "未満",
            "人未満",
            "人不到",
            "张不止",
            "多",
            "个多",
            "余",
            "人弱",
            "이상",
            "명 이하",
        ),
        *("分之一", "个半", "半", "点半", "的一半", "的两倍", "成", "折", "乘2", "人中", "人ずつ", "番目"),
        *("不对", "错", "不是", "吗", "？", "吧", "或六", "到六", "和六"),
    ],
)
def test_all_else_makes_it_no_number(unit):
    assert not harmless(unit)
    assert value(f"5{unit}") is None
