"""Makes evalsuite/metrics/testdata/statistics.json from SciPy and statsmodels.

    pip install -r parity/requirements-statistics.txt
    python parity/statistics_goldens.py
"""

import json
import pathlib

import numpy as np
from scipy import optimize, stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import normal_power, zt_ind_solve_power

OUT = pathlib.Path(__file__).parent.parent / "evalsuite/metrics/testdata/statistics.json"
rng = np.random.default_rng(7)


def mcnemar_cases():
    tables = [(0, 0), (0, 1), (1, 0), (5, 5), (3, 4), (0, 30), (12, 25), (100, 140), (2000, 2150), (40000, 41000), (500000, 500700)]
    tables += [tuple(int(n) for n in rng.integers(0, 400, 2)) for _ in range(40)]
    return [{"gained": g, "lost": l, "p": float(mcnemar([[0, g], [l, 0]], exact=True).pvalue)} for g, l in tables]


def permutation(differences, **how):
    result = stats.permutation_test((differences,), np.mean, permutation_type="samples", alternative="two-sided", vectorized=True, **how)
    return float(result.pvalue)


def exact_permutations():
    cases = []
    for n in (2, 3, 4, 5, 8, 9):
        for draw in (lambda: rng.normal(0.4, 1, n), lambda: rng.integers(-2, 3, n).astype(float), lambda: rng.integers(-3, 4, n) / 3):
            differences = draw()
            cases.append({"differences": differences.tolist(), "p": permutation(differences, n_resamples=np.inf)})
    return cases


def drawn_permutations():
    cases = []
    for n, shift in ((40, 0.3), (200, 0.1), (1000, 0.05), (1000, 0)):
        differences = np.round(rng.normal(shift, 1, n), 3)
        p = permutation(differences, n_resamples=400_000, batch=5_000, rng=np.random.default_rng(1))
        cases.append({"differences": differences.tolist(), "p": p})
    return cases


def adjusted():
    cases = []
    for n in (1, 2, 5, 30):
        p = np.round(rng.uniform(0, 1, n) ** 3, 4)
        if n > 3:
            p[1] = p[0]
        case = {"p": p.tolist()}
        case["holm"] = multipletests(p, method="holm")[1].tolist()
        case["bh"] = multipletests(p, method="fdr_bh")[1].tolist()
        cases.append(case)
    return cases


def power():
    cases = []
    for deviation in (0.3, 0.62, 1.0):
        for level in (0.05, 0.01):
            for difference, n in ((0.01, 500), (0.01, 10570), (0.02, 5000), (0.05, 400), (-0.03, 2000)):
                detected = normal_power(abs(difference), n, level, alternative="two-sided", sigma=deviation)
                case = {"deviation": deviation, "level": level, "difference": difference, "n": n, "power": float(detected)}
                # statsmodels' own solver for the effect stops at 1e-5.
                missed = lambda d: normal_power(d, n, level, alternative="two-sided", sigma=deviation) - 0.8
                case["smallest"] = float(optimize.brentq(missed, 0, 10, xtol=1e-15))
                # Ratio 0 makes it the test of one sample.
                case["needed"] = float(zt_ind_solve_power(effect_size=abs(difference) / deviation, alpha=level, power=0.8, ratio=0))
                cases.append(case)
    return cases


def clusters():
    """Intervals of the cluster bootstrap, with NumPy's own draws: equal to ours up to the noise of 20,000 resamples."""
    cases = []
    for items, groups in ((60, 12), (400, 90)):
        cluster = rng.integers(0, groups, items)
        values = np.clip(np.round(rng.normal(0.5, 0.3, groups)[cluster] + rng.normal(0, 0.2, items), 3), 0, 1)
        present = np.unique(cluster)
        sums = np.array([values[cluster == c].sum() for c in present])
        sizes = np.array([(cluster == c).sum() for c in present])
        drawn = rng.integers(0, len(present), (20_000, len(present)))
        means = sums[drawn].sum(1) / sizes[drawn].sum(1)
        low, high = np.quantile(means, (0.025, 0.975))
        cases.append({"values": values.tolist(), "cluster": cluster.tolist(), "mean": float(values.mean()), "lo": float(low), "hi": float(high)})
    return cases


golden = {
    "mcnemar": mcnemar_cases(),
    "exact": exact_permutations(),
    "drawn": drawn_permutations(),
    "adjusted": adjusted(),
    "power": power(),
    "clusters": clusters(),
}
OUT.write_text(json.dumps(golden) + "\n", encoding="utf-8")
print(OUT, OUT.stat().st_size, "bytes")
