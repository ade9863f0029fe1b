"""A year of made-up streamflow at a gauge, as its number seeds it: the mean, and the share of days below half of it."""

import random
import sys

site, window = sys.argv[1], int(sys.argv[2])
rng = random.Random(site)
flows = [rng.lognormvariate(0, 1) for _ in range(365)]
smooth = [sum(flows[i - window : i]) / window for i in range(window, len(flows))]
mean = sum(smooth) / len(smooth)
low = sum(flow < mean / 2 for flow in smooth) / len(smooth)
print(f"{site},{window},{mean:.3f},{low:.3f}")
