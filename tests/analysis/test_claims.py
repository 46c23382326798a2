import json

import numpy as np
import pytest
import xarray as xr

from grok_jax.analysis.claims import (
    Claim,
    Measured,
    NotMeasured,
    format_claims,
    judge,
    over_seeds,
    save_claims,
)


def seeds(*values):
    return xr.DataArray(list(values), dims="seed")


def claim(measured, name="paper/fig1/1"):
    return Claim(name, "what it says", "what the paper has", lambda ds: measured)


def verdicts(*measured):
    return judge([claim(m, f"paper/fig1/{i}") for i, m in enumerate(measured)], xr.Dataset())


def test_judging_reports_every_field():
    assert verdicts(Measured(3.0, True, "a note")) == [
        {
            "id": "paper/fig1/0",
            "claim": "what it says",
            "paper": "what the paper has",
            "measured": 3.0,
            "verdict": "holds",
            "note": "a note",
        }
    ]


def test_the_three_verdicts():
    found = [v["verdict"] for v in verdicts(Measured(1.0, True), Measured(1.0, False), Measured(1.0, None))]
    assert found == ["holds", "does not hold", "not measured"]


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


def test_a_claim_takes_more_than_half_of_the_seeds():
    assert over_seeds(seeds(True, True, False), {}).holds is True
    assert over_seeds(seeds(True, True, False, False), {}).holds is False


def test_a_claim_says_how_many_of_how_many_seeds_and_the_medians():
    measured = over_seeds(seeds(True, True, False), {"delay": seeds(10.0, np.inf, 20.0)})
    assert measured.value == {"delay": 20.0, "seeds": "2 of 3"}


def test_undecided_seeds_matter_only_where_they_could_turn_the_majority():
    holds, decided = seeds(True, True, False, False), seeds(True, True, False, True)
    assert over_seeds(holds, {}, decided).holds is None
    assert "1 of 4" in over_seeds(holds, {}, decided).note
    assert over_seeds(seeds(True, True, True, False), {}, decided).holds is None
    assert over_seeds(seeds(True, True, True, False), {}, seeds(True, True, True, False)).holds is True
    assert over_seeds(seeds(False, False, True, False), {}, decided).holds is False


def test_fewer_than_three_seeds_give_no_verdict():
    measured = over_seeds(seeds(True, True), {})
    assert measured.holds is None
    assert "2 of the 3 seeds" in measured.note
    assert over_seeds(xr.DataArray(True), {}).holds is None


def test_seeds_without_a_value_are_counted():
    assert "1 of 3" in over_seeds(seeds(True, True, False), {"delay": seeds(1.0, 2.0, np.nan)}).note


def test_an_axis_besides_the_seeds_cannot_be_judged():
    with pytest.raises(NotMeasured, match="width"):
        over_seeds(xr.DataArray(np.ones((3, 2), bool), dims=("seed", "width")), {})
    assert over_seeds(xr.DataArray(np.ones((3, 1), bool), dims=("seed", "width")), {}).holds is True


def test_saved_claims_are_valid_json_without_nan_and_infinity(tmp_path):
    value = {"t": np.float32(np.inf), "delay": np.nan, "n": np.int64(3), "seeds": "2 of 3"}
    save_claims(tmp_path / "claims.json", verdicts(Measured(value, True, "α")))

    def refuse(word):
        raise AssertionError(f"{word} is not JSON")

    (read,) = json.loads((tmp_path / "claims.json").read_text("utf-8"), parse_constant=refuse)
    assert read["measured"] == {"t": "never", "delay": None, "n": 3, "seeds": "2 of 3"}
    assert read["verdict"] == "holds"
    assert read["note"] == "α"


def test_saved_claims_make_the_same_table(tmp_path):
    found = verdicts(Measured({"t": np.inf, "delay": np.nan, "n": 12345.6, "seeds": "2 of 3"}, True, "α"))
    save_claims(tmp_path / "claims.json", found)
    assert format_claims(json.loads((tmp_path / "claims.json").read_text("utf-8"))) == format_claims(found)


def test_the_table_fits_the_terminal_and_shows_everything():
    long = Measured({"delay": 12.345, "t95(test)": np.inf, "t95(train)": 12345.0, "seeds": "2 of 3"}, None, "why " * 60)
    table = format_claims(verdicts(long, Measured("words", False), Measured(np.nan, True)))
    assert max(map(len, table.splitlines())) <= 120
    for shown in ("paper/fig1/0", "12.3", "never", "12,345", "2 of 3", "note: why", "does not hold", "words"):
        assert shown in table
    assert table.endswith("1 hold, 1 do not hold, 1 not measured")


def test_a_table_of_no_claims_has_no_rows():
    assert format_claims([]).endswith("0 hold, 0 do not hold, 0 not measured")
