"""What a good analyst would ask about a study that breaks no rule: warnings, each with its reason."""

from simengine.study.advice_figures import advise_on_figures
from simengine.study.advice_growth import advise_on_growth
from simengine.study.advice_schemes import advise_on_schemes
from simengine.study.advice_totals import advise_on_totals
from simengine.study.checker import Checker
from simengine.study.plan_lines import PlanLines


def advise(checker: Checker) -> None:
    """Warn of what is probably not meant. Nothing is said of a study in which parts were at fault: they would look odd for that."""
    if checker.cut or checker.findings:
        return
    plan = PlanLines(checker.spec)
    advise_on_totals(checker, plan)
    advise_on_figures(checker, plan)
    advise_on_growth(checker, plan)
    advise_on_schemes(checker, plan)
