"""Functions that Snakemake 8 brings for inputs and params. What they give may be a function of the wildcards.

Source of the meaning: snakemake.readthedocs.io 8, "Helpers for defining rules".
"""

import os
import types

import surroundings
import values
from computed import Computed

NOT_GIVEN = object()
# What says of a file that tasks change it in place.
IN_PLACE = ("update", "before_update")


def decides(value):
    """Whether it is a function of the wildcards; a column of a table is none."""
    return callable(value) and not isinstance(value, Computed)


def resolved(value, wildcards):
    return value(wildcards) if decides(value) else value


def now_or_later(name, decide, given):
    """The result, or where it hangs on wildcards a function of them."""
    decide.__name__ = name
    return decide if any(decides(value) for value in given) else decide(None)


def branch(condition, then=None, otherwise=None, cases=None):
    def decide(wildcards):
        found = resolved(condition, wildcards)
        chosen = cases[found] if cases is not None else then if found else otherwise
        chosen = resolved(chosen, wildcards)
        return [] if chosen is None else chosen

    return now_or_later("branch", decide, [condition, then, otherwise, *(cases or {}).values()])


def lookup(dpath=None, query=None, cols=None, is_nrows=None, within=None, default=NOT_GIVEN):
    text = dpath if dpath is not None else query

    def decide(wildcards):
        table = resolved(within, wildcards)
        try:
            asked = text.format(**dict(wildcards.items())) if wildcards is not None else text
            return at_path(table, asked) if dpath is not None else rows_of(table, asked, cols, is_nrows, default is not NOT_GIVEN)
        except LookupError:
            if default is NOT_GIVEN:
                raise
            return default

    return now_or_later("lookup", decide, [within, *([decide] if "{" in text else [])])


def at_path(value, dpath):
    for word in dpath.split("/"):
        try:
            value = value[word]
        except (LookupError, TypeError):
            if not word.lstrip("-").isdigit():
                raise KeyError(dpath) from None
            value = value[int(word)]
    return value


def rows_of(table, query, cols, is_nrows, has_default):
    found = table.query(query)
    if is_nrows is not None:
        return len(found) == is_nrows
    if len(found) == 0 and has_default:
        raise LookupError
    if isinstance(cols, str):
        column = found[cols].tolist()
        return column[0] if len(column) == 1 else column
    rows = list((found if cols is None else found[cols]).itertuples())
    return rows[0] if len(rows) == 1 else rows


def evaluate(expression, namespace):
    def evaluated(wildcards):
        return eval(expression.format(**dict(wildcards.items())), namespace)

    return evaluated


def expand(*args, **wildcards):
    """values.expand, where a pattern or the values for it may be functions of the wildcards."""
    def decide(given):
        first, *rest = args
        return surroundings.expand(resolved(first, given), *rest, **{n: resolved(v, given) for n, v in wildcards.items()})

    return now_or_later("expand", decide, [args[0], *wildcards.values()])


class Later:
    """`input.table`, `output[0]` among the arguments of params: what a job has there."""

    def __init__(self, root, steps=()):
        self._root, self._steps = root, steps

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Later(self._root, (*self._steps, name))

    def __getitem__(self, key):
        return Later(self._root, (*self._steps, key))

    def __str__(self):
        # In f-strings, as what Snakemake fills in later.
        steps = [f".{step}" if isinstance(step, str) else f"[{step}]" for step in self._steps]
        return f"{{{self._root}{''.join(steps)}}}"

    def __call__(self, wildcards, input=None, output=None, resources=None, threads=None):
        found = {"input": input, "output": output, "resources": resources, "wildcards": wildcards}[self._root]
        for step in self._steps:
            found = getattr(found, step) if isinstance(step, str) else found[step]
        return found


def of_path(name, decide, path):
    """What `decide` makes of a path, now or, where a job has it, later."""
    if not callable(path):
        return decide(path)

    def later(wildcards, input=None, output=None):
        return decide(path(wildcards, input, output) if isinstance(path, Later) else path(wildcards))

    later.__name__ = name
    return later


def subpath(path, strip_suffix=None, basename=False, parent=False, ancestor=None):
    def decide(given):
        text = str(given)
        if strip_suffix is not None:
            if not text.endswith(strip_suffix):
                raise ValueError(f"{text} does not end in {strip_suffix}")
            text = text[:len(text) - len(strip_suffix)]
        for _ in range(ancestor or (1 if parent else 0)):
            text = os.path.dirname(text)
        return os.path.basename(text) if basename else text

    return of_path("subpath", decide, path)


def parse_input(path, parser=None, **given):
    def decide(found):
        with open(str(found), encoding="utf-8") as opened:
            return opened.read().strip() if parser is None else parser(str(found), **given)

    return of_path("parse_input", decide, path)


def extract_checksum(path, file):
    def decide(found):
        with open(str(found), encoding="utf-8") as opened:
            rows = [line.split() for line in opened if line.strip()]
        sums = [row[0] for row in rows if row[-1].lstrip("*") == str(file)]
        if not sums:
            raise LookupError(f"there is no checksum of {file} in {found}")
        return sums[0]

    return of_path("extract_checksum", decide, path)


def flatten(given):
    return [text for one in given for text in (flatten(one) if values.is_many(one) else [str(one)])]


def names(namespace):
    later = {root: Later(root) for root in ("input", "output", "resources", "wildcards")}
    return {**later, "branch": branch, "lookup": lookup, "collect": expand, "exists": os.path.exists, "subpath": subpath,
            "parse_input": parse_input, "extract_checksum": extract_checksum, "flatten": flatten,
            "flag": lambda value, *flags: value, "nodelocal": values.flag("temp"),
            "access": types.SimpleNamespace(**{word: lambda value: value for word in ("sequential", "random", "multi")}),
            "evaluate": lambda expression: evaluate(expression, namespace)}
