"""`checkpoints.x.get(sample="a").output` in functions, before the checkpoint x has run.

Source of the meaning: Snakemake 7.21, snakemake/checkpoints.py.
"""

import types

from jobcalls import Files, filled
from lists import OutputPath
from values import WILDCARD, is_many


class Checkpoints:
    """By the names that rules have in the Python of this namespace."""

    def __init__(self, recorder, namespace):
        self._recorder, self._namespace = recorder, namespace

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return types.SimpleNamespace(get=lambda **wildcards: self._get(name, wildcards))

    def _rule(self, name):
        for rule in self._recorder.rules:
            is_mine = rule.namespace is self._namespace and rule.taken is not None
            if rule.name == (rule.taken[0].renamed(name) if is_mine else name):
                return rule
        raise AttributeError(f"there is no checkpoint {name}")

    def _get(self, name, wildcards):
        rule = self._rule(name)
        args, kwargs, _, _ = rule.sections.get("output", ((), {}, 0, ""))
        given = [*((None, value) for value in args), *kwargs.items()]
        texts = [text for _, value in given for text in (value if is_many(value) else [value])]
        names = dict.fromkeys(m.group("name") for text in texts for m in WILDCARD.finditer(str(text)))
        missing = next((wildcard for wildcard in names if wildcard not in wildcards), None)
        if missing is not None:
            raise KeyError(f"checkpoint {name} has the wildcard {missing}, and get() gives it no value")
        lists = self._recorder.lists
        lists.ask(rule.name, {wildcard: lists.unmarked(wildcards[wildcard]) for wildcard in names},
                  [(filled(text, wildcards), "directory" in getattr(text, "flags", ())) for text in texts])
        return types.SimpleNamespace(rule=rule, output=Files([(key, paths_of(value, wildcards)) for key, value in given]))


def paths_of(value, wildcards):
    found = filled(value, wildcards)
    return OutputPath(found) if isinstance(found, str) else [OutputPath(path) for path in found]
