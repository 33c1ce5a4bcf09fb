"""A study from file to report: policies side by side on the same recorded days."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from hedgerow.backtesting.accounts import accounts_report
from hedgerow.backtesting.drivers import run_loop, run_skip_ahead
from hedgerow.backtesting.fits import VolFitter
from hedgerow.backtesting.holdings import HeldBook, held_book, price_rate
from hedgerow.backtesting.labels import Input
from hedgerow.backtesting.leverages import check_covered
from hedgerow.backtesting.load import Recorded, check_files, load_recorded
from hedgerow.backtesting.margins import check_rules
from hedgerow.backtesting.market_tape import make_tape
from hedgerow.backtesting.measure import measure
from hedgerow.backtesting.recording import open_record
from hedgerow.backtesting.samples import Samples, leave_alone, take_samples, with_deposits_of
from hedgerow.backtesting.session import Session
from hedgerow.backtesting.starts import policy_start
from hedgerow.backtesting.trading_terms import unknown_terms
from hedgerow.backtesting.wiring import engine_settings, make_venue, operator_moves
from hedgerow.config import PolicyLine, Study
from hedgerow.core.errors import InputError, InvariantBroken
from hedgerow.core.instants import seconds_ns
from hedgerow.engine import Engine
from hedgerow.report.backtest import BacktestReport, PolicyResult, Unhedged

Progress = Callable[[str, int, int], None]


def _no_progress(_name: str, _done: int, _total: int) -> None:
    """Tell nobody."""


def _say_nothing(_text: str) -> None:
    """Tell nobody."""


def backtest(
    study: Study,
    *,
    every_event: bool = False,
    journal: str | Path | None = None,
    progress: Progress = _no_progress,
    say: Callable[[str], None] = _say_nothing,
) -> BacktestReport:
    """Run every policy of a study through its recorded days.

    Parameters
    ----------
    study : Study
        What is held, hedged with what, when.
    every_event : bool
        True hands every event to the engine, False skips ahead to the next wake. The decisions are the same.
    journal : str, Path or None
        Folder in which every event and decision is recorded, one journal for each policy; it implies
        ``every_event``. What is there already is checked and continued.
    progress : callable
        Told the policy's name, how many rows are done and how many there are, now and then. [count]
    say : callable
        Told in words what was found in a journal that is continued.

    Returns
    -------
    BacktestReport
        P&L, risk and costs of each policy, and of the book left alone. [numeraire of the study]

    Raises
    ------
    ConfigError
        If the study, its files or the journal break a rule.
    InvariantBroken
        If the engine's ledger and the venue's differ at the end: a bug of Hedgerow.

    Examples
    --------
    >>> import hedgerow as hr
    >>> report = hr.backtest(hr.load_study(hr.example("lp-2023-08-13") / "study.toml"))
    >>> [policy.name for policy in report.policies]
    ['band 2 ETH', 'band 0.5 ETH', 'every hour', 'every 5 minutes']
    """
    check_files(study)
    check_rules(study)
    recorded = load_recorded(study)
    book = held_book(study, recorded)
    rate = price_rate(study)
    check_covered(study, float(recorded.price[0]) * rate, book.positions)
    samples = take_samples(study, recorded, book.rows, rate, book.positions, book.delivery)
    alone = leave_alone(samples, study.numeraire)
    run = _Run(study, recorded, book, every_event=every_event or journal is not None, journal=journal, say=say)
    results = [run.policy(i, samples, alone, progress) for i in range(len(study.policy))]
    return BacktestReport(
        name=study.name,
        base=study.base,
        numeraire=study.numeraire,
        start_ns=study.start_ns,
        end_ns=study.end_ns,
        interval_ns=seconds_ns(study.report.interval_s),
        driver="event loop" if run.every_event else "skip-ahead",
        events=run.events,
        inputs=tuple(_plain((*recorded.inputs, *unknown_terms(study)))),
        left_out=tuple(_left_out(recorded)),
        sample_ns=samples.at_ns,
        unhedged=alone,
        policies=tuple(results),
    )


class _Run:
    """What the policies of one study share."""

    def __init__(
        self,
        study: Study,
        recorded: Recorded,
        book: HeldBook,
        *,
        every_event: bool,
        journal: str | Path | None,
        say: Callable[[str], None],
    ) -> None:
        self.study, self.recorded, self.book, self.say = study, recorded, book, say
        self.every_event, self.journal = every_event, None if journal is None else Path(journal)
        self.starts = [policy_start(study, line, recorded, book.rows, book.positions) for line in study.policy]
        self.markets = {line.name: make_tape(study, recorded, line) for line in study.instrument}
        self.events = sum(chunk.known_ns.size for chunk in self.markets[study.instrument[0].name][1])

    def _folder(self, number: int, name: str) -> Path | None:
        if self.journal is None:
            return None
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "policy"
        return self.journal / f"{number + 1:02d}-{slug}"

    def policy(self, number: int, samples: Samples, alone: Unhedged, progress: Progress) -> PolicyResult:
        study, line = self.study, self.study.policy[number]
        name = name_of(study, line)

        def solving(_what: str, dates: int, total: int) -> None:
            progress(f"{name}, solving", dates, total)

        book, recorded = self.book, self.recorded
        start = self.starts[number]
        own = start.study
        engine = Engine(engine_settings(own, line, book.rows, recorded, solving, book.positions))
        instrument = own.traded_by(line)
        venue, tape = make_venue(own, recorded, instrument, engine, self.markets[instrument.name], book.delivery)
        if own is not study:
            samples = with_deposits_of(samples, study, own)
            alone = leave_alone(samples, study.numeraire)
        done = 0

        def tell(rows: int) -> None:
            nonlocal done
            done += rows
            progress(name, done, self.events)

        with open_record(self._folder(number, name), engine.settings, self.say) as write:
            session = Session(
                engine, venue, write, VolFitter(study, self.markets[instrument.name][1]), operator_moves(study)
            )
            try:
                (run_loop if self.every_event else run_skip_ahead)(session, tape, tell, study.end_ns)
                session.finish(study.end_ns)
            except InputError as error:  # what no check of the file alone can see
                raise study.error(f"policy[{number}]", error.problem, error.advice) from None
        if not session.books_agree():
            raise InvariantBroken(f"policy {name}: the engine's ledger and the venue's differ at the end")
        kind = str(line.__struct_config__.tag)
        prices = (recorded.price_at_ns, recorded.price)
        accounts = accounts_report(session, samples, start)
        return measure(session, samples, alone, prices, accounts, name=name, kind=kind, numeraire=study.numeraire)


def name_of(study: Study, line: PolicyLine) -> str:
    """Return a policy's name for people, unique within its study.

    Parameters
    ----------
    study : Study
        All policies.
    line : PolicyLine
        One of them.

    Returns
    -------
    str
        Its own name, or its kind, numbered if it stands more than once. [text]
    """
    names = [other.name or str(other.__struct_config__.tag) for other in study.policy]
    place = next(i for i, other in enumerate(study.policy) if other is line)
    return (
        names[place] if names.count(names[place]) == 1 else f"{names[place]} {names[: place + 1].count(names[place])}"
    )


def _plain(inputs: Sequence[Input]) -> list[dict[str, Any]]:
    return [{"name": item.name, "label": item.label, "detail": item.detail, "rows": item.rows} for item in inputs]


def _left_out(recorded: Recorded) -> list[dict[str, Any]]:
    return [
        {
            "series": bad.series,
            "file": bad.file,
            "row": bad.row,
            "time": bad.label,
            "fault": bad.fault.value,
            "reason": bad.reason,
        }
        for bad in recorded.left_out
    ]
