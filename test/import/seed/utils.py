"""Stand-ins for the study's own functions: each writes a line that tells what it was given."""


def get_all_sites():
    return open("sites.txt").read().split()


def write(out_file, *words):
    with open(out_file, "w") as out:
        print(*words, file=out)


def prep_data(inputs, site, out_file):
    write(out_file, "prep", site, *inputs)


def train(data, factor, seed, out_file):
    write(out_file, "train", data, factor, seed)


def predict(data, model, partition, out_file):
    write(out_file, "predict", data, model, partition)


def calculate_metrics(observed, predicted, partition, out_file):
    write(out_file, "metrics", observed, predicted, partition)


def combine_all_metrics(inputs, out_file):
    write(out_file, *(open(path).read().strip() for path in inputs))
