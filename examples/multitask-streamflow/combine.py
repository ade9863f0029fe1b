"""Gathers the metrics of all models: python3 combine.py --list FILE --out TABLE --summary TEXT

FILE names one metrics file a line. Site, factor and seed are read from its path.
"""

import argparse
import csv
import re
from statistics import mean

FOLDERS = re.compile(r"site_id_([^/]+)/factor_([^/]+)/rand_seed_([^/]+)/")

parser = argparse.ArgumentParser()
parser.add_argument("--list", required=True)
parser.add_argument("--out", required=True)
parser.add_argument("--summary", required=True)
args = parser.parse_args()

rows = []
with open(args.list) as file:
    for path in file.read().splitlines():
        site, factor, seed = FOLDERS.search(path).groups()
        with open(path, newline="") as metrics_file:
            for metrics in csv.DictReader(metrics_file):
                rows.append({"site_id": site, "factor": factor, "rand_seed": seed, **metrics})

with open(args.out, "w", newline="") as file:
    writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


def error_by_site(factor):
    """Mean over the seeds of the flow error, by site."""
    errors = {}
    for row in rows:
        if row["factor"] == factor:
            errors.setdefault(row["site_id"], []).append(float(row["flow_rmse_log"]))
    return {site: mean(values) for site, values in errors.items()}


factors = sorted({row["factor"] for row in rows}, key=float)
errors = {factor: error_by_site(factor) for factor in factors}
overall = {factor: mean(errors[factor].values()) for factor in factors}
best = min(factors, key=lambda factor: overall[factor])
alone = "0" if "0" in factors else None  # the models trained on flow alone
sites, seeds = len(errors[best]), len({row["rand_seed"] for row in rows})


def change(factor):
    """Of the error against factor 0, in percent."""
    return 100 * (overall[factor] / overall[alone] - 1)


def sites_helped(factor):
    return sum(errors[factor][site] < errors[alone][site] for site in errors[factor])


lines = [
    "To multi-task or not to multi-task?",
    f"Error of streamflow in the validation year (RMSE of log flow); mean over {sites} sites and {seeds} seeds",
    "",
    "  factor   error   against factor 0",
]
for factor in factors:
    line = f"  {factor:>6}   {overall[factor]:.3f}"
    if alone is not None and factor != alone:
        line += f"   {change(factor):+5.1f} %, better at {sites_helped(factor)} of {sites} sites"
    lines.append(line)
lines += ["", f"Best factor: {best}."]
if alone is None:
    lines.append("Factor 0 (streamflow alone) is not among the factors, so there is nothing to compare with.")
elif best == alone:
    lines.append("Multi-tasking does not help: no factor beats learning streamflow alone.")
else:
    extent = "at most sites" if sites_helped(best) > sites / 2 else "on average, but not at most sites"
    lines.append(f"Multi-tasking helps {extent}: learning temperature too changes the error by {change(best):+.1f} %.")
    if change(factors[-1]) > 0:
        largest = factors[-1]
        lines.append(f"Too much of it hurts: at factor {largest} the error changes by {change(largest):+.1f} %.")

summary = "\n".join(lines) + "\n"
with open(args.summary, "w") as file:
    file.write(summary)
print(summary, end="")
