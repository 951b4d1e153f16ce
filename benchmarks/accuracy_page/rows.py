"""What was compared: tables, sources, and what is not scored and why."""

from collections import Counter

from accuracy_page.cases import errors_of
from accuracy_page.goals import LEFT_OUT, METRICS
from accuracy_page.markdown import NONE, count, folded, percent, plural, prose, table
from accuracy_page.study import Study
from inferc.compiler.calibration import EXCLUSIONS
from inferc.compiler.calibration.exclusions import UNFIT, exclusions_of

TABLES = {
    "published": "published table",
    "serving": "serving table",
}


def compared(study: Study) -> str:
    """Return the whole section."""
    return "\n\n".join(
        (
            _tables(study),
            folded("Sources", _sources(study)),
            "### Not scored",
            _not_scored(study),
            "### Scored, and not fitted to",
            _not_fitted(study),
            "### Not compared",
            _not_predicted(study),
        )
    )


def _main(study: Study) -> str:
    return "cell" if "cell" in study.predictions else "plain"


def _tables(study: Study) -> str:
    cases = study.cases[_main(study)]
    lines = []
    for key, name in TABLES.items():
        rows = [row for row in study.rows if study.table_of[row.id] == key]
        mine = [case for case in cases if case.table == key]
        lines.append(
            (
                name,
                count(len(rows)),
                count(len({case.row.id for case in mine})),
                count(len({case.row.id for case in mine if not case.rule})),
                *(count(sum(case.metric == m and not case.rule for case in mine)) for m in METRICS),
                count(len({row.conditions.model for row in rows})),
                count(len({row.conditions.gpu for row in rows})),
            )
        )
    head = ("", "rows", "compared", "scored", *METRICS.values(), "models", "GPUs")
    text = prose("""
The *published table* has closed loops, static batches, offline runs and MLPerf. The *serving
table* has mostly the engine's own command line with each row; its flags are read, not guessed. Rows
without a figure that is predicted, or whose model or GPU the catalog does not know, are not
compared.""")
    return "\n\n".join((table(head, lines), text))


def _sources(study: Study) -> str:
    cases = study.cases[_main(study)]
    rows = Counter((row.conditions.source, study.table_of[row.id]) for row in study.rows)
    scored = Counter(
        (source, key)
        for source, key, _ in {
            (case.row.source, case.table, case.row.id) for case in cases if not case.rule
        }
    )
    lines = [
        (source, TABLES[key], count(number), count(scored[source, key]))
        for (source, key), number in sorted(rows.items(), key=lambda item: (-item[1], item[0]))
    ]
    return table(("source", "table", "rows", "scored"), lines, texts=2)


def _not_scored(study: Study) -> str:
    cases = study.cases[_main(study)]
    rows = Counter(
        rule.name
        for row in study.rows
        for rule in exclusions_of(row.conditions)[:1]
        if row.measured
    )
    lines = []
    for rule in EXCLUSIONS:
        held = [case for case in cases if case.rule == rule.name]
        medians = []
        for metric in METRICS:
            errors = errors_of(case for case in held if case.metric == metric)
            medians.append(f"{percent(errors.median)} of {errors.n}" if errors else NONE)
        lines.append((rule.name, rule.reason, count(rows[rule.name]), *medians))
    head = ("rule", "why", "rows", *(f"{name} error" for name in METRICS.values()))
    text = prose(f"""
These rows are predicted all the same; their errors stand beside the reason (left out of the fit:
{LEFT_OUT[_main(study)]}). A row counts under the first rule that holds; some rules
concern one figure of a row alone.""")
    return "\n\n".join((text, table(head, lines, texts=2)))


def _not_fitted(study: Study) -> str:
    lines = [
        (
            rule.name,
            rule.reason,
            count(sum(rule.holds(row.conditions) for row in study.rows if row.measured)),
        )
        for rule in UNFIT
    ]
    return table(("rule", "why", "rows"), lines, texts=2)


def _not_predicted(study: Study) -> str:
    way = _main(study)
    compared_ids = {case.row.id for case in study.cases[way]}
    found = Counter(
        item.skipped or "nothing was measured that is predicted"
        for item in study.predictions[way]
        if item.id not in compared_ids
    )
    if not found:
        return f"All {plural(len(study.rows), 'row')} are compared."
    return table(("reason", "rows"), [(why, count(rows)) for why, rows in sorted(found.items())])
