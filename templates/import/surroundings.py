"""What Snakemake offers to the Python of a Snakefile beside rules and paths: workflow, scatter, Paramspace.

Source of the meaning: Snakemake 7.21, snakemake/workflow.py and snakemake/utils.py.
"""

import itertools
import logging
import os
import types
from pathlib import Path

import values
import wfc_snakemake


class Workflow:
    """`workflow` with what says where files lie."""

    def __init__(self, recorder):
        self._recorder = recorder
        self.cores, self.nodes, self.overwrite_configfiles, self.configfiles = 1, 1, [], []
        self.overwrite_config, self.global_resources, self.use_conda, self.use_singularity = {}, {}, False, False

    @property
    def snakefile(self):
        return values.at_home(self._recorder.files[0])

    main_snakefile = snakefile

    @property
    def basedir(self):
        return os.path.dirname(self.snakefile)

    @property
    def current_basedir(self):
        return os.path.dirname(values.at_home(self._recorder.file))

    def source_path(self, path):
        return os.path.normpath(os.path.join(self.current_basedir, path))

    def get_rules(self):
        return [rule.name for rule in self._recorder.rules]


def scattered(count):
    """scatter.x() and gather.x() of a process that is split into so many parts."""
    parts = [f"{number}-of-{count}" for number in range(1, count + 1)]
    return lambda *args, **wildcards: values.expand(*args, scatteritem=parts, **wildcards)


class Instances(list):
    """The rows of a table as parts of paths, and the pattern and values that they are made of."""

    def __init__(self, pattern, rows):
        self.pattern, self.rows = pattern, rows
        super().__init__(values.fill(pattern, row) for row in rows)


class Paramspace(wfc_snakemake.Paramspace):
    """As tasks have it, and its rows as parts of paths."""

    @property
    def instance_patterns(self):
        names = list(map(str, self.dataframe.columns))
        rows = [dict(zip(names, map("{}".format, row))) for row in self.dataframe.itertuples(index=False)]
        instances = Instances(self.columns_pattern, rows)
        return list(instances) if self.single_wildcard else instances

    def __getattr__(self, name):
        return self.like(getattr(self.dataframe, name))

    def __getitem__(self, key):
        return self.like(self.dataframe[key])

    def like(self, found):
        return Paramspace(found) if type(found) is type(self.dataframe) else found


def spaces_in(pattern, given):
    """(pattern, other values, rows) for each way to fill a pattern, where some of the values are instances of one space."""
    (name,) = [n for n, v in given.items() if isinstance(v, Instances)]
    others = {n: v if values.is_many(v) else [v] for n, v in given.items() if n != name and f"{{{n}}}" in pattern}
    with_space = pattern.replace(f"{{{name}}}", given[name].pattern)
    for row in itertools.product(*others.values()):
        yield values.fill(with_space, {**dict(zip(others, row)), **{c: f"{{{c}}}" for c in given[name].rows[0]}})


def expand(*args, **wildcards):
    """values.expand, in which the instances of a space stay a pattern with the columns of its table."""
    patterns = [args[0]] if isinstance(args[0], (str, Path)) else list(args[0])
    spaces = [n for n, v in wildcards.items() if isinstance(v, Instances)]
    fits = len(spaces) == 1 and len(args) == 1 and wildcards[spaces[0]].rows and all(
        isinstance(p, str) and f"{{{spaces[0]}}}" in p and "{{" not in p for p in patterns) and not any(
        callable(v) for v in wildcards.values())
    if not fits:
        return values.expand(*args, **wildcards)
    rows = wildcards[spaces[0]].rows
    paths = values.Paths()
    for pattern in patterns:
        for filled in spaces_in(pattern, wildcards):
            paths = paths + values.expand(filled, zip, **{c: [row[c] for row in rows] for c in rows[0]})
    return paths


def ensure(value, non_empty=False, sha256=None):
    marked = values.flag("nonempty")(value) if non_empty else value
    return values.flag(f"sha256:{sha256}")(marked) if isinstance(sha256, str) else marked


def update_config(config, given):
    for key, value in given.items():
        if isinstance(value, dict) and isinstance(config.get(key), dict):
            update_config(config[key], value)
        else:
            config[key] = value


def names(recorder):
    workflow = Workflow(recorder)
    return {
        "workflow": workflow, "srcdir": workflow.source_path, "ensure": ensure,
        **{host: lambda *args, **kwargs: None for host in ("github", "gitlab", "gitfile")},
        "scatter": types.SimpleNamespace(), "gather": types.SimpleNamespace(), "logger": logging.getLogger("snakemake"),
    }


def modules():
    """Modules of Snakemake's that hold little."""
    exceptions, logs = types.ModuleType("snakemake.exceptions"), types.ModuleType("snakemake.logging")
    for name in ("WorkflowError", "MissingInputException", "IncompleteCheckpointException", "RuleException"):
        setattr(exceptions, name, type(name, (Exception,), {}))
    logs.logger = logging.getLogger("snakemake")
    return {"snakemake.exceptions": exceptions, "snakemake.logging": logs}
