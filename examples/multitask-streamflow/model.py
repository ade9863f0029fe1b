"""A small recurrent network with two outputs, in plain Python.

Each hidden unit is a leaky store, like the snow, soil and groundwater that it has to learn about:

    store[today] = keep * store[yesterday] + (1 - keep) * tanh(a * rain + b * air + c * sun + d)

Both outputs, flow and temperature, are weighted sums of the same stores. What the stores learn from one, the other can
use: that is the whole idea of multi-tasking.
"""

import math
from operator import mul
from random import Random

HIDDEN = 8
INPUTS = ("rain", "air", "sun")
TASKS = ("flow", "temperature")


def new_model(seed):
    """Random starting weights. Per unit: one an input, bias, keep (as a logit); per task: one a unit, bias."""
    random = Random(f"weights {seed}")
    units = [[random.gauss(0, 0.5) for _ in INPUTS] + [0.0, random.uniform(-1, 4)] for _ in range(HIDDEN)]
    heads = {task: [random.gauss(0, 0.5) for _ in range(HIDDEN)] + [0.0] for task in TASKS}
    return {"units": units, "heads": heads}


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def run_units(units, inputs, start):
    """Per unit: what flows into the store each day, and what it holds. start: what each held on the day before."""
    inflows, stores = [], []
    for (a, b, c, bias, keep_logit), held in zip(units, start):
        keep = sigmoid(keep_logit)
        leak = 1 - keep
        inflow = [math.tanh(a * rain + b * air + c * sun + bias) for rain, air, sun in zip(*inputs)]
        store = []
        for value in inflow:
            held = keep * held + leak * value
            store.append(held)
        inflows.append(inflow)
        stores.append(store)
    return inflows, stores


def read_out(head, stores):
    """The task's prediction, a day each."""
    bias = head[-1]
    return [bias + sum(map(mul, head, today)) for today in zip(*stores)]


def gradients(model, inputs, targets, task_weight, start):
    """Of loss_flow + factor * loss_temperature over some consecutive days, by backpropagation through time.

    targets: per task a list of values, None where nothing was observed; task_weight: per task its factor.
    Returns the gradients in the shape of the model, and what the stores held at the end.
    """
    inflows, stores = run_units(model["units"], inputs, start)
    head_gradients, errors = {}, []
    for task in TASKS:
        head = model["heads"][task]
        known = sum(target is not None for target in targets[task])
        if known == 0 or task_weight[task] == 0:
            head_gradients[task] = [0.0] * len(head)
            continue
        step = 2 * task_weight[task] / known
        error = [
            0.0 if target is None else step * (predicted - target)
            for predicted, target in zip(read_out(head, stores), targets[task])
        ]
        head_gradients[task] = [sum(map(mul, error, store)) for store in stores] + [sum(error)]
        errors.append((head, error))

    unit_gradients = []
    for index, unit in enumerate(model["units"]):
        keep = sigmoid(unit[-1])
        pulls = [[head[index] * value for value in error] for head, error in errors]
        pull = list(map(sum, zip(*pulls))) if pulls else [0.0] * len(inputs[0])
        # Backwards in time: a store's error today is also what it passed on to tomorrow.
        carried, through_store = 0.0, []
        for value in reversed(pull):
            carried = value + keep * carried
            through_store.append(carried)
        through_store.reverse()
        into_tanh = [(1 - keep) * d * (1 - u * u) for d, u in zip(through_store, inflows[index])]
        before = [start[index]] + stores[index][:-1]
        by_keep = sum(d * (held - u) for d, held, u in zip(through_store, before, inflows[index]))
        by_input = [sum(map(mul, into_tanh, values)) for values in inputs]
        unit_gradients.append(by_input + [sum(into_tanh), by_keep * keep * (1 - keep)])
    return {"units": unit_gradients, "heads": head_gradients}, [store[-1] for store in stores]


def predict(model, inputs):
    """Both series, scaled, from the first day on."""
    _, stores = run_units(model["units"], inputs, [0.0] * HIDDEN)
    return {task: read_out(model["heads"][task], stores) for task in TASKS}
