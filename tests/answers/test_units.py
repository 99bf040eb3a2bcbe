import pytest

from curate.answers.units import alike, known


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *[("KG", "kg"), ("Cm", "cm"), ("MHZ", "MHz"), ("MBps", "MB/s"), ("mbps", "Mbps"), ("gb", "GB"), ("KB", "kB")],
        *[
            ("megawatts", "MW"),
            ("milliwatts", "mW"),
            ("ohms", "Ω"),
            ("Pascal", "Pa"),
            ("kelvin", "K"),
            ("moles", "mol"),
        ],
        *[("m s^-1", "m/s"), ("m·s⁻¹", "meters per second"), ("kg m s^-2", "kg·m/s²"), ("mol^{-1}", "mol-1")],
        *[
            ("μm", "um"),
            ("\u00b5m", "\u03bcm"),
            ("º", "°"),
            ("ºC", "℃"),
            ("sq. ft", "ft²"),
            ("J/mol/K", "J mol^-1 K^-1"),
        ],
        *[
            ("degrees north", "degrees"),
            ("newton metres", "N·m"),
            ("kilowatt hours", "kWh"),
            ("red cars", "blue cars"),
            ("", "kelvin"),
        ],
    ],
)
def test_spellings_of_one_unit(one, other):
    assert alike(one, other)
    assert alike(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *[("mW", "MW"), ("mPa", "MPa"), ("mA", "MA"), ("mHz", "MHz"), ("mg", "Mg"), ("mm", "Mm"), ("mm", "MM")],
        *[("MB", "Mb"), ("Kb", "kB"), ("MBps", "Mbps"), ("M", "m"), ("G", "g"), ("n", "N"), ("Ω m", "Ω")],
        *[("m s^-2", "m/s"), ("s m^-1", "m/s"), ("μm", "mm"), ("am", "pm"), ("degrees north", "degrees south")],
        *[("K", ""), ("", "T"), ("‰", ""), ("Cal", "cal"), ("metres east", "metres west")],
    ],
)
def test_units_that_differ(one, other):
    assert not alike(one, other)
    assert not alike(other, one)


def test_what_the_table_knows():
    assert all(map(known, ("cm", "square meters", "m s^-1", "CM", "%", "gallons")))
    assert not any(map(known, ("cars", "x", "apples", "m long", "ab")))
