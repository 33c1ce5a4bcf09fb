"""Stochastic volatility and jumps: models, their prices by transform, and how they are fitted."""

from hedgerow.pricing.models.affine import AffineCoefficients, coefficients, seen_from_coin
from hedgerow.pricing.models.calibration import Calibration, calibrate_model
from hedgerow.pricing.models.parameters import SABR, SVCJ, AffineModel, Bates, Heston, LogNormalSV, Merton, Model
from hedgerow.pricing.models.prices import ModelGreeks, price_model
from hedgerow.pricing.models.sabr import SabrPoints, sabr_points, sabr_response, sabr_vol
from hedgerow.pricing.models.sabr_fit import SabrFit, SabrSlices, fit_sabr
from hedgerow.pricing.models.sums import characteristic

__all__ = [
    "SABR",
    "SVCJ",
    "AffineCoefficients",
    "AffineModel",
    "Bates",
    "Calibration",
    "Heston",
    "LogNormalSV",
    "Merton",
    "Model",
    "ModelGreeks",
    "SabrFit",
    "SabrPoints",
    "SabrSlices",
    "calibrate_model",
    "characteristic",
    "coefficients",
    "fit_sabr",
    "price_model",
    "sabr_points",
    "sabr_response",
    "sabr_vol",
    "seen_from_coin",
]
