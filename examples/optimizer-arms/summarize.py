"""All races on one landscape, best arm first: python3 summarize.py OUT RACE..."""

import csv
import sys
from statistics import median

out, *races = sys.argv[1:]
heights = {}
for race in races:
    with open(race, newline="") as file:
        for row in csv.DictReader(file):
            heights.setdefault((row["landscape"], row["optimizer"], row["lr"]), []).append(float(row["height"]))

with open(out, "w", newline="") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["landscape", "optimizer", "lr", "races", "median_height", "worst_height"])
    for arm, found in sorted(heights.items(), key=lambda entry: median(entry[1])):
        writer.writerow([*arm, len(found), f"{median(found):.4g}", f"{max(found):.4g}"])
