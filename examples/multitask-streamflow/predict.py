"""One partition's predictions: python3 predict.py PREPPED MODEL train|validation PREDICTIONS"""

import csv
import json
import math
import sys

import basin
from model import INPUTS, predict

prepped_file, model_file, partition, out_file = sys.argv[1:]
with open(prepped_file) as file:
    prepped = json.load(file)
with open(model_file) as file:
    model = json.load(file)

# The model runs through all days, so that its stores are full when the validation year begins.
scaled = predict(model, [prepped["series"][name] for name in INPUTS])
(flow_mean, flow_spread), (water_mean, water_spread) = prepped["scale"]["flow"], prepped["scale"]["temperature"]

with open(out_file, "w", newline="") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["site_id", "date", "flow_m3s", "temperature_c"])
    for day, flow, water in zip(prepped["dates"], scaled["flow"], scaled["temperature"]):
        if basin.in_partition(day, partition):
            flow_m3s = math.exp(flow_mean + flow_spread * flow)
            writer.writerow([prepped["site_id"], day, f"{flow_m3s:.4f}", f"{water_mean + water_spread * water:.2f}"])
