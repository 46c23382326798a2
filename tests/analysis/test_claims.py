import json

import numpy as np
import pytest
import xarray as xr

from grok_jax.analysis.claims import (
    FAILS,
    HOLDS,
    MIXED,
    NOT_MEASURED,
    Claim,
    Measured,
    NotMeasured,
    format_claims,
    judge,
    over_seeds,
    save_verdicts,
)


def seeds(*values):
    return xr.DataArray(list(values), dims="seed")


def claim(measured, name="paper/fig1/1"):
    return Claim(name, "what it says", "what the paper has", lambda ds: measured)


def verdicts(*measured):
    return judge([claim(m, f"paper/fig1/{i}") for i, m in enumerate(measured)], xr.Dataset())


def test_judging_reports_every_field():
    assert verdicts(Measured(3.0, HOLDS, "a note")) == [
        {
            "id": "paper/fig1/0",
            "claim": "what it says",
            "paper": "what the paper has",
            "own": False,
            "measured": 3.0,
            "verdict": "holds",
            "note": "a note",
            "finding": "",
        }
    ]


@pytest.mark.parametrize(
    ("verdict", "shown"), [(HOLDS, ""), (MIXED, "because"), (FAILS, "because"), (NOT_MEASURED, "")]
)
def test_only_a_claim_that_does_not_hold_or_is_mixed_shows_its_finding(verdict, shown):
    found = judge([claim(Measured(1.0, verdict))._replace(finding="because")], xr.Dataset())
    assert found[0]["finding"] == shown
    assert ("finding: because" in format_claims(found)) == bool(shown)


def test_a_measure_that_cannot_measure_says_why():
    def measure(ds):
        raise NotMeasured("no run with wd = 0")

    (verdict,) = judge([Claim("a", "b", "c", measure)], xr.Dataset())
    assert (verdict["verdict"], verdict["note"]) == ("not measured", "no run with wd = 0")


def test_a_measure_with_a_mistake_is_not_hushed_up():
    def measure(ds):
        return ds["no_such_variable"]

    with pytest.raises(KeyError):
        judge([Claim("a", "b", "c", measure)], xr.Dataset())


@pytest.mark.parametrize(
    ("showing", "deciding", "verdict"),
    [
        (3, 3, HOLDS),
        (2, 3, MIXED),
        (1, 3, FAILS),
        (3, 4, MIXED),
        (4, 5, HOLDS),
        (3, 5, MIXED),
        (2, 5, FAILS),
        (2, 4, MIXED),
        (16, 20, HOLDS),
        (15, 20, MIXED),
        (0, 3, FAILS),
    ],
)
def test_a_claim_holds_from_four_in_five_seeds_on_and_does_not_below_half(showing, deciding, verdict):
    assert over_seeds(seeds(*[True] * showing, *[False] * (deciding - showing)), {}).verdict == verdict


def test_a_claim_says_how_many_of_how_many_seeds_and_the_medians():
    measured = over_seeds(seeds(True, True, False), {"delay": seeds(10.0, np.inf, 20.0)})
    assert measured.value == {"delay": 20.0, "seeds": "2 of 3 (0.25 to 0.92)"}


def test_seeds_that_do_not_decide_are_left_out():
    measured = over_seeds(seeds(True, True, True, False), {}, seeds(True, True, True, False))
    assert (measured.verdict, measured.value["seeds"]) == (HOLDS, "3 of 3 (0.53 to 1.00)")
    assert measured.note == "1 of 4 seeds undecided within the budget"


def test_the_share_of_seeds_comes_with_its_wilson_interval():
    p, n, z = 7 / 20, 20, 1.6448536
    middle, half = p + z**2 / (2 * n), z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    low, high = ((middle + sign * half) / (1 + z**2 / n) for sign in (-1, 1))
    found = over_seeds(seeds(*[True] * 7, *[False] * 13), {}).value["seeds"]
    assert found == f"7 of 20 ({low:.2f} to {high:.2f})"


def test_fewer_than_three_deciding_seeds_give_no_verdict():
    measured = over_seeds(seeds(True, True), {})
    assert measured.verdict == NOT_MEASURED
    assert measured.note == "only 2 decided, and a verdict needs 3"
    assert over_seeds(xr.DataArray(True), {}).verdict == NOT_MEASURED
    assert over_seeds(seeds(True, True, True), {}, seeds(True, True, False)).verdict == NOT_MEASURED
    assert over_seeds(seeds(True, True, True), {}, seeds(False, False, False)).value["seeds"] == "0 of 0"


def test_seeds_without_a_value_are_counted():
    assert "1 of 3" in over_seeds(seeds(True, True, False), {"delay": seeds(1.0, 2.0, np.nan)}).note


def test_an_axis_besides_the_seeds_cannot_be_judged():
    with pytest.raises(NotMeasured, match="width"):
        over_seeds(xr.DataArray(np.ones((3, 2), bool), dims=("seed", "width")), {})
    assert over_seeds(xr.DataArray(np.ones((3, 1), bool), dims=("seed", "width")), {}).verdict == HOLDS


def test_saved_claims_are_valid_json_without_nan_and_infinity(tmp_path):
    value = {"t": np.float32(np.inf), "delay": np.nan, "n": np.int64(3), "seeds": "2 of 3"}
    save_verdicts(tmp_path / "claims.json", verdicts(Measured(value, HOLDS, "α")))

    def refuse(word):
        raise AssertionError(f"{word} is not JSON")

    (read,) = json.loads((tmp_path / "claims.json").read_text("utf-8"), parse_constant=refuse)
    assert read["measured"] == {"t": "never", "delay": None, "n": 3, "seeds": "2 of 3"}
    assert read["verdict"] == "holds"
    assert read["note"] == "α"


def test_saved_claims_make_the_same_table(tmp_path):
    found = verdicts(Measured({"t": np.inf, "delay": np.nan, "n": 12345.6, "seeds": "2 of 3"}, HOLDS, "α"))
    save_verdicts(tmp_path / "claims.json", found)
    assert format_claims(json.loads((tmp_path / "claims.json").read_text("utf-8"))) == format_claims(found)


def test_the_table_fits_the_terminal_and_shows_everything():
    long = Measured(
        {"delay": 12.345, "t95(test)": np.inf, "t95(train)": 12345.0, "seeds": "2 of 3"}, NOT_MEASURED, "why " * 60
    )
    table = format_claims(verdicts(long, Measured("words", FAILS), Measured(np.nan, HOLDS)))
    assert max(map(len, table.splitlines())) <= 120
    for shown in ("paper/fig1/0", "12.3", "never", "12,345", "2 of 3", "note: why", "does not hold", "words"):
        assert shown in table
    assert table.endswith("1 hold, 0 mixed, 1 do not hold, 1 not measured")


def test_numbers_beyond_a_million_are_shown_by_their_size():
    table = format_claims(verdicts(Measured({"a": 999_999.0, "b": 1.3e30}, HOLDS)))
    assert "a 999,999, b 1.3e+30" in table


def test_a_table_of_no_claims_has_no_rows():
    assert format_claims([]).endswith("0 hold, 0 mixed, 0 do not hold, 0 not measured")


def test_claims_of_our_own_are_marked_and_counted_apart():
    ours = Claim("paper/fig1/1", "what we say", "what it assumes", lambda ds: Measured(1.0, MIXED), own=True)
    found = judge([ours, claim(Measured(1.0, HOLDS), "paper/fig1/2")], xr.Dataset())
    table = format_claims(found)
    assert "(ours) what it assumes" in table
    assert table.endswith(
        "1 hold, 0 mixed, 0 do not hold, 0 not measured; our own: 0 hold, 1 mixed, 0 do not hold, 0 not measured"
    )
