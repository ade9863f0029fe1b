"""Rules that are taken over: `use rule a as b with:`, and `module` with `use rule * from m`.

Source of the meaning: Snakemake 7.21, snakemake/modules.py, snakemake/ruleinfo.py and snakemake/path_modifier.py.
"""

import functools
import os
import types
from pathlib import Path

import values
from standins import StandIn
from translate import Problem

PATHS = ("input", "output", "log", "benchmark")


class ModuleFile:
    """What `module` says."""

    def __init__(self, name, line):
        self.name, self.line, self.given = name, line, {}

    def prefixed(self, path):
        """Paths of the module lie below its prefix, or have one begin in place of another."""
        if os.path.isabs(path) or path.startswith(".."):
            return path
        prefix = self.given.get("prefix")
        if prefix is not None:
            return os.path.join(str(prefix), path)
        begins = [b for b in self.given.get("replace_prefix") or {} if path.startswith(b)]
        return self.given["replace_prefix"][begins[0]] + path[len(begins[0]):] if len(begins) == 1 else path

    def changes_paths(self):
        return bool(self.given.get("prefix") or self.given.get("replace_prefix"))


class Taken:
    """One `use` statement."""

    def __init__(self, names, module, without, pattern, line):
        self.names, self.module, self.without, self.pattern, self.line = names, module, without, pattern, line
        self.sections, self.blocks = {}, {}

    def takes(self, name):
        return (self.names == ["*"] or name in self.names) and name not in self.without

    def renamed(self, name):
        return name if self.pattern is None else self.pattern.replace("*", name)


class Reuse:
    """The part of the recorder that takes rules over. `make_space` gives a fresh (namespace, module)."""

    def begin_module(self, name, line):
        self.modules[name] = ModuleFile(name, line)
        self.module_now = self.modules[name]
        return True

    def begin_subworkflow(self, name, line):
        """Another workflow, whose files are source files here. `name(path)` is one, in its folder. Source:
        snakemake/workflow.py 7.21, Subworkflow.target()."""
        self.module_now = other = ModuleFile(name, line)
        start = os.path.dirname(os.path.abspath(self.files[0]))

        def place(paths):
            if values.is_many(paths):
                return [place(path) for path in paths]
            return values.flag("subworkflow")(os.path.relpath(os.path.join(start, other.given.get("workdir") or ".", paths)))

        self.namespace[name] = place
        self.note(line, f'the files of subworkflow "{name}" are source files here: import its Snakefile into a spec of its own, '
                  "and run that before")
        return True

    def of_module(self, word, line, number):
        def take(*args, **kwargs):
            if word == "pathvars":
                raise Problem(self.file, line, '"pathvars" is not converted', "write the paths out")
            (self.module_now.given[word],) = args

        return take

    def renamed(self, name):
        return name if self.using is None else self.using[0].renamed(name)

    def begin_use(self, names, module, without, pattern, line):
        if len(names) > 1 and pattern is not None and "*" not in pattern:
            raise Problem(self.file, line, "several rules can't get one name", 'write "as" with a *')
        self.use_now = Taken(names, module, without, pattern, line)
        return True

    def end_use(self):
        taken, self.use_now = self.use_now, None
        if taken.module is None:
            self.copy(taken)
        else:
            self.run_module(taken)

    def copy(self, taken):
        (name,) = taken.names
        origin = self.rule_named(name)
        if origin is None:
            raise Problem(self.file, taken.line, f'there is no rule "{name}" before this line')
        self.rule(taken.pattern, taken.line)
        made = self.rule_now
        made.file, made.line, made.namespace, made.module = origin.file, taken.line, origin.namespace, origin.module
        sections = {word: given for word, given in self.sections_of(origin).items() if word != "default_target"}
        made.sections, made.blocks = overridden(sections, taken.sections), dict(origin.blocks)

    def run_module(self, taken):
        found = self.modules.get(taken.module)
        if found is None:
            raise Problem(self.file, taken.line, f'there is no module "{taken.module}" before this line')
        path = found.given.get("snakefile")
        if path is None or "://" in str(path) or not isinstance(path, (str, Path)):
            raise Problem(self.file, found.line, f'module "{found.name}" is no file of this machine',
                          "save its workflow in a folder here, and name its Snakefile")
        file = os.path.join(os.path.dirname(self.file), str(path))
        config = found.given.get("config")
        before = self.namespace, self.module, self.using, self.named, self.keeps_config
        self.namespace, self.module = self.make_space(self)
        self.using, self.named, self.keeps_config = (taken, found), {}, config is not None
        self.namespace["rules"]._of_module(self.using, self.named)
        if config is not None:
            self.namespace["config"] = config
        depth, self.depth = self.depth, 0 if self.depth == 0 else self.depth
        self.run_file(file, self.namespace, self, self.module)
        self.depth = depth
        of_module = self.namespace
        self.namespace, self.module, self.using, self.named, self.keeps_config = before
        # The Python of the module stands under its name.
        self.namespace[found.name] = types.SimpleNamespace(**of_module)

    def finish_rule(self, rule):
        rule.own, rule.sections = rule.sections, self.sections_of(rule)

    def sections_of(self, rule):
        """With what the `use` statement that brought a rule in says of it."""
        if rule.taken is None or rule.own is not None:
            return rule.sections
        taken, found = rule.taken
        sections = overridden(rule.sections, taken.sections)
        if found.changes_paths():
            for word in PATHS:
                if word in rule.sections and word not in taken.sections:
                    args, kwargs, line, text = rule.sections[word]
                    sections[word] = ([changed(a, found.prefixed) for a in args],
                                      {n: changed(v, found.prefixed) for n, v in kwargs.items()}, line, text)
        return sections


def overridden(sections, own):
    """What is said anew counts; of params each by itself, as in Snakemake 8."""
    found = {**sections, **own}
    if "params" in sections and "params" in own:
        (args, kwargs, *_), (own_args, own_kwargs, line, text) = sections["params"], own["params"]
        found["params"] = own_args or args, {**kwargs, **own_kwargs}, line, text
    return found


def changed(value, change):
    """Paths of an argument, each changed; what a function gives, too."""
    if isinstance(value, values.Paths) and values.flatten_texts(value.made_from) == list(value):
        parts = [values.Expansion(change(m.pattern), m.combinator, m.values, m.globs, m.sources, m.flags)
                 if isinstance(m, values.Expansion) else changed(m, change) for m in value.made_from]
        paths = values.Paths(values.flatten_texts(parts))
        paths.made_from = tuple(parts)
        return paths
    if isinstance(value, (str, Path)):
        text = values.Flagged(change(str(value)))
        text.flags = getattr(value, "flags", frozenset())
        return text
    if isinstance(value, dict):
        return type(value)((name, changed(v, change)) for name, v in value.items())
    if isinstance(value, (list, tuple)):
        return [changed(v, change) for v in value]
    if isinstance(value, StandIn):
        return value
    if callable(value):
        return functools.wraps(value)(lambda *args, **kwargs: changed(value(*args, **kwargs), change))
    if hasattr(value, "function"):
        return type(value)(changed(value.function, change))
    return value
