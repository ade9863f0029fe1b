"""One station's inputs and observations, scaled for training.

python3 prep.py --site ID --out FILE obs_file.csv input_file.csv
"""

import argparse
import json
import math
from statistics import mean, pstdev

import basin

parser = argparse.ArgumentParser()
parser.add_argument("--site", required=True)
parser.add_argument("--out", required=True)
parser.add_argument("obs_file")
parser.add_argument("input_file")
args = parser.parse_args()

station = basin.read_station(args.obs_file, args.site)
gauge = basin.read_station(args.input_file, args.site)
dates = basin.all_dates()
rain, air, sun = basin.weather_station(station, gauge)
observed = basin.observe(station)

series = {
    # Rain and flow are skewed: the model sees the root of rain, and learns the logarithm of flow.
    "rain": [math.sqrt(mm) for mm in rain],
    "air": air,
    "sun": sun,
    "flow": [None if observed[day][0] is None else math.log(observed[day][0]) for day in dates],
    "temperature": [observed[day][1] for day in dates],
}

# Means and spreads come from the training days alone: the validation year must stay unseen.
train_days = sum(basin.in_partition(day, "train") for day in dates)
scale = {}
for name, values in series.items():
    known = [value for value in values[:train_days] if value is not None]
    scale[name] = [mean(known), pstdev(known)]

prepped = {
    "site_id": args.site,
    "dates": dates,
    "train_days": train_days,
    "scale": scale,  # name: [mean, spread]
    "series": {
        name: [None if value is None else round((value - scale[name][0]) / scale[name][1], 4) for value in values]
        for name, values in series.items()
    },
}
with open(args.out, "w") as file:
    json.dump(prepped, file)
