"""What scripts and run blocks find when Snakemake starts them, for `shell: python3` of a spec.

Written by `wfc import snakefile`. Names and meaning are those of Snakemake 7.21: snakemake/io.py, script.py, shell.py.
"""

import importlib.util
import inspect
import itertools
import json
import logging
import os
import re
import runpy
import shlex
import string
import subprocess
import sys
import tempfile
import types


class Named(list):
    """Values in order, the last of them by name, too: params[0], params.rate, params["rate"]. As text with blanks between."""

    def __init__(self, *values, **names):
        super().__init__([*values, *names.values()])
        self.__dict__.update(names)

    def __getitem__(self, key):
        return getattr(self, key) if isinstance(key, str) else super().__getitem__(key)

    def get(self, key, default=None):
        return self.__dict__.get(key, default)

    def keys(self):
        return self.__dict__.keys()

    def items(self):
        return self.__dict__.items()

    def __hash__(self):
        return hash(tuple(self))

    def __str__(self):
        return " ".join(map(str, self))


class Wildcards(Named):
    """In shell("{wildcards}"): site=a,year=1990, by name."""


class Files(Named):
    """Paths: one by one or in lists, which are taken apart. A name may stand for a list."""

    def __init__(self, *paths, **names):
        super().__init__(*flat(paths), **{name: Named(*p) if is_list(p) else p for name, p in names.items()})
        self[:] = flat([*paths, *names.values()])


class Logs(Files):
    """Paths of logs, beside that of the task; their folders are made."""

    def __init__(self, *paths, **names):
        super().__init__(*paths, **names)
        for path in self:
            os.makedirs(os.path.dirname(path) or ".", exist_ok=True)


def is_list(value):
    return isinstance(value, (list, tuple))


def flat(paths):
    return [path for given in paths for path in (given if is_list(given) else [given])]


class Snakemake:
    """The object `snakemake` of a script. What the rule does not have is empty."""

    def __init__(self, folder, input=(), output=(), params=(), wildcards=(), threads=1, resources=(), log=(),
                 config=(), rule=None):
        self.input, self.output, self.log = input or Files(), output or Files(), log or Files()
        self.params, self.wildcards = params or Named(), wildcards or Wildcards()
        self.resources = Named(**{"tmpdir": tempfile.gettempdir(), **dict(resources and resources.items())})
        self.threads, self.config, self.rule = threads, dict(config), rule
        self.scriptdir, self.bench_iteration = folder, None

    def log_fmt_shell(self, stdout=True, stderr=True, append=False):
        """What sends the output of a command to the log, as text; '' without a log."""
        if not self.log or not (stdout or stderr):
            return ""
        sign = ">>" if append else ">"
        both = " 2>&1" if stdout and stderr else ""
        return f" {'' if stdout else '2'}{sign} {self.log}{both}"


def script(path, **given):
    """Run a Python script as Snakemake does: it finds `snakemake`, and modules of its own folder last."""
    path = os.path.realpath(path)
    folder = os.path.dirname(path)
    snakemake = Snakemake(folder, **given)
    stand_in(snakemake, path)
    sys.path[:] = [place for place in sys.path if place not in ("", os.getcwd())] + [folder]
    runpy.run_path(path, {"snakemake": snakemake}, "__main__")


def render(engine, input, output, params=(), wildcards=(), config=()):
    """Write a template of jinja2 or yte, filled. Source: snakemake/template_rendering."""
    known = {"input": input, "params": params or Named(), "wildcards": wildcards or Wildcards(), "config": dict(config)}
    with open(input.get("template") or input[0], encoding="utf-8") as template, open(output[0], "w", encoding="utf-8") as out:
        if engine == "jinja2":
            import jinja2
            out.write(jinja2.Template(template.read()).render(**known))
        else:
            import yte
            yte.process_yaml(template, outfile=out, variables=known)


def stand_in(snakemake, path):
    """`from snakemake.script import snakemake`, and what scripts import of Snakemake where that is not installed."""
    found = {"snakemake.script": {"snakemake": snakemake}}
    if importlib.util.find_spec("snakemake") is None:
        found.update({"snakemake": {"shell": shell, "__path__": []}, "snakemake.shell": {"shell": shell}})
    with open(path, encoding="utf-8") as opened:
        text = opened.read()
    for name, parts in found.items():
        if name != "snakemake.script" or name in text:
            module = sys.modules[name] = types.ModuleType(name)
            module.__dict__.update(parts)


class Workflow:
    """The place of the Snakefile."""

    def __init__(self, file):
        self.snakefile = self.main_snakefile = os.path.abspath(file)
        self.basedir = self.current_basedir = os.path.dirname(self.snakefile)

    def source_path(self, path):
        return os.path.join(self.basedir, path)


class Paramspace:
    """A table, each row of which is one instance: `a~1/b~2`."""

    def __init__(self, dataframe, filename_params=None, param_sep="~", filename_sep="_", single_wildcard=None):
        columns = list(dataframe.columns)
        in_name = columns if isinstance(filename_params, str) and filename_params == "*" else list(filename_params or [])
        if any(name not in columns for name in in_name):
            raise KeyError("filename_params names a column that the table does not have")
        folders = [name for name in columns if name not in in_name]
        # Both may be given anew.
        self.param_sep, self.pattern = param_sep, "/".join(["{}"] * len(folders) + [filename_sep.join(["{}"] * len(in_name))] * bool(in_name))
        self.ordered_columns, self.single_wildcard = folders + in_name, single_wildcard
        self.dataframe = dataframe[self.ordered_columns]

    @property
    def columns_pattern(self):
        return self.pattern.format(*(f"{name}{self.param_sep}{{{name}}}" for name in self.ordered_columns))

    @property
    def wildcard_pattern(self):
        return f"{{{self.single_wildcard}}}" if self.single_wildcard else self.columns_pattern

    def instance(self, wildcards):
        """The values of a task's wildcards, each of the type of its column."""
        import pandas

        found = dict(wildcards.items())
        if self.single_wildcard:
            pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+)", re.escape(self.columns_pattern))
            found = re.fullmatch(pattern, found[self.single_wildcard]).groupdict()
        types_of = self.dataframe.dtypes
        return {name: False if types_of[name] == bool and value == "False" else pandas.Series([value]).astype(types_of[name])[0]
                for name, value in found.items() if name in self.ordered_columns}


def read_config(*files):
    """The files of a config, JSON or YAML, each over those before."""
    config = {}
    for file in files:
        with open(file, encoding="utf-8") as opened:
            text = opened.read()
        try:
            loaded = json.loads(text)
        except ValueError:
            import yaml
            loaded = yaml.safe_load(text)
        merge(config, loaded or {})
    return config


def merge(into, given):
    for key, value in given.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        else:
            into[key] = value


def expand(patterns, *combinator, allow_missing=False, **values):
    """Each pattern with each combination of the values; expand(pattern, zip, …): of those at the same place."""
    lists = {name: [given] if isinstance(given, str) or not hasattr(given, "__iter__") else list(given)
             for name, given in values.items()}
    paths = []
    for pattern in patterns if is_list(patterns) else [patterns]:
        names = [name for name in lists if re.search(r"\{%s\b" % name, pattern)]
        for row in (*combinator, itertools.product)[0](*(lists[name] for name in names)):
            known = dict(zip(names, row))
            paths.append(pattern.format_map(Kept(known) if allow_missing else known))
    return paths


class Kept(dict):
    def __missing__(self, name):
        return "{" + name + "}"


class Format(string.Formatter):
    """A list is its elements with blanks between; `:q` quotes for bash."""

    def format_field(self, value, spec):
        if isinstance(value, Wildcards):
            return ",".join(f"{name}={text}" for name, text in sorted(value.items()))
        if isinstance(value, (list, tuple, set, frozenset)):
            return " ".join(self.format_field(one, spec) for one in value)
        text = super().format_field(value, spec[:-1] if spec[-1:] in ("q", "u") else spec)
        return shlex.quote(text) if spec.endswith("q") and text else text


class Shell:
    """shell("command {input}"): names are those where it is called."""

    before = "set -euo pipefail; "

    def prefix(self, text):
        self.before = text

    def __call__(self, command, *args, iterable=False, read=False, **names):
        frame = inspect.currentframe().f_back
        return self.run(command, args, {**frame.f_globals, **frame.f_locals, **names}, iterable, read)

    def run(self, command, args, names, iterable, read):
        command = ["bash", "-c", self.before + Format().vformat(command, args, names)]
        sys.stdout.flush()
        if not (iterable or read):
            subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
            return None
        said = subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True).stdout
        return said if read else iter(said.splitlines())


shell = Shell()
logger = logging.getLogger("snakemake")
