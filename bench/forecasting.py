"""How good the forecast is over several made-up ledgers of both kinds; the worst of them counts."""

from bench.foretelling import Accuracy, accuracy
from bench.measures import Measures
from bench.payers import HIGHRADIUS, IBM

# Habits, customers, invoices. HighRadius' as many as were published: in a smaller one a few large payers make the bias.
_LEDGERS = ((HIGHRADIUS, 1_056, 40_000), (IBM, 100, 5_000))
_SEEDS = ("a", "b", "c")
_COVERED = 80  # per cent, what the intervals claim


def measure(*, quick: bool, measures: Measures) -> None:
    """`quick`: one ledger of each kind, looked at once."""
    seeds, looks = (_SEEDS[:1], {"times": 1}) if quick else (_SEEDS, {})
    found = {
        f"{habits.name}_{seed}": accuracy(habits, seed, customers, invoices, **looks)
        for habits, customers, invoices in _LEDGERS
        for seed in seeds
    }
    every = found.values()
    measures.add("forecast_days_ratio", max(each.days_ratio for each in every))
    measures.add("forecast_weeks_ratio", max(each.weeks_ratio for each in every))
    measures.add("forecast_bias_percent", max(abs(each.bias_percent) for each in every))
    measures.add("forecast_coverage_error", max(abs(each.covered_percent - _COVERED) for each in every))
    for name, each in found.items():
        measures.explain(**_details(name, each))


def _details(name: str, found: Accuracy) -> dict[str, float]:
    return {
        f"forecast_{name}_days_ratio": found.days_ratio,
        f"forecast_{name}_weeks_ratio": found.weeks_ratio,
        f"forecast_{name}_bias_percent": found.bias_percent,
        f"forecast_{name}_chance_percent": found.chance_percent,
        f"forecast_{name}_covered_percent": found.covered_percent,
        f"forecast_{name}_late_covered_percent": found.late_covered_percent,
        f"forecast_{name}_late_forecasts": found.late_forecasts,
        f"forecast_{name}_error_days": found.error_days,
        f"forecast_{name}_forecasts": found.forecasts,
    }
