"""Functions that Snakemake 8 brings for inputs and params. What they give may be a function of the wildcards.

Source of the meaning: snakemake.readthedocs.io 8, "Helpers for defining rules".
"""

import os

import surroundings
import values

NOT_GIVEN = object()


def resolved(value, wildcards):
    return value(wildcards) if callable(value) else value


def now_or_later(name, decide, given):
    """The result, or where it hangs on wildcards a function of them."""
    decide.__name__ = name
    return decide if any(callable(value) for value in given) else decide(None)


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
            return at_path(table, asked) if dpath is not None else rows_of(table, asked, cols, is_nrows)
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


def rows_of(table, query, cols, is_nrows):
    found = table.query(query)
    if is_nrows is not None:
        return len(found) == is_nrows
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


def names(namespace):
    return {"branch": branch, "lookup": lookup, "collect": expand, "exists": os.path.exists,
            "evaluate": lambda expression: evaluate(expression, namespace)}
