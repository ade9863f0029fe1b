"""What the rule evaluate_predictions imports."""

import csv
import math
from statistics import mean

import basin


def calculate_metrics(obs_file, preds_file, out_file, partition):
    """Compares predictions with what the gauge recorded on the same days; writes one row of metrics."""
    with open(preds_file, newline="") as file:
        predicted = list(csv.DictReader(file))
    site_id = predicted[0]["site_id"]
    observed = basin.observe(basin.read_station(obs_file, site_id))

    log_flow, temperature = [], []  # pairs: predicted, observed
    for row in predicted:
        if not basin.in_partition(row["date"], partition):
            raise SystemExit(f"{preds_file}: {row['date']} is not a {partition} day")
        flow_m3s, water_c = observed[row["date"]]
        if flow_m3s is not None:
            log_flow.append((math.log(float(row["flow_m3s"])), math.log(flow_m3s)))
        if water_c is not None:
            temperature.append((float(row["temperature_c"]), water_c))

    with open(out_file, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["site_id", "partition", "flow_days", "flow_rmse_log", "flow_nse_log", "temperature_rmse_c"])
        flow_numbers = [f"{rmse(log_flow):.4f}", f"{nash_sutcliffe(log_flow):.4f}"]
        writer.writerow([site_id, partition, len(log_flow), *flow_numbers, f"{rmse(temperature):.4f}"])


def rmse(pairs):
    return math.sqrt(mean((predicted - observed) ** 2 for predicted, observed in pairs))


def nash_sutcliffe(pairs):
    """1: perfect; 0: no better than always saying the mean."""
    average = mean(observed for _, observed in pairs)
    unexplained = sum((predicted - observed) ** 2 for predicted, observed in pairs)
    return 1 - unexplained / sum((observed - average) ** 2 for _, observed in pairs)
