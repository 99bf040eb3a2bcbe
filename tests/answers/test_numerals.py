import pytest

from curate.answers.numerals import in_digits


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        *[("five", "5"), ("Five people", "5 people"), ("twenty-one", "21"), ("twenty one cars", "21 cars")],
        *[("two hundred and five", "205"), ("one hundred thousand", "100000"), ("twelve hundred", "1200")],
        *[("three million two hundred thousand and six", "3200006"), ("a dozen eggs", "12 eggs"), ("zero", "0")],
        *[("two and a half meters", "2.5 meters"), ("5 and a half", "5.5"), ("three and a quarter", "3.25")],
        *[("1.5 million people", "1500000 people"), ("$5 million", "$5000000"), ("-2 thousand", "-2000")],
        *[
            ("5 hundred thousand", "500000"),
            ("24 lakhs", "2400000"),
            ("1,500 thousand", "1500000"),
            ("3bn", "3000000000"),
        ],
        *[("24万人", "240000人"), ("3百万", "3000000"), ("1.2亿", "120000000"), ("5만", "50000"), ("5千", "5000")],
        *[
            ("五", "5"),
            ("十二个", "12个"),
            ("二十一", "21"),
            ("一百零五", "105"),
            ("三千二百万", "32000000"),
            ("两只猫", "2只猫"),
        ],
        *[("五千克", "5千克"), ("5千米", "5千米"), ("一百一十", "110"), ("一千零一", "1001")],
    ],
)
def test_words_and_scales_in_digits(text, digits):
    assert in_digits(text) == digits


@pytest.mark.parametrize(
    "text",
    [
        *(
            "five six",
            "twenty twenty",
            "nineteen ninety-eight",
            "ten-year-old",
            "zero five",
            "hundred",
            "a cat",
            "oneself",
        ),
        *("5 hundred-dollar bills", "5 hundredths", "三五个", "三万二", "一百五", "二零一九", "百", "$5k", "", "-"),
    ],
)
def test_what_is_no_number_in_words_is_left_alone(text):
    assert in_digits(text) == text
