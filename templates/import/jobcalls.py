"""Functions in the sections of rules, called for a job as Snakemake calls them.

A job's wildcards have their values, or are marked: then text that is made of them tells a pattern. Whether the pattern is
right is for the caller to check, job by job.
Source of the meaning: Snakemake 7.21, snakemake/rules.py (apply_input_function, _apply_wildcards, expand_resources).
"""

import contextlib
import functools
import inspect
import io
import math
import os
from pathlib import Path

import values
from following import follow
from lists import NotFollowed
from standins import StandIn, StandInUsed
from values import Marked, is_many, plain

class Unpacked:
    """unpack(function)."""

    def __init__(self, function):
        self.function = function


def is_function(value):
    return isinstance(value, Unpacked) or (callable(value) and not isinstance(value, StandIn))


def name_of(function):
    """What a person calls it; None for a lambda."""
    function = function.function if isinstance(function, Unpacked) else function
    function = getattr(function, "func", function)
    name = getattr(function, "__name__", None)
    return None if name is None or not name.isidentifier() else name


class Named(list):
    """Values, and some of them by name: wildcards, input, output, resources. `see` is told of names that are read, of
    none where it may be all."""

    def __init__(self, pairs=(), see=lambda *names: None):
        super().__init__()
        self._see = see
        self._names = {}
        for name, value in pairs:
            self.extend(value if isinstance(value, list) else [value])
            if name is not None:
                self._names[name] = Files([(None, v) for v in value]) if isinstance(value, list) else value
        for name in {"index", "sort"} & set(self._names):
            setattr(self, name, self._names[name])

    def __getattr__(self, name):
        if name.startswith("__") or name not in self._names:
            self._see()
            raise AttributeError(f"there is no {name}")
        self._see(name)
        return self._names[name]

    def __getitem__(self, key):
        if isinstance(key, str):
            return getattr(self, key)
        self._see()
        return super().__getitem__(key)

    def __iter__(self):
        self._see()
        return super().__iter__()

    def __str__(self):
        return " ".join(map(str, self))

    def get(self, name, default=None):
        self._see(name)
        return self._names.get(name, default)

    def keys(self):
        return self._names.keys()

    def items(self):
        self._see()
        return self._names.items()


class Files(Named):
    @property
    def size(self):
        return sum(os.path.getsize(path) for path in self)

    @property
    def size_mb(self):
        return self.size / 1024 / 1024


class Failed(Exception):
    """A function that failed: where, and in whose words."""

    def __init__(self, line, error):
        words = " ".join(str(error).split())
        message = f"{type(error).__name__}: {words}" if words else type(error).__name__
        super().__init__(error.told()[0] if isinstance(error, StandInUsed) else message)
        self.told = {"line": line, "message": str(self)}


@functools.lru_cache(maxsize=None)
def parameters_of(function):
    return inspect.signature(function).parameters


def call(function, wildcards, line, lists, **auxiliary):
    function = function.function if isinstance(function, Unpacked) else function
    return follow(lists, lambda: call_once(function, wildcards, line, auxiliary), function)


def call_once(function, wildcards, line, auxiliary):
    try:
        known = parameters_of(function)
        given = {name: value for name, value in auxiliary.items() if name in known}
        if any(value is None for value in given.values()):
            raise ValueError("the paths of input are not known")
        result = function(wildcards, **given)
        while callable(result) and not isinstance(result, StandIn):
            result = result(wildcards)
        return list(result) if inspect.isgenerator(result) else result
    except NotFollowed:
        raise
    except (Exception, SystemExit) as error:
        raise Failed(line, error) from None


def filled(value, wildcards):
    """Texts of an argument that is no function: one, or a list."""
    if isinstance(value, (str, Path)):
        return values.WILDCARD.sub(lambda m: plain(wildcards.get(m.group("name"), m.group(0))), plain(value))
    return [text for v in value for text in [filled(v, wildcards)] for text in ([text] if isinstance(text, str) else text)]


class JobCaller:
    """One job, its wildcards marked or not."""

    def __init__(self, reader, wildcards, marked):
        self.reader = reader
        self.values = {name: Marked(name, value) if marked else value for name, value in wildcards.items()}
        self.seen = set()
        self.lists = reader.recorder.lists
        self.lists.begin(dict(wildcards) if marked else {})

    def see(self, *names):
        self.seen.update(names or self.values)

    def wildcards(self):
        return Named(self.values.items(), self.see)

    def files(self, pairs):
        """Paths, which may hang on all wildcards."""
        return Files(pairs, lambda *names: self.see())

    def told(self):
        """What each function gives: {"value", "reads"} or {"error"}."""
        answer = {"input": [], "params": [], "resources": {}}
        self.pairs = []
        for name, value, line, _ in self.reader.arguments("input"):
            if is_function(value):
                answer["input"].append(self.attempt(lambda: self.input(name, value, line), line))
            else:
                self.pairs.append((name, filled(value, self.values)))
        self.input_files = None if any("error" in told for told in answer["input"]) else self.files(self.pairs)
        self.output_files = self.files([(n, filled(v, self.values)) for n, v, _, _ in self.reader.arguments("output")])
        self.resources(answer)
        for _, value, line, _ in self.reader.arguments("params"):
            if is_function(value):
                answer["params"].append(self.attempt(lambda: self.param(value, line), line))
        return {**answer, **self.lists.told()}

    def attempt(self, make, line):
        self.seen.clear()
        try:
            value = make()
            return {"value": value, "reads": sorted(self.seen)}
        except Failed as failed:
            return {"error": failed.told}
        except NotFollowed as failed:
            return {"error": {"line": line, "message": str(failed), "hint": failed.hint}}

    def input(self, name, value, line):
        # All jobs are one group, as where Snakemake has no cluster.
        result = call(value, self.wildcards(), line, self.lists, groupid="local")
        if isinstance(value, Unpacked):
            if not isinstance(result, (list, tuple, dict)):
                raise Failed(line, TypeError(f"unpack() takes a dict or a list, not {result!r}"))
            given = list(result.items()) if isinstance(result, dict) else [(None, v) for v in result]
        else:
            given = [(name, result)]
        arguments = []
        for key, paths in given:
            items = None if isinstance(paths, dict) else values.items_of(paths)
            if items is None:
                raise Failed(line, TypeError(f"it gives no path and no list of paths, but {short(paths)}"))
            self.pairs.append((key, filled(paths, self.values)))
            arguments.append({"name": key, "many": is_many(paths), "line": line, "items": items})
        return arguments

    def resources(self, answer):
        threads = 1
        for _, value, line, _ in self.reader.arguments("threads")[:1]:
            if is_function(value):
                answer["resources"]["threads"] = self.attempt(lambda: self.resource("threads", value, line), line)
                threads = answer["resources"]["threads"].get("value", {}).get("value", 1)
            else:
                threads = value
        self.threads = threads
        pairs = [("_cores", threads)]
        for name, value, line, _ in self.reader.arguments("resources"):
            if is_function(value):
                told = self.attempt(lambda: self.resource(name, value, line), line)
                answer["resources"][name] = told
                value = told.get("value", {}).get("value")
            pairs.append((name, value))
        self.job_resources = Named(pairs)

    def resource(self, name, function, line):
        def at(attempt):
            more = {} if name == "threads" else {"threads": self.threads}
            found = call(function, self.wildcards(), line, self.lists, input=self.input_files, attempt=attempt,
                         rulename=self.reader.rule.name, **more)
            return int(round(found)) if isinstance(found, float) else found

        first, second = at(1), at(2)
        if first is not None and not isinstance(first, (int, str)):
            raise Failed(line, TypeError(f"it gives no number and no text, but {short(first)}"))
        return {"value": first, "grows": first != second}

    def param(self, function, line):
        found = call(function, self.wildcards(), line, self.lists, input=self.input_files, output=self.output_files,
                     threads=self.threads, resources=self.job_resources, attempt=1)
        told = as_json(found, line)
        text = " ".join(map(str, told)) if isinstance(told, list) else None if isinstance(told, dict) else str(told)
        return {"value": told, "text": text, "literal": repr(told)}


def as_json(value, line):
    """Numbers, texts, lists and mappings as they are; what else a function gives is told as a failure."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, (str, Path)):
        return plain(value)
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {plain(key): as_json(v, line) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_json(v, line) for v in value]
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        return as_json(value.item(), line)
    if hasattr(value, "tolist"):
        return as_json(value.tolist(), line)
    raise Failed(line, TypeError(f"it gives no number, text, list or mapping, but {short(value)}"))


def short(value):
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def answer_call(readers, request):
    """{"rule", "wildcards": {name: value}, "marked"} to what the functions of the rule give."""
    caller = JobCaller(readers[request["rule"]], request["wildcards"], request["marked"])
    if not request["marked"]:
        return caller.told()
    # A guess: what a function says of a wildcard that stands for itself is for nobody.
    with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
        return caller.told()
