"""Fits a line to noisy points by gradient descent, in as many slices as it takes: warned, it saves, and goes on from there."""
import argparse
import json
import os
import random
import signal
import sys
import time

parser = argparse.ArgumentParser()
parser.add_argument("--rate", type=float, required=True)
parser.add_argument("--epochs", type=int, required=True)
parser.add_argument("--checkpoint", required=True)
parser.add_argument("--out", required=True)
options = parser.parse_args()

warned = False


def on_warning(*_):
    # Only a note: an epoch is not left half-done.
    global warned
    warned = True


signal.signal(signal.SIGTERM, on_warning)

noise = random.Random(7)
points = [(x / 10, 3 * x / 10 - 1 + noise.gauss(0, 0.1)) for x in range(20)]

state = {"epoch": 0, "slope": 0.0, "offset": 0.0, "slices": 0}
if os.path.exists(options.checkpoint):
    with open(options.checkpoint) as file:
        state = json.load(file)
    print("goes on at epoch", state["epoch"])
state["slices"] += 1

while state["epoch"] < options.epochs and not warned:
    errors = [(x, state["slope"] * x + state["offset"] - y) for x, y in points]
    state["slope"] -= options.rate * sum(e * x for x, e in errors) / len(points)
    state["offset"] -= options.rate * sum(e for _, e in errors) / len(points)
    state["epoch"] += 1
    # An epoch of a real training takes its time.
    time.sleep(0.05)

if state["epoch"] < options.epochs:
    # A rename: whatever stops this, the checkpoint is a whole one.
    with open(options.checkpoint + ".new", "w") as file:
        json.dump(state, file)
    os.replace(options.checkpoint + ".new", options.checkpoint)
    sys.exit(f"saved at epoch {state['epoch']}")

# All is trained. While Python ends, a signal is nobody's to note: a warning that comes only now would kill it.
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
with open(options.out, "w") as file:
    json.dump(state | {"rate": options.rate}, file)
