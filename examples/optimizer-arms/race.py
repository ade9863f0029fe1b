"""One optimiser on one landscape, from one starting point; writes one row: the height where it ended."""

import argparse
import csv
import math
from random import Random

parser = argparse.ArgumentParser()
parser.add_argument("--landscape", choices=["bowl", "valley", "rosenbrock"], required=True)
parser.add_argument("--ill", type=float, required=True, help="how much steeper the walls are than the floor")
parser.add_argument("--optimizer", choices=["sgd", "momentum", "adam"], required=True)
parser.add_argument("--lr", required=True, help="learning rate")
parser.add_argument("--start", required=True, help="seeds the starting point")
parser.add_argument("--steps", type=int, required=True)
parser.add_argument("--out", required=True)
args = parser.parse_args()
rate = float(args.lr)


def height(x, y):
    if args.landscape == "rosenbrock":
        return (1 - x) ** 2 + args.ill * (y - x * x) ** 2
    return x * x + args.ill * y * y


def slope(x, y):
    if args.landscape == "rosenbrock":
        return [-2 * (1 - x) - 4 * args.ill * x * (y - x * x), 2 * args.ill * (y - x * x)]
    return [2 * x, 2 * args.ill * y]


random = Random(f"start {args.start}")
place = [random.uniform(-2, 2), random.uniform(-1, 3)]
speed, spread = [0.0, 0.0], [0.0, 0.0]
for step in range(1, args.steps + 1):
    for axis, g in enumerate(slope(*place)):
        g += random.gauss(0, 0.5)  # as in training on batches
        if args.optimizer == "sgd":
            place[axis] -= rate * g
        elif args.optimizer == "momentum":
            speed[axis] = 0.9 * speed[axis] - rate * g
            place[axis] += speed[axis]
        else:
            speed[axis] = 0.9 * speed[axis] + 0.1 * g
            spread[axis] = 0.999 * spread[axis] + 0.001 * g * g
            mean, variance = speed[axis] / (1 - 0.9**step), spread[axis] / (1 - 0.999**step)
            place[axis] -= rate * mean / (math.sqrt(variance) + 1e-8)
    if max(map(abs, place)) > 1e6:
        break  # flew off

with open(args.out, "w", newline="") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["landscape", "optimizer", "lr", "start", "height"])
    writer.writerow([args.landscape, args.optimizer, args.lr, args.start, f"{height(*place):.6g}"])
