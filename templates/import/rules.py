"""A rule as JSON: paths, params, resources, and its command as text with references."""

import ast
import json
import os
from pathlib import Path

import values
from commands import Commands
from jobcalls import Failed, Named, NotFollowed, call_once, is_function, name_of
from rulenames import PathList
from standins import StandIn, StandInUsed
from translate import Problem

LEFT_OUT = {
    "benchmark": "wfc keeps the times of tasks itself",
    "priority": "tasks run in the order of the params",
    "version": "changes are known by the command",
    "group": "how tasks share a Slurm job belongs to the profile",
    "cache": "outputs are not shared between workflows",
    "handover": "a task takes its own resources only",
    "name": "the rule keeps its name",
    "containerized": "name the image with container:",
}


def rule_json(reader):
    return reader.read(), reader.problems


class RuleReader(Commands):
    def __init__(self, rule, recorder, functions):
        self.rule, self.recorder, self.module, self.functions = rule, recorder, rule.module, functions
        # A module may have a config of its own, of which a spec knows the values only.
        self.has_config = rule.namespace["config"] is recorder.main["config"]
        self.problems = []
        # Of each param its value and its text.
        self.sources, self.logs, self.log_of_task = [], [], None
        self.known = {}

    def problem(self, line, message, hint=None):
        self.problems.append(Problem(self.rule.file, line, message, hint))

    def note(self, line, message):
        self.recorder.notes.append({"file": self.rule.file, "line": line, "message": message})

    def read(self):
        rule = self.rule
        told = {
            "name": rule.name, "file": rule.file, "line": rule.line, "comments": self.comments(),
            "input": self.paths("input"), "output": self.paths("output"),
            "log": self.log(), "constraints": self.kwargs("wildcard_constraints"),
            "resources": self.resources(), "retries": self.single("retries", int),
            "modules": list(map(str, rule.sections["envmodules"][0])) if "envmodules" in rule.sections else [],
            "conda": self.conda(), "container": self.container(),
            "defaultTarget": self.is_default(), "local": self.is_local(),
        }
        self.params = self.params_told(self.arguments("params"))
        told["params"] = self.params
        told["command"] = self.command(told)
        for word, why in LEFT_OUT.items():
            if word in rule.sections:
                self.note(rule.sections[word][2], f'"{word}" of rule "{rule.name}" is left out: {why}')
        if "wildcard_constraints" in rule.sections:
            self.recorder.constrained(rule.file, rule.sections["wildcard_constraints"][2], rule.name)
        if "shadow" in rule.sections:
            self.note(rule.sections["shadow"][2], f'"shadow" of rule "{rule.name}" is left out: commands run in the spec\'s '
                      "folder, and what they leave there beside their outputs stays")
        return told

    def comments(self):
        """Its message is one, too."""
        message = next((value for _, value, _, _ in self.arguments("message") if isinstance(value, str)), "")
        lines = [line.strip() for line in message.replace("{wildcards.", "{").split("\n")]
        return [*self.rule.comments, *(line for line in lines if line and line not in self.rule.comments)]

    def is_default(self):
        if self.single("default_target", bool) is True:
            return True
        return self.rule.name == self.recorder.first and not any("default_target" in r.sections for r in self.recorder.rules)

    # --- arguments ---

    def nodes(self, word):
        """The AST of each argument with its line: positional ones, then named ones; None where they can't be told."""
        _, _, _, section = self.rule.sections[word]
        call = ast.parse("_(" + section.text + "\n)").body[0].value
        if any(isinstance(a, ast.Starred) for a in call.args) or any(k.arg is None for k in call.keywords):
            return None
        return [(n, n.lineno + section.row - 1) for n in [*call.args, *(k.value for k in call.keywords)]]

    def arguments(self, word):
        """(name or None, value, line, AST or None) of each argument."""
        if word not in self.known:
            self.known[word] = self.read_arguments(word)
        return self.known[word]

    def read_arguments(self, word):
        if word not in self.rule.sections:
            return []
        args, kwargs, line, _ = self.rule.sections[word]
        pairs = [(None, one) for a in args for one in (a if isinstance(a, PathList) and a.has_functions() else [a])]
        pairs = [pair for name, value in pairs
                 for pair in (value.items() if isinstance(value, values.Extensions) else [(name, value)])]
        pairs.extend(kwargs.items())
        nodes = self.nodes(word)
        if nodes is None or len(nodes) != len(pairs):
            return [(name, value, line, None) for name, value in pairs]
        return [(name, value, at, node) for (name, value), (node, at) in zip(pairs, nodes)]

    def single(self, word, kind):
        for _, value, line, _ in self.arguments(word)[:1]:
            if isinstance(value, kind):
                return value
            self.note(line, f'"{word}" of rule "{self.rule.name}" is left out: it is no plain {kind.__name__}')
        return None

    def kwargs(self, word):
        return {name: str(value) for name, value, _, _ in self.arguments(word) if name}

    def paths(self, word):
        found = []
        for name, value, line, _ in self.arguments(word):
            if isinstance(value, StandIn) and word == "output":
                raise StandInUsed(value)
            if word == "input" and is_function(value):
                found.append({"name": name, "many": True, "line": line, "items": [], "function": name_of(value)})
                continue
            try:
                items = None if is_function(value) else values.items_of(value)
            except StandInUsed as error:
                if word == "output":
                    raise
                # Who needs the rule is told.
                self.problem(line, *error.told())
                items = []
            if items is None:
                what = "a function" if is_function(value) else f"a {type(value).__name__}"
                self.problem(line, f'"{word}" of rule "{self.rule.name}" has {what} here, which can\'t be converted',
                             "write the paths as patterns with wildcards, or with expand()")
                items = []
            if word == "input":
                # Snakemake looks at the others in outputs only.
                items = [{**item, "flags": [f for f in item["flags"] if f in ("ancient", "subworkflow") or f.startswith("made-by:")]}
                         for item in items]
            found.append({"name": name, "many": values.is_many(value), "line": line, "items": items})
        return found

    def log(self):
        """The first, which the task has; the others are files that the command knows, as what a notebook becomes."""
        texts = [(name, values.plain(text), line) for name, value, line, _ in self.arguments("log")
                 for text in self.log_texts(value, line) if isinstance(text, (str, Path))]
        self.logs = [(name, values.wildcard_parts(os.path.normpath(text) if "/.." in text else text), line)
                     for name, text, line in texts]
        is_notebook = "notebook" in self.rule.sections
        self.log_of_task = next((log for log in self.logs if not (is_notebook and log[0] == "notebook")), None)
        if self.log_of_task is None:
            return []
        name, parts, line = self.log_of_task
        return [{"name": name, "parts": parts, "flags": [], "line": line}]

    def log_texts(self, value, line):
        """What a function gives must say all wildcards as they are: each task has a log of its own."""
        if not is_function(value):
            return value if values.is_many(value) else [value]
        names = self.wildcard_names()
        try:
            found = call_once(value, Named([(name, values.Marked(name, name)) for name in names]), line, {})
            texts = list(found) if values.is_many(found) else [found]
            if all(set(values.MARK.findall(values.plain(text))) == names for text in texts):
                return texts
        except (Failed, NotFollowed):
            pass
        self.note(line, f'the function in "log" of rule "{self.rule.name}" is left out: it gives no pattern with all wildcards')
        return []

    def params_told(self, arguments):
        params = []
        for name, value, line, node in arguments:
            param = {"name": name, "line": line, "text": None, "literal": None, "config": None, "wildcard": None}
            self.sources.append((value, None if node is None else ast.unparse(node)))
            if is_json(value):
                param["value"], param["config"] = value, self.key_of(node)
            wildcard = wildcard_of(node)
            if callable(value) and wildcard:
                param["wildcard"] = wildcard
            elif is_function(value):
                param["function"] = name_of(value)
            elif isinstance(value, (str, int, float, Path)):
                param["text"], param["literal"] = str(value), repr(value) if not isinstance(value, Path) else None
                param["config"] = self.key_of(node)
            elif isinstance(value, (list, tuple)) and all(isinstance(v, (str, int, float)) for v in value):
                param["text"], param["literal"] = " ".join(map(str, value)), repr(list(value))
            params.append(param)
        return params

    def is_local(self):
        return self.rule.name in self.recorder.local_rules or self.single("localrule", bool) is True

    def key_of(self, node):
        return config_key(node) if self.has_config else None

    def resources(self):
        told = {}
        for name, value, line, _ in self.arguments("resources"):
            if isinstance(value, (int, float, str)):
                told[name] = {"value": str(value), "line": line, "number": not isinstance(value, str)}
            elif is_function(value):
                told[name] = {"value": "", "line": line, "number": True, "function": name_of(value)}
            else:
                self.note(line, f'resource "{name}" of rule "{self.rule.name}" is left out: it is no number or text')
        for _, value, line, _ in self.arguments("threads")[:1]:
            if isinstance(value, int):
                told["threads"] = {"value": str(value), "line": line, "number": True}
            elif is_function(value):
                told["threads"] = {"value": "", "line": line, "number": True, "function": name_of(value)}
            else:
                self.note(line, f'"threads" of rule "{self.rule.name}" is left out: it is no number')
        return told

    def conda(self):
        for _, value, line, _ in self.arguments("conda")[:1]:
            if isinstance(value, str) and not value.endswith((".yml", ".yaml")):
                return value
            self.note(line, f'"conda" of rule "{self.rule.name}" is left out: make the environment of {value} once, '
                            "with conda env create, and name it with conda:")
        return None

    def container(self):
        for word in ("container", "singularity"):
            for _, value, _, _ in self.arguments(word)[:1]:
                return None if value is None else str(value)
        return self.recorder.container

    def config_source(self):
        """Python that reads the config, and the files that it reads."""
        files = self.functions.config_source()
        return f"read_config({', '.join(map(json.dumps, files))})", files


def wildcard_of(node):
    """The x of `lambda wildcards: wildcards.x`."""
    if not isinstance(node, ast.Lambda) or len(node.args.args) != 1:
        return None
    body, argument = node.body, node.args.args[0].arg
    inner = body.value if isinstance(body, (ast.Attribute, ast.Subscript)) else None
    if not isinstance(inner, ast.Name) or inner.id != argument:
        return None
    if isinstance(body, ast.Attribute):
        return body.attr
    return body.slice.value if isinstance(body.slice, ast.Constant) and isinstance(body.slice.value, str) else None


def is_json(value):
    try:
        return json.loads(json.dumps(value)) == value
    except (TypeError, ValueError, RecursionError):
        return False


def config_key(node):
    """The a.b of `config["a"]["b"]`, "" for the whole of `config`."""
    keys = []
    while isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
        keys.append(node.slice.value)
        node = node.value
    return ".".join(reversed(keys)) if isinstance(node, ast.Name) and node.id == "config" else None
