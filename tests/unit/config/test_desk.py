"""The desk file: read as written, or refused with file, line, field and remedy on one line."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from hedgerow.config import Desk, load_desk
from hedgerow.core.errors import ConfigError

LIMITS = "[hedge.limits]"
MISSING = "required key is missing; add it"
ONE_SIDE = "one side of a quote only; state both bid and ask"
HEDGED = '"ETH-12JAN24-2250-C",'

Edit = Callable[[str, str], Path]


@pytest.fixture
def edit(example_folder: Path, tmp_path: Path) -> Edit:
    """Write the example desk with its first `old` replaced by `new`."""
    text = (example_folder / "desk.toml").read_text(encoding="utf-8")

    def write(old: str, new: str) -> Path:
        assert old in text
        path = tmp_path / "desk.toml"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return path

    return write


def refusal(path: Path) -> ConfigError:
    """Load a desk that must be refused; the message is one line with the file and what to do."""
    with pytest.raises(ConfigError) as caught:
        load_desk(path)
    error = caught.value
    assert "\n" not in str(error)
    assert str(error).startswith(f"{path}:")
    assert error.advice
    assert str(error).endswith(error.advice)
    return error


def lines_with(path: Path, start: str) -> list[int]:
    return [n for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if line.startswith(start)]


def test_the_example_is_read_as_written(desk: Desk, example_folder: Path) -> None:
    assert (desk.base, desk.numeraire) == ("ETH", "USD")
    assert desk.file == str(example_folder / "desk.toml")
    assert desk.balances == {"ETH": 420.0, "USDC": 350_000.0}
    assert desk.rates == {"USDC": 1.0}
    assert [line.quantity for line in desk.position] == [-250, -300, -600, 400, 350, -200, 500, 150_000]
    assert (desk.position[7].instrument, desk.position[7].entry_price) == ("ETH-PERPETUAL", 2241.35)
    assert desk.position[0].entry_price is None
    assert desk.liquidity[0].liquidity == 90_000_000_000_000_000
    assert (desk.contract[0].bid, desk.contract[0].ask, desk.contract[0].taker_fee) == (2222.5, 2222.6, 0.0005)
    assert desk.hedge.neutral == {"delta": 0.0, "vega_per_volpoint": (-500.0, 500.0)}
    assert desk.hedge.limits["ETH-26JAN24-2300-C"] == 500.0
    assert (desk.risk.spot_vol, desk.risk.spot_vol_correlation) == (0.6, -0.2)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('numeraire = "USD"', 'numeraire = "ETH"'),
        ("quantity = -250.0", "quantity = -250"),
        (LIMITS, LIMITS + '\n"ETH-PERPETUAL" = 0'),
        ("taker_fee = 0.0005", "taker_fee = 0"),
        ("bid = 2_222.50", "bid = 2_222.60"),  # locked
        ("bid = 2_222.50\nask = 2_222.60\n", ""),  # terms only
        ("liquidity = 90_000_000_000_000_000", 'liquidity = "340282366920938463463374607431768211455"'),
        ("spot_vol = 0.60", "spot_vol = 2.5"),
    ],
)
def test_what_is_unusual_but_right_is_accepted(edit: Edit, old: str, new: str) -> None:
    assert load_desk(edit(old, new)).base == "ETH"


@pytest.mark.parametrize(
    ("old", "new", "field", "said"),
    [
        # A key that is not known.
        ("name = ", "nam = ", "nam", "unknown key; remove it or correct its spelling"),
        ("quantity = -300.0", "quantty = -300.0", "position[1].quantty", "unknown key"),
        ("risk_aversion", "risk_aversoin", "hedge.risk_aversoin", "unknown key"),
        ("spot_vol = 0.60", "spotvol = 0.60", "risk.spotvol", "unknown key"),
        ("name = ", "file = ", "file", "unknown key"),
        # A value of another type.
        ('base = "ETH"', "base = 5", "base", "Expected text, got a whole number"),
        ("quantity = -600.0", "quantity = '600'", "position[2].quantity", "Expected a number, got text"),
        ("quantity = -600.0", "quantity = true", "position[2].quantity", "Expected a number, got true or false"),
        ("tick_lower = 198_260", "tick_lower = 0.5", "liquidity[0].tick_lower", "Expected a whole number"),
        ("USDC = 350_000.0", "USDC = 'much'", "balances.USDC", "Expected a number, got text"),
        (LIMITS, LIMITS + '\n"ETH-PERPETUAL" = "few"', "hedge.limits.ETH-PERPETUAL", "Expected a number, got text"),
        ("delta = 0.0", "delta = 'none'", "hedge.neutral.delta", "got text"),
        ("vega_per_volpoint = [-500.0, 500.0]", "vega_per_volpoint = [5]", "hedge.neutral.vega_per_volpoint", "got 1"),
        # A number that is none.
        ("quantity = -600.0", "quantity = nan", "position[2].quantity", "is nan; give a finite number"),
        ("quantity = -600.0", "quantity = -inf", "position[2].quantity", "is -inf; give a finite number"),
        ("entry_price = 2_241.35", "entry_price = inf", "position[7].entry_price", "is inf; give a finite number"),
        ("USDC = 350_000.0", "USDC = nan", "balances.USDC", "is nan"),
        ("bid = 2_222.50", "bid = nan", "contract[0].bid", "is nan"),
        (LIMITS, LIMITS + '\n"ETH-PERPETUAL" = nan', "hedge.limits.ETH-PERPETUAL", "is nan"),
        ("delta = 0.0", "delta = nan", "hedge.neutral.delta", "is nan"),
        (
            "vega_per_volpoint = [-500.0",
            "vega_per_volpoint = [-inf",
            "hedge.neutral.vega_per_volpoint[0]",
            "is -inf; give a finite number",
        ),
        ("spot_vol = 0.60", "spot_vol = nan", "risk.spot_vol", "nan"),
        # A value outside its rule.
        ('numeraire = "USD"', 'numeraire = "EUR"', "numeraire", "is 'EUR'; state USD or ETH"),
        ("USDC = 1.0", "USDC = 0", "rates.USDC", "is 0; a rate is positive, in USD per unit"),
        ("risk_aversion = 1e-4", "risk_aversion = 0", "hedge.risk_aversion", "positive, per USD"),
        ("risk_aversion = 1e-4", "risk_aversion = -1", "hedge.risk_aversion", "is -1"),
        ("spot_vol = 0.60", "spot_vol = 55", "risk.spot_vol", "write 0.55 for 55 %"),
        ("vol_of_vol = 0.90", "vol_of_vol = 90", "risk.vol_of_vol", "write 0.55 for 55 %"),
        ("spot_vol_correlation = -0.2", "spot_vol_correlation = -20", "risk.spot_vol_correlation", "between -1 and 1"),
        (
            "horizon_hours = 24.0",
            "horizon_hours = 0",
            "risk.horizon_hours",
            "a horizon is positive, from 0.001 hours to a year",
        ),
        (LIMITS, LIMITS + '\n"ETH-PERPETUAL" = -5', "hedge.limits.ETH-PERPETUAL", "is -5; a limit is not negative"),
        (
            LIMITS,
            LIMITS + '\n"ETH-12JAN24-9999-C" = 5',
            "hedge.limits.ETH-12JAN24-9999-C",
            "is not a hedging instrument; add it to hedge.instruments",
        ),
        ("bid = 2_222.50", "bid = 2_223", "contract[0].bid", "2223 is above the ask 2222.6; uncross the quote"),
        ("bid = 2_222.50", "bid = 0", "contract[0].bid", "is 0; it must be positive"),
        ("ask = 2_222.60", "ask = -1", "contract[0].ask", "is -1; it must be positive"),
        ("ask = 2_222.60", "ask = 2_222.60\nmark = 0", "contract[0].mark", "is 0; it must be positive"),
        ("lot = 1.0", "lot = 0.0", "contract[0].lot", "is 0; it must be positive"),
        ("taker_fee = 0.0005", "taker_fee = 5", "contract[0].taker_fee", "write 0.0005 for 0.05 %"),
        ("taker_fee = 0.0005", "taker_fee = -0.1", "contract[0].taker_fee", "fees are fractions"),
        ("taker_fee = 0.0005", "fee_premium_cap = 12.5", "contract[0].fee_premium_cap", "fees are fractions"),
    ],
)
def test_a_bad_line_is_named(edit: Edit, old: str, new: str, field: str, said: str) -> None:
    path = edit(old, new)
    error = refusal(path)
    assert error.field == field
    assert said in str(error)
    assert [error.line] == lines_with(path, new.splitlines()[-1])


@pytest.mark.parametrize(
    ("old", "new", "field", "said", "place"),
    [
        (
            'instrument = "ETH-12JAN24-2100-P"\n',
            "",
            "position[1].instrument",
            MISSING,
            ("[[position]]", 1),
        ),
        ("quantity = -300.0\n", "", "position[1].quantity", MISSING, ("[[position]]", 1)),
        ("risk_aversion = 1e-4", "", "hedge.risk_aversion", MISSING, ("[hedge]", 0)),
        ("horizon_hours = 24.0", "", "risk.horizon_hours", MISSING, ("[risk]", 0)),
        (
            "bid = 2_222.50\n",
            "",
            "contract[0]",
            ONE_SIDE,
            ("[[contract]]", 0),
        ),
        (
            "ask = 2_222.60\n",
            "",
            "contract[0]",
            ONE_SIDE,
            ("[[contract]]", 0),
        ),
        (
            HEDGED,
            f"{HEDGED} {HEDGED}",
            "hedge.instruments[2]",
            "names ETH-12JAN24-2250-C twice",
            ("instruments", 0),
        ),
        ('base = "ETH"\n', "", "base", MISSING, None),
        ('numeraire = "USD"', "", "numeraire", MISSING, None),
    ],
)
def test_what_is_missing_or_doubled_is_named_with_its_table(
    edit: Edit, old: str, new: str, field: str, said: str, place: tuple[str, int] | None
) -> None:
    path = edit(old, new)
    error = refusal(path)
    assert error.field == field
    assert said in str(error)
    assert error.line == (lines_with(path, place[0])[place[1]] if place else None)


@pytest.mark.parametrize("table", ["hedge", "risk"])
def test_a_missing_table_is_named(example_folder: Path, tmp_path: Path, table: str) -> None:
    path, text = tmp_path / "desk.toml", (example_folder / "desk.toml").read_text(encoding="utf-8")
    path.write_text(text[: text.index(f"[{table}]\n")], encoding="utf-8")
    assert f"{table}: required key is missing; add it" in str(refusal(path))


def test_a_contract_is_stated_once(edit: Edit) -> None:
    path = edit("[hedge]\n", '[[contract]]\ninstrument = "ETH-PERPETUAL"\nlot = 2.0\n\n[hedge]\n')
    error = refusal(path)
    assert "names ETH-PERPETUAL twice; keep one of them" in str(error)
    assert error.field.startswith("contract")
    assert error.line in lines_with(path, "[[contract]]") + lines_with(path, 'instrument = "ETH-PERPETUAL"')


def test_broken_syntax_is_named_with_its_line(edit: Edit) -> None:
    path = edit("[balances]", "[balances")
    assert f"line {lines_with(path, '[balances')[0]}," in refusal(path).problem


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert "no such file; check the path" in str(refusal(tmp_path / "desk.toml"))


def test_an_error_of_a_desk_made_in_code_has_no_line(desk: Desk) -> None:
    error = msgspec.structs.replace(desk, file="").error("hedge.limits", "is odd", "mend it")
    assert str(error) == "desk: hedge.limits: is odd; mend it"
