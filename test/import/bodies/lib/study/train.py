class Model:
    def __init__(self, hidden, tasks):
        self.hidden, self.tasks = hidden, tasks


def train_model(model, path, outputs, loss, seed, lr):
    for out in outputs:
        open(out, "w").write("%s %s %s %s\n" % (model.hidden, model.tasks, loss(seed), lr))
