"""Studies on simulated paths as text that a test may change."""

from pathlib import Path

import hedgerow as hr
from hedgerow.config import SimulationStudy

MODEL = '[model]\nkind = "gbm"\nsigma = 0.6\nmu = 0.1\n'
OPTION = "[option]\nstrike = 105.0\nexpiry_days = 10\n"
HEDGE = "[hedge]\nsteps = 10\nproportional_cost = 0.002\n"
SIMULATION = "[simulation]\npaths = 1000\nseed = 3\n"
DELTA = '[[policy]]\nkind = "delta"\n'
MODELS = {
    "gbm": MODEL,
    "heston": '[model]\nkind = "heston"\nv0 = 0.4\nkappa = 3.0\ntheta = 0.5\nvol_of_vol = 1.0\nrho = -0.3\n',
    "merton": '[model]\nkind = "merton"\nvol = 0.5\njump_intensity = 5.0\njump_mean = -0.05\njump_vol = 0.1\n'
    "mu = 0.2\n",
    "bates": '[model]\nkind = "bates"\nv0 = 0.4\nkappa = 3.0\ntheta = 0.5\nvol_of_vol = 1.0\nrho = -0.3\n'
    "jump_intensity = 5.0\njump_mean = -0.05\njump_vol = 0.1\n",
    "svcj": '[model]\nkind = "svcj"\nv0 = 0.4\nkappa = 3.0\ntheta = 0.5\nvol_of_vol = 1.0\nrho = -0.3\njump_vol = 0.1\n'
    "jump_intensity = 5.0\njump_mean = -0.05\nvariance_jump_mean = 0.1\njump_correlation = -0.2\n",
    "sabr": '[model]\nkind = "sabr"\nalpha = 0.6\nbeta = 1.0\nvol_of_vol = 0.8\nrho = -0.2\n',
    "lognormal_sv": '[model]\nkind = "lognormal_sv"\nvol0 = 0.6\ntheta = 0.7\nkappa1 = 3.0\nkappa2 = 3.0\nbeta = 0.2\n'
    "vol_of_vol = 0.8\n",
}
"""A model of each kind."""


def text(*policies: str, model: str = MODEL, held: str = OPTION, hedge: str = HEDGE, more: str = "") -> str:
    """Return a study; policies are the tables below ``[[policy]]``."""
    tables = "".join(f"[[policy]]\n{table}\n" for table in policies) or DELTA
    return model + held + hedge + more + SIMULATION + tables


def load(folder: Path, content: str) -> SimulationStudy:
    """Write a study into a folder and read it."""
    path = folder / "study.toml"
    path.write_text(content)
    return hr.load_simulation(path)
