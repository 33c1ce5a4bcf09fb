"""On what terms a study trades: what it states comes before the tables, and only what is needed is asked for."""

import datetime as dt
from decimal import Decimal

import msgspec
import pytest

import hedgerow as hr
from hedgerow.backtesting.trading_terms import TradingTerms, trading_terms
from hedgerow.config import BookLine, ExchangeLine, QuotedLine, Study
from hedgerow.config.study import contract_of
from hedgerow.core.errors import ConfigError

LATER = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


def _terms(line: ExchangeLine, rules_at: dt.datetime | None = None) -> TradingTerms:
    """The terms of a line in the place of the example's, whose days no fee is on file for."""
    study = hr.load_study(hr.example("btc-2020-03-12") / "study.toml")
    margin = msgspec.structs.replace(study.margin, rules_at=rules_at)
    study = msgspec.structs.replace(study, instrument=(line,), margin=margin)
    return trading_terms(study, line, contract_of(study, "instrument[0].name", line.name))


def _quoted(**keys: object) -> QuotedLine:
    given = {"name": "BTC-PERPETUAL", "account": "perpetuals", "lot": 10.0, "half_spread": 0.0} | keys
    return msgspec.convert(given, QuotedLine)


def _book(**keys: object) -> BookLine:
    given = {"name": "BTC-PERPETUAL", "account": "perpetuals", "lot": 10.0, "depth": "none", "tick": 0.5} | keys
    return msgspec.convert(given, BookLine)


@pytest.mark.parametrize("rules", ["deribit", "derive"])
@pytest.mark.parametrize("rules_at", [None, LATER])
def test_a_taker_needs_no_fee_of_makers(rules: str, rules_at: dt.datetime | None) -> None:
    for line in (_quoted(rules=rules, taker_fee=0.0007), _book(rules=rules, taker_fee=0.0007)):
        terms = _terms(line, rules_at)
        assert (terms.taker.rate, terms.maker.rate) == (Decimal("0.0007"), Decimal("0.0007"))


def test_a_fee_that_is_missing_is_named() -> None:
    with pytest.raises(
        ConfigError, match=r"instrument\[0\]\.taker_fee: Deribit: .*known from 2021-07-22 on\); state it"
    ):
        _terms(_quoted(rules="deribit"))
    waits = _book(rules="deribit", taker_fee=0.0007, post=True)
    with pytest.raises(ConfigError, match=r"instrument\[0\]\.maker_fee: Deribit: .* 2021-07-22 on\); state it, or let"):
        _terms(waits)
    with pytest.raises(ConfigError, match=r"instrument\[0\]\.taker_fee: Derive: .* is not on file; state it$"):
        _terms(_quoted(rules="derive", fee_tier="base"), LATER)
    with pytest.raises(ConfigError, match=r"instrument\[0\]\.fee_tier: Deribit: no fee tier 'vip9'"):
        _terms(_quoted(rules="deribit", fee_tier="vip9"), LATER)
    stated = _terms(msgspec.structs.replace(waits, maker_fee=-0.0001))
    assert (stated.taker.rate, stated.maker.rate) == (Decimal("0.0007"), Decimal("-0.0001"))


def test_who_waits_pays_what_the_table_says() -> None:
    terms = _terms(_book(rules="deribit", post=True), LATER)
    assert (terms.taker.rate, terms.maker.rate) == (Decimal("0.0005"), Decimal(0))


def test_a_study_made_in_code_without_any_fee_is_refused() -> None:
    study: Study = hr.load_study(hr.example("btc-2020-03-12") / "study.toml")
    line = _quoted()
    study = msgspec.structs.replace(study, instrument=(line,))
    with pytest.raises(ConfigError, match=r"instrument\[0\]\.taker_fee: is missing; state it, or name the venue"):
        trading_terms(study, line, contract_of(study, "instrument[0].name", line.name))
