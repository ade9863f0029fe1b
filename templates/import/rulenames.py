"""`rules`: what other rules say, for those behind them.

Source of the meaning: Snakemake 7.21, snakemake/rules.py (RuleProxy).
"""

import types

import values
from jobcalls import is_function


class RuleNames:
    """`rules.train.output.model`: paths of a rule that stands before."""

    def __init__(self, recorder):
        self._recorder = recorder
        # In the Python of a module: the `use` statement that runs it, and its rules by their names there.
        self._taken, self._named = None, None

    def _of_module(self, taken, named):
        self._taken, self._named = taken, named

    def __getattr__(self, name):
        rule = self._recorder.rule_named(name) if self._named is None else self._named.get(name)
        if rule is None:
            raise AttributeError(f"there is no rule {name} before this line")
        # A module's own paths are changed once, with all that its rules have.
        is_own = rule.taken is self._taken
        sections = (rule.own or rule.sections) if is_own else self._recorder.sections_of(rule)
        parts = {}
        for word in ("input", "output", "log"):
            args, kwargs, _, _ = sections.get(word, ((), {}, 0, None))
            parts[word] = PathList(args, kwargs, frozenset({f"made-by:{rule.name}"} if word == "output" else ()))
        return types.SimpleNamespace(**parts)


class PathList(list):
    """Paths, and functions that give some; `flags` go with the paths."""

    def __init__(self, args, kwargs, flags):
        named = [pair for a in args if isinstance(a, values.Extensions) for pair in a.items()]
        args, kwargs = [a for a in args if not isinstance(a, values.Extensions)], {**dict(named), **kwargs}
        super().__init__(t for a in [*args, *kwargs.values()] for t in texts_of(a, flags))
        for name, value in kwargs.items():
            texts = texts_of(value, flags)
            setattr(self, name, texts[0] if isinstance(value, str) or is_function(value) else texts)

    def __getitem__(self, key):
        return getattr(self, key) if isinstance(key, str) else super().__getitem__(key)

    def has_functions(self):
        return any(map(is_function, self))


def texts_of(value, flags):
    if isinstance(value, (list, tuple)):
        return [t for v in value for t in texts_of(v, flags)]
    if is_function(value):
        return [value]
    text = values.Flagged(value)
    text.flags = flags
    return [text]
