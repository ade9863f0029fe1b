"""What the rules of wfc.yml call: a model of streamflow that must learn water temperature, too, in numpy and pandas."""
import numpy as np
import pandas as pd

DAYS = 730
WINDOW = 7
HIDDEN = 16
RATE = 0.1


def prepare(site, out):
    """Two years of weather at a site, and of what its river made of it: a row a day."""
    rng = np.random.default_rng(int(site))
    day = np.arange(DAYS)
    season = -np.cos(2 * np.pi * day / 365)
    rain = rng.gamma(0.3, 12.0, DAYS)
    air = 9 + 10 * season + rng.normal(0, 3, DAYS)
    flow = np.convolve(rain, 0.6 * 0.7 ** np.arange(15))[:DAYS] + 2
    water = np.convolve(air, np.full(5, 0.2), mode='same').clip(0)
    pd.DataFrame({'rain': rain, 'air': air, 'flow': flow, 'water': water}).to_csv(out, index=False)


def windows(table):
    """The last days' weather of each day, and the logarithm of its flow with its water temperature; all of about one size."""
    weather = np.column_stack([table['rain'] / 10, table['air'] / 10])
    inputs = np.hstack([weather[WINDOW - k - 1:len(weather) - k] for k in range(WINDOW)])
    wanted = np.column_stack([np.log(table['flow']), table['water'] / 10])[WINDOW - 1:]
    return inputs, wanted


def half(table, partition):
    """The first year trains, the second validates."""
    return table[:DAYS // 2] if partition == 'train' else table[DAYS // 2:]


def train(data, factor, seed, epochs, out):
    """One hidden layer, by gradient descent; an error of water temperature counts `factor` times."""
    inputs, wanted = windows(half(pd.read_csv(data), 'train'))
    rng = np.random.default_rng(int(seed))
    first = rng.normal(0, 0.3, (inputs.shape[1], HIDDEN))
    second = rng.normal(0, 0.3, (HIDDEN, 2))
    weights = np.array([1.0, float(factor)]) / (1 + float(factor))
    for _ in range(int(epochs)):
        hidden = np.tanh(inputs @ first)
        error = RATE * (hidden @ second - wanted) * weights / len(inputs)
        back = (error @ second.T) * (1 - hidden ** 2)
        second -= hidden.T @ error
        first -= inputs.T @ back
    with open(out, 'wb') as file:
        np.savez(file, first=first, second=second)


def predict(data, model, partition, out):
    table = half(pd.read_csv(data), partition)
    inputs, _ = windows(table)
    with np.load(model) as layers:
        flow = np.exp((np.tanh(inputs @ layers['first']) @ layers['second'])[:, 0])
    pd.DataFrame({'observed': table['flow'][WINDOW - 1:], 'predicted': flow}).to_csv(out, index=False)


def evaluate(predictions, labels, out):
    """Nash-Sutcliffe efficiency: 1 is perfect, 0 no better than the mean."""
    table = pd.read_csv(predictions)
    spread = ((table['observed'] - table['observed'].mean()) ** 2).sum()
    efficiency = 1 - ((table['observed'] - table['predicted']) ** 2).sum() / spread
    pd.DataFrame([{**labels, 'efficiency': round(float(efficiency), 4)}]).to_csv(out, index=False)


def combine(tables, out):
    """The median over sites and seeds, by factor."""
    rows = pd.concat([pd.read_csv(path) for path in tables])
    rows.groupby('factor')['efficiency'].median().to_csv(out)
