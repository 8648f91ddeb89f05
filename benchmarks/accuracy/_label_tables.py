"""Published figures, and the orderings read off them, beside what was measured."""

# ACC in per cent, then mean errors in degrees by Top-1, WAD-2, WAD-3 (supplement, tables 5-13).
_TABLES = """
L1/SNet
1hot/CE 74.22/2.305/1.998/1.970
1hot/MSE 75.39/2.459/2.114/2.092
1hot/WD 68.54/3.184/2.958/2.936
1hot/NLAE 74.68/2.694/2.353/2.327
1hot/MSEwo 75.79/2.612/2.265/2.236
GLC/BCE 66.50/2.458/2.390/2.257
GLC/MSE 68.19/2.779/2.685/2.551
GLC/NLAE 69.38/2.290/2.225/2.044
GLC/MSEwo 71.44/2.292/2.214/2.055
SLD/CE 63.59/2.911/2.904/2.743
SLD/BCE 66.53/2.794/2.746/2.602
SLD/MSE 67.67/2.641/2.606/2.450
SLD/WD 63.84/3.497/3.399/3.275
SLD/NLAE 68.91/3.262/3.198/3.084
SLD/MSEwo 69.93/2.543/2.544/2.360
ULD/CE 71.46/2.654/2.285/2.245
ULD/BCE 74.05/2.473/2.116/2.044
ULD/MSE 76.20/2.301/1.912/1.845
ULD/WD 70.90/2.929/2.658/2.583
ULD/NLAE 72.81/2.803/2.454/2.384
ULD/MSEwo 76.88/2.176/1.782/1.696
C2/PNN-Split
1hot/CE 69.55/7.981/7.366/7.370
1hot/MSE 69.86/8.169/7.481/7.491
1hot/WD 68.22/7.189/6.573/6.576
1hot/NLAE 70.06/7.912/7.296/7.292
1hot/MSEwo 75.30/8.105/7.327/7.250
GLC/BCE 73.77/6.012/5.630/5.250
GLC/MSE 75.64/5.999/5.526/5.152
GLC/NLAE 74.13/5.950/5.504/5.143
GLC/MSEwo 77.09/5.855/5.391/5.043
SLD/CE 47.86/8.725/8.208/8.220
SLD/BCE 57.94/6.934/6.711/6.570
SLD/MSE 64.31/6.466/6.156/6.001
SLD/WD 59.47/6.707/6.410/6.246
SLD/NLAE 59.59/6.787/6.536/6.457
SLD/MSEwo 71.88/5.588/5.386/5.203
ULD/CE 66.90/7.490/6.799/6.784
ULD/BCE 71.37/6.741/5.991/5.964
ULD/MSE 70.66/7.120/6.369/6.367
ULD/WD 70.61/6.403/5.683/5.666
ULD/NLAE 71.24/6.837/6.048/6.050
ULD/MSEwo 79.33/6.089/5.291/5.114
L2/SNet-Split
1hot/CE 65.58/6.439/6.022/6.027
1hot/MSE 66.38/6.772/6.324/6.336
1hot/WD 62.56/6.145/5.892/5.896
1hot/NLAE 67.23/5.971/5.515/5.520
1hot/MSEwo 72.78/6.124/5.687/5.681
GLC/BCE 68.30/4.880/4.577/4.247
GLC/MSE 69.49/5.273/4.915/4.588
GLC/NLAE 67.65/5.101/4.728/4.419
GLC/MSEwo 70.74/4.760/4.386/4.093
SLD/CE 53.52/6.101/5.967/5.804
SLD/BCE 55.71/5.741/5.651/5.461
SLD/MSE 60.77/5.573/5.435/5.247
SLD/WD 55.37/5.862/5.701/5.538
SLD/NLAE 58.65/5.802/5.810/5.628
SLD/MSEwo 70.64/4.798/4.765/4.495
ULD/CE 64.39/5.536/4.890/4.873
ULD/BCE 63.49/5.774/5.146/5.139
ULD/MSE 66.60/5.647/4.987/4.997
ULD/WD 63.58/5.456/4.860/4.858
ULD/NLAE 67.31/5.327/4.650/4.651
ULD/MSEwo 73.53/5.296/4.554/4.524
mix/MSEwo 73.01/4.446/4.008/3.739
office/PNN
1hot/CE 62.60/3.168/3.181/3.077
1hot/MSE 64.07/3.197/3.242/3.123
1hot/WD 58.36/4.040/4.063/3.963
1hot/NLAE 63.17/3.071/3.087/2.978
1hot/MSEwo 60.92/3.695/3.753/3.621
GLC/BCE 56.06/4.877/5.282/4.860
GLC/MSE 57.52/3.495/3.795/3.465
GLC/NLAE 58.80/3.675/4.036/3.640
GLC/MSEwo 57.93/3.518/3.926/3.500
SLD/CE 54.18/7.282/7.797/7.282
SLD/BCE 54.82/6.511/7.029/6.504
SLD/MSE 58.65/4.229/4.631/4.204
SLD/WD 55.02/4.813/5.276/4.802
SLD/NLAE 59.27/4.700/5.026/4.659
SLD/MSEwo 60.43/3.184/3.582/3.163
ULD/CE 63.26/3.791/3.910/3.752
ULD/BCE 60.12/3.384/3.413/3.290
ULD/MSE 64.25/3.589/3.624/3.501
ULD/WD 62.39/3.521/3.733/3.530
ULD/NLAE 64.09/3.985/4.153/3.964
ULD/MSEwo 64.12/3.008/3.116/2.925
conf/PNN
1hot/CE 54.32/6.888/6.905/6.805
1hot/MSE 54.60/5.748/5.762/5.670
1hot/WD 49.63/7.022/7.055/6.983
1hot/NLAE 53.84/5.192/5.268/5.138
1hot/MSEwo 51.89/6.322/6.668/6.318
GLC/BCE 44.65/11.409/11.673/11.397
GLC/MSE 47.48/9.306/9.516/9.270
GLC/NLAE 50.16/9.719/10.046/9.703
GLC/MSEwo 49.90/5.816/6.078/5.814
SLD/CE 43.86/14.482/14.835/14.486
SLD/BCE 44.18/14.759/15.084/14.760
SLD/MSE 48.04/11.559/11.816/11.536
SLD/WD 45.08/13.211/13.539/13.237
SLD/NLAE 48.90/9.987/10.253/9.967
SLD/MSEwo 53.71/6.052/6.498/6.052
ULD/CE 52.97/10.561/10.657/10.503
ULD/BCE 50.87/6.545/6.600/6.457
ULD/MSE 55.90/5.483/5.527/5.394
ULD/WD 54.02/6.704/6.849/6.705
ULD/NLAE 54.33/6.654/6.729/6.601
ULD/MSEwo 54.18/5.431/5.635/5.420
office/SNet
1hot/CE 66.72/2.406/2.349/2.349
1hot/MSE 68.24/2.398/2.335/2.305
1hot/WD 64.61/2.798/2.776/2.708
1hot/NLAE 67.59/2.269/2.221/2.193
1hot/MSEwo 67.48/2.285/2.197/2.169
GLC/BCE 57.30/2.806/3.100/2.751
GLC/MSE 58.47/2.596/2.881/2.531
GLC/NLAE 57.99/2.737/2.946/2.636
GLC/MSEwo 61.11/2.474/2.766/2.413
SLD/CE 58.88/2.778/3.199/2.768
SLD/BCE 61.93/2.612/3.029/2.627
SLD/MSE 61.70/2.753/3.068/2.708
SLD/WD 62.94/2.933/3.280/2.944
SLD/NLAE 63.26/3.091/3.397/3.036
SLD/MSEwo 59.88/2.555/2.894/2.521
ULD/CE 66.68/2.375/2.366/2.326
ULD/BCE 66.58/2.352/2.351/2.285
ULD/MSE 66.23/2.290/2.252/2.191
ULD/WD 63.91/2.712/2.753/2.645
ULD/NLAE 68.05/2.417/2.487/2.428
ULD/MSEwo 68.96/2.177/2.208/2.145
conf/SNet
1hot/CE 55.79/4.765/4.634/4.629
1hot/MSE 57.53/4.744/4.627/4.599
1hot/WD 52.71/5.310/5.270/5.241
1hot/NLAE 56.67/4.912/4.805/4.791
1hot/MSEwo 56.57/4.616/4.488/4.483
GLC/BCE 48.85/4.954/5.046/4.866
GLC/MSE 50.38/4.775/4.886/4.687
GLC/NLAE 49.91/4.987/5.034/4.866
GLC/MSEwo 53.70/4.337/4.462/4.257
SLD/CE 49.45/4.993/5.164/4.934
SLD/BCE 51.28/4.945/5.107/4.914
SLD/MSE 52.56/5.022/5.176/4.948
SLD/WD 53.94/5.434/5.661/5.414
SLD/NLAE 52.34/5.392/5.554/5.323
SLD/MSEwo 52.97/4.519/4.696/4.465
ULD/CE 56.86/4.749/4.668/4.616
ULD/BCE 54.92/5.380/5.267/5.236
ULD/MSE 56.27/4.657/4.510/4.482
ULD/WD 53.82/4.937/4.836/4.786
ULD/NLAE 58.07/4.820/4.729/4.703
ULD/MSEwo 57.18/4.583/4.476/4.456
office/SNet-Split
1hot/CE 60.68/7.357/7.299/7.269
1hot/MSE 62.78/6.677/6.941/6.704
1hot/WD 60.47/6.422/6.309/6.291
1hot/NLAE 65.44/7.084/7.276/7.131
1hot/MSEwo 58.40/11.682/11.819/11.750
GLC/BCE 62.84/6.419/7.021/6.502
GLC/MSE 62.17/7.052/7.595/7.106
GLC/NLAE 59.74/6.653/7.071/6.634
GLC/MSEwo 64.23/6.130/6.756/6.180
SLD/CE 48.07/7.382/7.820/7.420
SLD/BCE 50.91/7.152/7.822/7.221
SLD/MSE 59.00/5.764/6.560/5.832
SLD/WD 46.98/7.792/8.258/7.781
SLD/NLAE 52.57/7.128/7.868/7.284
SLD/MSEwo 63.62/6.204/7.005/6.244
ULD/CE 60.65/6.246/6.371/6.219
ULD/BCE 60.56/6.382/6.536/6.403
ULD/MSE 62.78/5.908/6.017/5.860
ULD/WD 58.81/6.649/6.739/6.622
ULD/NLAE 63.34/5.639/5.751/5.618
ULD/MSEwo 62.79/6.505/6.500/6.434
mix/MSEwo 65.22/6.107/6.620/6.081
conf/SNet-Split
1hot/CE 46.98/15.048/14.895/14.880
1hot/MSE 48.32/14.003/13.867/13.837
1hot/WD 44.96/12.723/12.552/12.543
1hot/NLAE 48.58/13.995/13.845/13.814
1hot/MSEwo 49.78/18.446/18.429/18.399
GLC/BCE 52.05/11.680/11.815/11.585
GLC/MSE 51.52/12.005/12.050/11.866
GLC/NLAE 48.69/12.639/12.605/12.424
GLC/MSEwo 53.86/11.349/11.442/11.211
SLD/CE 37.36/13.191/13.378/13.175
SLD/BCE 38.70/13.209/13.409/13.199
SLD/MSE 46.51/12.050/12.231/12.020
SLD/WD 36.32/13.297/13.481/13.220
SLD/NLAE 39.12/12.847/13.158/12.906
SLD/MSEwo 53.63/11.714/11.941/11.640
ULD/CE 47.16/13.172/13.007/12.945
ULD/BCE 45.70/14.158/13.985/13.948
ULD/MSE 49.90/12.232/12.086/12.025
ULD/WD 42.41/14.342/14.191/14.135
ULD/NLAE 50.28/12.559/12.396/12.342
ULD/MSEwo 54.58/12.776/12.655/12.591
mix/MSEwo 53.68/10.519/10.459/10.229
"""


def _read(text):
    published, system = {}, None
    for line in text.split("\n"):
        name, _, figures = line.partition(" ")
        if figures:
            published[system, name] = tuple(map(float, figures.split("/")))
        else:
            system = name or system
    return published


PUBLISHED = _read(_TABLES)
FIGURES = ("ACC", "Top-1", "WAD-2", "WAD-3")


def published(system, cell):
    """Published figures as text, or a dash."""
    figures = PUBLISHED.get((system, cell))
    return "-" if figures is None else " / ".join(f"{x:.2f}" for x in figures)


def orderings(table):
    """Tell, of each published ordering and each system, whether it holds.

    Parameters
    ----------
    table : dict of (str, str) to dict
        Figures of a system and a cell on its simulated test: ``ACC`` and the decoders.

    Returns
    -------
    rows : list of dict
        ``ordering``, ``system``, ``holds`` ("true", "false", "not run", or "not all run" where it
        holds among the cells that were), the ``figures``, and ``published``, whether it holds in
        the published table.
    """
    rows = []
    for system in dict.fromkeys(system for system, _ in table):
        cells = {cell: figures for (name, cell), figures in table.items() if name == system}
        theirs = {
            cell: dict(zip(FIGURES, figures, strict=True))
            for (name, cell), figures in PUBLISHED.items()
            if name == system
        }
        for ordering, check in _ORDERINGS.items():
            verdict = check(cells, system)
            if verdict is None:
                continue
            row = {"ordering": ordering, "system": system, "holds": str(verdict[0]).lower()}
            known = str(check(theirs, system)[0]).lower().replace("not run", "-")
            rows.append(row | {"figures": verdict[1], "published": known})
    return rows


_NOT_RUN = ("not run", "-")


def _gain(cells, system):
    if "ULD/MSEwo" not in cells:
        return _NOT_RUN
    row = cells["ULD/MSEwo"]
    gain = row["Top-1"] - row["WAD-3"]
    return gain > 0, f"Top-1 - WAD-3 = {gain:.2f}"


def _gain_of_target(cells, system):
    verdict = _gain(cells, system)
    if verdict is not _NOT_RUN:
        row = cells["ULD/MSEwo"]
        return row["Top-1"] - row["WAD-3"] >= 0.3, verdict[1]
    return verdict


def _best_of(cells, others):
    """Whether the proposed system is the best of these cells, each with its best decoder."""
    run = [cell for cell in others if cell in cells]
    if "ULD/MSEwo" not in cells or not run:
        return _NOT_RUN
    errors = {cell: min(cells[cell][name] for name in FIGURES[1:]) for cell in run}
    best = min(errors, key=errors.get)
    own = cells["ULD/MSEwo"]["WAD-3"]
    holds = own < errors[best]
    if holds and len(run) < len(others):
        holds = "not all run"
    return holds, f"{own:.2f}; best of {len(run)} other cells {errors[best]:.2f} ({best})"


def _is_split(system):
    return system.endswith("-Split")


def _labelled(*labels):
    cells = {cell: None for system, cell in PUBLISHED if cell != "mix/MSEwo"}
    return [cell for cell in cells if cell.startswith(labels) and cell != "ULD/MSEwo"]


def _best(cells, system):
    if _is_split(system):
        return None
    return _best_of(cells, _labelled("1hot/", "GLC/", "SLD/", "ULD/"))


def _better_than_one_hot(cells, system):
    return None if _is_split(system) else _best_of(cells, _labelled("1hot/"))


def _least_accurate(cells, system):
    shares = {cell: cells[cell]["ACC"] for cell in _labelled("SLD/") if cell in cells}
    if "SLD/CE" not in shares or len(shares) < 2:
        return _NOT_RUN
    least = min(shares, key=shares.get)
    holds = least == "SLD/CE"
    if holds and len(shares) < len(_labelled("SLD/")):
        holds = "not all run"
    return holds, f"CE {shares['SLD/CE']:.1f}; least of {len(shares)} {shares[least]:.1f} ({least})"


def _without_activation(label):
    def check(cells, system):
        pair = f"{label}/MSEwo", f"{label}/MSE"
        if not all(cell in cells for cell in pair):
            return _NOT_RUN
        without, with_activation = (cells[cell]["WAD-3"] for cell in pair)
        return without < with_activation, f"MSE(wo) {without:.2f}, MSE {with_activation:.2f}"

    return check


def _mixed(cells, system):
    if not _is_split(system):
        return None
    if not all(cell in cells for cell in ("mix/MSEwo", "ULD/MSEwo")):
        return _NOT_RUN
    mixed, unbiased = (cells[cell]["WAD-3"] for cell in ("mix/MSEwo", "ULD/MSEwo"))
    return mixed < unbiased, f"mix {mixed:.2f}, ULD {unbiased:.2f}"


_ORDERINGS = {
    "(i) ULD, MSE(wo): WAD-3 beats Top-1": _gain,
    "(ii) ULD, MSE(wo), WAD-3 is the best of all, one source": _best,
    "(iii) SLD: CE has the lowest ACC": _least_accurate,
    "(iv) GLC: MSE(wo) beats MSE, WAD-3": _without_activation("GLC"),
    "(iv) SLD: MSE(wo) beats MSE, WAD-3": _without_activation("SLD"),
    "(v) mix beats ULD, MSE(wo), WAD-3, two sources": _mixed,
    "aim: ULD, MSE(wo), WAD-3 beats every one-hot variant": _better_than_one_hot,
    "aim: it beats its own Top-1 by at least 0.3": _gain_of_target,
}
