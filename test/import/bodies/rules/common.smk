class Loss:
    def __init__(self, weights):
        self.weights = weights

    def __call__(self, x):
        return sum(w * x for w in self.weights)
