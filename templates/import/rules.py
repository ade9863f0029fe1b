"""A rule as JSON: paths, params, resources, and its command as text with references."""

import ast
import json
import os
import string
from importlib.machinery import PathFinder
from pathlib import Path

import values
from bodies import Body
from breaks import unmarked
from functions import is_unknown
from jobcalls import is_function, name_of
from scripts import notebook_command, script_command
from standins import StandIn, StandInUsed
from translate import Problem

LEFT_OUT = {
    "benchmark": "wfc keeps the times of tasks itself",
    "message": "a spec has no messages",
    "priority": "tasks run in the order of the params",
    "version": "changes are known by the command",
    "group": "how tasks share a Slurm job belongs to the profile",
    "cache": "outputs are not shared between workflows",
    "handover": "a task takes its own resources only",
    "name": "the rule keeps its name",
    "containerized": "name the image with container:",
}
AS_PROGRAM = {
    "wrapper": "wrappers are programs of Snakemake's; write the command that it runs",
    "cwl": "write the command that the tool runs",
    "template_engine": "write the command that renders the template",
}


def rule_json(rule, recorder, functions):
    reader = RuleReader(rule, recorder, functions)
    return reader.read(), reader.problems


class RuleReader:
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
            "name": rule.name, "file": rule.file, "line": rule.line, "comments": rule.comments,
            "input": self.paths("input"), "output": self.paths("output"),
            "log": self.log(), "constraints": self.kwargs("wildcard_constraints"),
            "resources": self.resources(), "retries": self.single("retries", int),
            "modules": list(map(str, rule.sections["envmodules"][0])) if "envmodules" in rule.sections else [],
            "conda": self.conda(), "container": self.container(),
            "defaultTarget": self.is_default(), "local": self.is_local(),
        }
        self.params = self.read_params()
        told["params"] = self.params
        told["command"] = self.command(told)
        for word, why in LEFT_OUT.items():
            if word in rule.sections:
                self.note(rule.sections[word][2], f'"{word}" of rule "{rule.name}" is left out: {why}')
        if "wildcard_constraints" in rule.sections:
            self.note(rule.sections["wildcard_constraints"][2],
                      "wildcard_constraints are not needed in a spec, where params have declared values")
        if "shadow" in rule.sections:
            self.note(rule.sections["shadow"][2], f'"shadow" of rule "{rule.name}" is left out: commands run in the spec\'s '
                      "folder, and what they leave there beside their outputs stays")
        return told

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
        pairs = [(None, a) for a in args] + list(kwargs.items())
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
            if isinstance(value, StandIn):
                raise StandInUsed(value)
            if word == "input" and is_function(value):
                found.append({"name": name, "many": True, "line": line, "items": [], "function": name_of(value)})
                continue
            items = None if is_function(value) else values.items_of(value)
            if items is None:
                what = "a function" if is_function(value) else f"a {type(value).__name__}"
                self.problem(line, f'"{word}" of rule "{self.rule.name}" has {what} here, which can\'t be converted',
                             "write the paths as patterns with wildcards, or with expand()")
                items = []
            found.append({"name": name, "many": values.is_many(value), "line": line, "items": items})
        return found

    def log(self):
        """The first, which the task has; the others are files that the command knows, as what a notebook becomes."""
        texts = [(name, values.plain(text), line) for name, value, line, _ in self.arguments("log")
                 for text in (value if values.is_many(value) else [value]) if isinstance(text, (str, Path))]
        self.logs = [(name, values.wildcard_parts(text), line) for name, text, line in texts]
        is_notebook = "notebook" in self.rule.sections
        self.log_of_task = next((log for log in self.logs if not (is_notebook and log[0] == "notebook")), None)
        if self.log_of_task is None:
            return []
        name, parts, line = self.log_of_task
        return [{"name": name, "parts": parts, "flags": [], "line": line}]

    def log_tokens(self, steps):
        """Tokens of a shell's reference to one log of several, or to all."""
        places = [place for _, place in steps]
        chosen = [log for number, log in enumerate(self.logs) if not places or places[0] in (number, log[0])]
        tokens = []
        for log in chosen:
            tokens.extend([" "] if tokens else [])
            if log is self.log_of_task:
                tokens.append({"ref": "log", "index": None, "name": None})
            else:
                tokens.extend(p if isinstance(p, str) else {"ref": "wildcards", "index": None, "name": p["w"]} for p in log[1])
        return tokens

    def folders_of_logs(self):
        """The begin of a command that makes the folders of logs that wfc does not know."""
        tokens = []
        for _, parts, _ in [log for log in self.logs if log is not self.log_of_task]:
            text = "".join(p if isinstance(p, str) else f"\0{p['w']}\0" for p in parts)
            pieces = os.path.dirname(text).split("\0")
            if pieces != [""]:
                tokens.extend([" ", *(p if i % 2 == 0 else {"ref": "wildcards", "index": None, "name": p}
                                      for i, p in enumerate(pieces) if p)])
        return ["mkdir -p", *tokens, "\n"] if tokens else []

    def read_params(self):
        params = []
        for number, (name, value, line, node) in enumerate(self.arguments("params")):
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
        files = self.recorder.config_source()
        return f"read_config({', '.join(map(json.dumps, files))})", files

    # --- commands ---

    def command(self, told):
        rule = self.rule
        for word, hint in AS_PROGRAM.items():
            if word in rule.sections:
                line = rule.sections[word][2]
                return {"kind": "unknown", "line": line, "message": f'"{word}" is not converted', "hint": hint}
        try:
            if "shell" in rule.sections:
                (_, text, line, _), *_ = self.arguments("shell")
                return self.shell(str(text), rule.sections["shell"][2])
            if "script" in rule.sections:
                (_, path, line, _), *_ = self.arguments("script")
                return script_command(path, line, told, self)
            if "notebook" in rule.sections:
                (_, path, line, _), *_ = self.arguments("notebook")
                return notebook_command(path, line, told, self)
            if "run" in rule.blocks:
                return self.run(*rule.blocks["run"], told)
        except Problem as problem:
            return {"kind": "unknown", "line": problem.line, "message": problem.message, "hint": problem.hint}
        return {"kind": "none", "line": rule.line, "tokens": [], "modules": [], "code": [], "script": []}

    def run(self, line, section, told):
        names = {word: {n for n, _, _, _ in self.arguments(word) if n} for word in ("input", "output", "params")}
        unknown = {key for number, p in enumerate(self.params) if is_unknown(p) for key in (number, p["name"])}
        body = Body(self.rule.file, section, names, unknown - {None}, self.module)
        text = body.only_shell()
        if text is not None:
            return self.shell(text, line)
        if len(self.logs) > 1 and "log" in body.uses_of_module():
            return self.functions.run_command(body, told, self)
        try:
            tokens, modules = body.convert()
        except Problem:
            return self.functions.run_command(body, told, self)
        folder = os.path.dirname(os.path.abspath(self.recorder.files[0]))
        if folder != os.getcwd() and any(isinstance(t, str) and "import " in t for t in tokens):
            tokens = [f"import sys\nsys.path.insert(0, {os.path.relpath(folder)!r})\n", *tokens]
            # What imports them once, for all tasks, knows nothing of that folder.
            modules = [name for name in modules if PathFinder.find_spec(name.split(".")[0], [folder]) is None]
        return {"kind": "python3", "line": line, "tokens": tokens, "modules": modules, "code": [], "script": []}

    def shell(self, text, line):
        tokens = []
        try:
            fields = list(string.Formatter().parse(text.strip("\n")))
        except ValueError as error:
            raise Problem(self.rule.file, line, f"the braces of the command don't fit: {error}") from None
        for literal, field, spec, conversion in fields:
            if literal:
                tokens.append(literal)
            if field is None:
                continue
            field = unmarked(field)
            if conversion or unmarked(spec) not in ("", "q"):
                raise Problem(self.rule.file, line, f"{{{field}}} with a format is not converted")
            root, steps = field_parts(field)
            if root == "log" and len(self.logs) > 1:
                tokens.extend(self.log_tokens(list(steps)))
            else:
                tokens.append(self.reference(field, line))
        if any(isinstance(t, dict) for t in tokens):
            tokens = [*self.folders_of_logs(), *tokens]
        return {"kind": "shell", "line": line, "tokens": tokens, "modules": [], "code": [], "script": []}

    def reference(self, field, line):
        root, steps = field_parts(field)
        ref = {"ref": root, "index": None, "name": None}
        if root in ("threads", "rule") and not steps:
            return ref
        if root in ("input", "output", "log", "params") and len(steps) <= 1:
            for kind, step in steps:
                ref["index" if isinstance(step, int) else "name"] = step
            return ref
        kinds = [kind for kind, _ in steps]
        if root in ("input", "output") and kinds == ["attribute", "item"] and isinstance(steps[1][1], int):
            return {**ref, "name": steps[0][1], "index": steps[1][1]}
        if root in ("wildcards", "resources") and len(steps) == 1 and isinstance(steps[0][1], str):
            return {**ref, "name": steps[0][1]}
        if root == "config" and steps:
            return {**ref, "name": ".".join(str(step) for _, step in steps)}
        value = self.rule.namespace.get(root)
        try:
            for kind, step in steps:
                value = getattr(value, step) if kind == "attribute" else value[step]
        except (AttributeError, KeyError, IndexError, TypeError):
            value = None
        if isinstance(value, (str, int, float, Path)):
            return str(value)
        raise Problem(self.rule.file, line, f"{{{field}}} is not known in a spec",
                      f"write {{{{{field}}}}} in the command for a literal {{{field}}}")


def field_parts(field):
    """`input.a[0]` as ("input", [("attribute", "a"), ("item", 0)])."""
    import _string

    root, rest = _string.formatter_field_name_split(field)
    return root, [("attribute" if is_attribute else "item", step) for is_attribute, step in rest]


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
