"""Points in the cube from -1 to 1, and whether they lie in the ball."""


def plain(random, count, dimension):
    """Each point anywhere."""
    return [[random.uniform(-1, 1) for _ in range(dimension)] for _ in range(count)]


def latin(random, count, dimension):
    """A Latin hypercube: along each axis, one point in each of `count` slices."""
    axes = []
    for _ in range(dimension):
        slices = list(range(count))
        random.shuffle(slices)
        axes.append([-1 + 2 * (index + random.random()) / count for index in slices])
    return list(zip(*axes))


def in_ball(point):
    return sum(x * x for x in point) <= 1


THROWERS = {"plain": plain, "latin": latin}
