"""Trains one model: python3 train.py PREPPED --factor F --seed N --epochs N --out MODEL"""

import argparse
import json
import math

from model import HIDDEN, INPUTS, gradients, new_model

LEARNING_RATE = 0.05  # at first; falls to 0
MOMENTUM = 0.9
# Longer gradients are cut to this length, so a large factor takes from flow what it gives to temperature.
STEEPEST = 1.0
CHUNK_DAYS = 61  # one step of gradient descent for each

parser = argparse.ArgumentParser()
parser.add_argument("prepped")
parser.add_argument("--factor", type=float, required=True, help="weight of water temperature; 0 is single-task")
parser.add_argument("--seed", required=True, help="of the random starting weights")
parser.add_argument("--epochs", type=int, required=True)
parser.add_argument("--out", required=True)
args = parser.parse_args()

with open(args.prepped) as file:
    prepped = json.load(file)
train_days = prepped["train_days"]
series = {name: values[:train_days] for name, values in prepped["series"].items()}
task_weight = {"flow": 1.0, "temperature": args.factor}


def numbers(model):
    """The lists that hold the model's weights, always in the same order."""
    return model["units"] + list(model["heads"].values())


model = new_model(args.seed)
velocity = [[0.0] * len(weights) for weights in numbers(model)]
for epoch in range(args.epochs):
    stores = [0.0] * HIDDEN
    rate = LEARNING_RATE * (1 - epoch / args.epochs)
    for first in range(0, train_days, CHUNK_DAYS):
        days = slice(first, first + CHUNK_DAYS)
        inputs = [series[name][days] for name in INPUTS]
        targets = {task: series[task][days] for task in task_weight}
        gradient, stores = gradients(model, inputs, targets, task_weight, stores)
        steepness = math.sqrt(sum(g * g for part in numbers(gradient) for g in part))
        shorten = min(1.0, STEEPEST / steepness) if steepness else 1.0
        for weights, slopes, speeds in zip(numbers(model), numbers(gradient), velocity):
            for index, slope in enumerate(slopes):
                speeds[index] = MOMENTUM * speeds[index] - rate * shorten * slope
                weights[index] += speeds[index]

with open(args.out, "w") as file:
    json.dump({**model, "factor": args.factor, "seed": args.seed, "epochs": args.epochs}, file)
