"""Figures of Perotin et al. (2019), and their orderings, beside what was measured."""

COLUMNS = ("< 5", "< 10", "< 15", "mean", "median")
# Target of the recipe: name in the published table.
SYSTEMS = {
    "spherical": "R1 spherical, squared error",
    "angular": "R2 spherical, angular loss",
    "cartesian": "R3 Cartesian, squared error",
    "one_hot": "K1 one-hot",
    "gibbs": "K2 Gibbs target",
    "gibbs_weighted": "K3 Gibbs loss",
    "unbiased": "unbiased labels, adjacent decoding (ours)",
    "masked_histogram": "the same, masked histograms for the CRNN (ours)",
    "intensity": "IntensityLocalizer, no training",
    "histogram": "IntensityLocalizer, top of its histogram",
}
# Table 1: (a) speech through measured responses, (b) recordings without a TV.
PUBLISHED = {
    "spherical": ((28.5, 60.2, 81.2, 11.4, 8.1), (25.4, 71.7, 87.6, 11.4, 7.1)),
    "angular": ((29.7, 64.3, 80.0, 11.4, 7.9), (49.8, 90.8, 95.9, 7.1, 5.0)),
    "cartesian": ((37.1, 72.9, 88.3, 8.5, 6.4), (46.8, 87.7, 93.3, 9.1, 5.3)),
    "one_hot": ((26.6, 66.8, 85.3, 9.7, 8.0), (22.6, 85.5, 98.0, 7.5, 5.9)),
    "gibbs": ((26.0, 67.7, 86.4, 9.3, 7.5), (25.0, 83.0, 98.3, 7.3, 5.9)),
    "gibbs_weighted": ((27.6, 67.7, 84.5, 9.7, 7.2), (27.3, 88.8, 98.0, 6.9, 5.7)),
}
OURS = ("unbiased", "masked_histogram")
REGRESSIONS = ("spherical", "angular", "cartesian")
CLASSIFICATIONS = ("one_hot", "gibbs", "gibbs_weighted")
# Median distance of a direction to the nearest of the 429 points.
GRID_FLOOR = 3.9


def published(system):
    """Published figures as text, (a) then (b), or a dash."""
    if system not in PUBLISHED:
        return "-"
    return "; ".join(" / ".join(f"{x:g}" for x in figures) for figures in PUBLISHED[system])


def orderings(table):
    """Tell of each published ordering, and of each aim, whether it holds.

    Parameters
    ----------
    table : dict of (str, str) to dict
        Figures by system and condition; ``"all"`` is the whole test.

    Returns
    -------
    rows : list of dict
        ``ordering``, ``holds`` ("true", "false" or "not run") and the ``figures``.
    """
    return [{"ordering": name, **_verdict(check, table)} for name, check in _ORDERINGS.items()]


def _verdict(check, table):
    try:
        holds, figures = check(table)
    except KeyError:
        return {"holds": "not run", "figures": "-"}
    return {"holds": str(bool(holds)).lower(), "figures": figures}


def _column(table, systems, column, condition="all"):
    return {system: table[system, condition][column] for system in systems}


def _show(values):
    return ", ".join(f"{system} {value:.1f}" for system, value in values.items())


def _cartesian_best(table):
    best = []
    for column in COLUMNS:
        values = _column(table, REGRESSIONS + CLASSIFICATIONS, column)
        pick = max if column.startswith("<") else min
        best.append(pick(values, key=values.get))
    return set(best) == {"cartesian"}, "best by column: " + ", ".join(best)


def _grid_limit(table):
    fine, coarse = (_column(table, CLASSIFICATIONS, c, "clean") for c in ("< 5", "< 15"))
    holds = max(fine.values()) < 80.8 and all(coarse[s] > 2 * fine[s] for s in fine)
    return holds, f"< 5: {_show(fine)}; < 15: {_show(coarse)}"


def _twice_as_fine(table):
    ours = _column(table, ("angular", "cartesian"), "< 5", "clean")
    theirs = _column(table, CLASSIFICATIONS, "< 5", "clean")
    return min(ours.values()) >= 2 * max(theirs.values()), f"{_show(ours)}; {_show(theirs)}"


def _gibbs_falls(table):
    means = _column(table, CLASSIFICATIONS, "mean")
    values = list(means.values())
    return values == sorted(values, reverse=True), _show(means)


def _robust(condition, better, worse):
    """Whether the mean error of one kind grows less from clean clips to a condition."""

    def growth(table, systems):
        clean, noisy = (_column(table, systems, "mean", c) for c in ("clean", condition))
        return sum(noisy[s] / clean[s] for s in systems) / len(systems)

    def check(table):
        one, other = growth(table, better), growth(table, worse)
        kinds = {REGRESSIONS: "regression", CLASSIFICATIONS: "classification"}
        return one < other, f"{kinds[better]} x {one:.2f}, {kinds[worse]} x {other:.2f}"

    return check


def _baseline_beaten(table):
    medians = _column(table, ["intensity", *OURS, *PUBLISHED], "median")
    figures = _show(medians)
    return medians.pop("intensity") > max(medians.values()), figures


def _ours_best(table):
    medians = _column(table, [*OURS, *PUBLISHED], "median")
    return min(medians, key=medians.get) in OURS, _show(medians)


def _below_floor(system):
    def check(table):
        conditions = ("all", "clean", "diffuse", "interferer")
        medians = {c: table[system, c]["median"] for c in conditions}
        return medians["all"] < GRID_FLOOR, _show(medians)

    return check


_ORDERINGS = {
    "Cartesian regression is the best published system in all columns (a)": _cartesian_best,
    "classification: few below 5 degrees (grid), many below 15 (clean)": _grid_limit,
    "angular and Cartesian: twice the classifiers' share below 5 degrees (clean)": _twice_as_fine,
    "mean error falls from one-hot to Gibbs target to Gibbs loss": _gibbs_falls,
    "classification grows less than regression with a localized interferer": _robust(
        "interferer", CLASSIFICATIONS, REGRESSIONS
    ),
    "regression grows less than classification with diffuse noise": _robust(
        "diffuse", REGRESSIONS, CLASSIFICATIONS
    ),
    "aim: all trained systems beat IntensityLocalizer (median)": _baseline_beaten,
    "aim: the best of ours has a median below every published system's": _ours_best,
    "aim: masked histograms are below the floor of the 429-point grid, 3.9": _below_floor(
        "masked_histogram"
    ),
    "unbiased labels of the CRNN are below it": _below_floor("unbiased"),
}
