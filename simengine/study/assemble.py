"""From a tree to checked models: the study, then each of its scenarios, every problem once."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from simengine.study.check import check_rules
from simengine.study.check_drivers import check_use, driver_paths
from simengine.study.checker import Checker
from simengine.study.model import StudySpec
from simengine.study.places import is_distribution
from simengine.study.scenarios import merged, split_scenarios
from simengine.study.structure import Finding, Form, Path, Tree, check_form


@dataclass
class Assembled:
    """The models of a study and its scenarios, with everything that was found; models are sound only where nothing was."""

    spec: StudySpec | None
    scenarios: dict[str, StudySpec] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)


def assemble(tree: Tree, lost: Sequence[Path] = ()) -> Assembled:
    """Check a study tree as a whole; ``lost`` are parts of it that could not be read and are reported already."""
    base, changes, findings = split_scenarios(tree)
    drawn = [path for name in changes for path in _distributions(changes[name], ())]
    form = check_form(base, lost)
    checker = _check(base, form, drawn)
    made = Assembled(form.spec, findings=findings + form.findings + (checker.findings if checker else []))
    known_drivers = [] if form.spec is None else list(driver_paths(form.spec))
    reported = {(finding.path, finding.rule) for finding in made.findings}
    for name, change in changes.items():
        together, refused = merged(base, name, change)
        made.findings += refused
        varied = check_form(together, [*lost, *(path[2:] for path in lost if path[:2] == ("scenarios", name))])
        rules = _check(together, varied, drawn, known_drivers)
        for finding in varied.findings + (rules.findings if rules else []):
            if (finding.path, finding.rule) not in reported:
                made.findings.append(Finding(("scenarios", name, *finding.path), finding.rule, finding.value, finding.nearest))
        known = checker.warnings if checker else []
        found_here = [found for found in (rules.warnings if rules else []) if found not in known]
        made.warnings += [Finding(("scenarios", name, *found.path), found.rule) for found in found_here]
        if varied.spec is not None:
            made.scenarios[name] = varied.spec
    if checker is not None:
        check_use(checker, [checker.spec, *made.scenarios.values()])
        made.warnings = checker.warnings + made.warnings
    return made


def _check(tree: Tree, form: Form, drawn: list[str], base: Sequence[str] | None = None) -> Checker | None:
    if form.spec is None:
        return None
    checker = Checker(form.spec, tree, form.cut)
    check_rules(checker, drawn, base)
    return checker


def _distributions(node: object, path: tuple[str, ...]) -> list[str]:
    if is_distribution(node):
        return [".".join(path)]
    if not isinstance(node, dict):
        return []
    return [found for key, value in node.items() for found in _distributions(value, (*path, key))]
