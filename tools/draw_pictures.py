"""Draw the pictures of the documentation from the example, into docs/pictures.

.venv/bin/python tools/draw_pictures.py [FOLDER]
"""

import sys
from pathlib import Path

import hedgerow as hr
from hedgerow.instruments import RangePosition
from hedgerow.report import calibration_pictures, pictures, pool_pictures, risk_pictures
from hedgerow.report.policy_frontier_pictures import policy_frontier_picture

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "pictures"
EXAMPLE = "eth-2024-01-08"
STUDY, SETTINGS = "short-call", 7


def liquidity() -> hr.PoolReport:
    """The position of the page on hedging liquidity."""
    pool = hr.load_pool(hr.example("liquidity") / "uniswap-v3.json")
    position = RangePosition(
        name="narrow range", pool=pool.name, liquidity=9 * 10**16, tick_lower=198_260, tick_upper=200_260
    )
    terms = hr.PoolTerms(
        numeraire="USDC",
        prices={"WETH": 2222.19},
        trade_cost=5.0,
        risk_aversion=1e-4,
    )
    return hr.pool_report(pool, position, terms)


def main(folder: Path) -> None:
    """Write every picture, as ``surface-NAME.svg``, ``calibration-NAME.svg``, ``risk-NAME.svg``, and the frontier's."""
    example = hr.example(EXAMPLE)
    desk, market = hr.load_desk(example / "desk.toml"), hr.load_snapshot(example)
    surface, calibration = hr.surface(market), hr.calibrate(market)
    drawn = {f"surface-{name}.svg": draw(surface) for name, draw in pictures.PICTURES.items()}
    drawn |= {f"calibration-{name}.svg": draw(calibration) for name, draw in calibration_pictures.PICTURES.items()}
    drawn |= {f"pool-{name}.svg": draw(liquidity()) for name, draw in pool_pictures.PICTURES.items()}
    drawn |= {f"risk-{name}.svg": draw(hr.risk(desk, market)) for name, draw in risk_pictures.PICTURES.items()}
    frontier = hr.simulate(hr.example(STUDY) / "study.toml", frontier=SETTINGS).frontier
    if frontier is not None:
        drawn["policy-frontier.svg"] = policy_frontier_picture(frontier)
    folder.mkdir(parents=True, exist_ok=True)
    for name, picture in drawn.items():
        path = folder / name
        path.write_text(picture, encoding="utf-8")
        print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
