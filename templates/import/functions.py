"""Run blocks, and params that functions give, as functions of one module beside the spec, with the Python that they need."""

import ast
import inspect
import itertools
import json
import os
import re
import sys

from bodies import PARAMETERS, indented
from calls import Call, in_python
from module import Missing, free_names, imported_modules, is_literal, plain
from scripts import imports
from standins import StandIn
from values import wildcard_parts

# In the order in which a function takes them.
ORDER = ("input", "output", "params", "wildcards", "threads", "resources", "log", "rule")
# What a function of Snakemake's may ask for beside the wildcards.
ASKED = ("input", "output", "threads", "resources")
HELPED = {"config", "expand", "logger", "shell", "workflow", "Named", "Paramspace"}


class Functions:
    """Functions for the rules of one Snakefile, or of a `module`, in the order in which they stand."""

    def __init__(self, module, recorder, of=None):
        """`of`: how the `module` is called; None for the Snakefile itself."""
        self.module, self.recorder, self.of = module, recorder, of
        # By name: the text, and the names of the Snakefile that it uses.
        self.made = {}
        self.commands = []

    @property
    def name(self):
        return f"{self.of or self.recorder.stem()}_rules"

    def config_source(self):
        """Files that make the config that its Python has."""
        return self.recorder.config_source(self.module.namespace["config"], self.of)

    def make(self, wanted, parameters, body, uses):
        """The name of a new function. Raises Missing where something that it uses can't be had."""
        self.module.needed(uses, HELPED)
        name = wanted
        while name in self.module.bound() or name in self.made:
            name += "_"
        self.made[name] = f"def {name}({', '.join(parameters)}):\n{body}\n", uses
        return name

    def run_command(self, body, told, reader):
        """A run block as a call of its function."""
        call = Call(told, reader, "python3", [body.text])
        uses = body.uses_of_module()
        parameters = [word for word in ORDER if word in uses]
        try:
            name = self.make(f"run_{told['name']}", parameters, indented(body.text), sorted(uses - PARAMETERS))
        except Missing as missing:
            raise body.problem(body.tree.body[0], f"the run block can't be taken over: {missing}",
                               "make it a script or a module of its own, and import it in the block") from None
        head, tokens, names, files = in_python(call, name, slots=parameters)
        lines = imports(call, {*names, name})
        self.commands.append({"kind": "python3", "line": told["line"], "tokens": [*lines, "\n", *head, *tokens],
                              # What was made with a stand-in may not be fit for that, such as what begins threads.
                              "modules": [] if StandIn.called else [self.name], "code": [*call.code, *files], "script": []})
        return self.commands[-1]

    def params_of(self, call):
        """(name, parameters) of a function that gives the params of a rule, where a function of the Snakefile does; else
        None."""
        params = [(p, *source) for p, source in zip(call.told["params"], call.reader.sources)]
        if call.language != "python3" or not any(source and is_unknown(p) for p, _, source in params):
            return None
        name = f"params_of_{call.told['name']}"
        arguments, asked, uses = [], {"wildcards"}, set()
        for p, value, source in params:
            text, words = self.param(p, value, source)
            arguments.append(f"{p['name']}={text}" if p["name"] else text)
            asked |= words
            uses |= free_names(ast.parse(text)) - PARAMETERS
        parameters = [word for word in ORDER if word in asked]
        if name not in self.made:
            try:
                self.make(name, parameters, f"    return Named({', '.join(arguments)})", sorted(uses))
            except Missing:
                # What it gives job by job may be written out.
                return None
        return name, parameters

    @staticmethod
    def param(p, value, source):
        """(Python that gives the param, what it asks for beside the wildcards)."""
        if callable(value) and source is not None and not isinstance(value, StandIn):
            asked = [word for word in names_of_parameters(value)[1:] if word in ASKED]
            function = source if source.isidentifier() else f"({source})"
            return f"{function}({', '.join(['wildcards', *(f'{word}={word}' for word in asked)])})", set(asked)
        if isinstance(value, str) and any(isinstance(part, dict) for part in wildcard_parts(value)):
            parts = [part.replace("{", "{{").replace("}", "}}") if isinstance(part, str) else f"{{wildcards.{part['w']}}}"
                     for part in wildcard_parts(value)]
            return f"f{''.join(parts)!r}", set()
        if p["config"] is None and is_literal(plain(value)):
            return repr(plain(value)), set()
        return source if source is not None else repr(value), set()

    def files(self):
        """Files of the config that the module reads, and of modules that it imports and that lie with the spec."""
        needed = self.module.needed(sorted({name for _, uses in self.made.values() for name in uses}), HELPED)
        config = self.config_source() if "config" in needed.names() else []
        return [*config, *files_of_modules(imported_modules([s.node for s in needed.statements()]))]

    def finish(self):
        """The module by its name; nothing where no rule needs one. What it reads is code of all who call it."""
        if not self.made:
            return {}
        files = self.files()
        for command in self.commands:
            command["code"] = list(dict.fromkeys([*command["code"], *files]))
        return {f"{self.name}.py": self.text()}

    def text(self):
        uses = {name for _, uses in self.made.values() for name in uses}
        needed = self.module.needed(sorted(uses), HELPED)
        functions = [text for text, _ in self.made.values()]
        helped = {name for name in needed.names() & HELPED if name != "config"}
        helped |= {"Named"} if any("Named(" in text for text in functions) else set()
        config = []
        if "config" in needed.names():
            helped.add("read_config")
            files = ", ".join(json.dumps(file) for file in self.config_source())
            config = [f"config = read_config({files})"]
        if "workflow" in needed.names():
            helped = helped - {"workflow"} | {"Workflow"}
            config.append(f"workflow = Workflow({json.dumps(os.path.relpath(self.recorder.files[0]))})")
        head = [f'"""The Python of {self.module.statements[0].file} that its run blocks need, and these. Made by `wfc import '
                'snakefile`."""', ""]
        folder = self.recorder.folder_of_imports()
        if folder is not None:
            head.extend(["import sys", f"sys.path.insert(0, {json.dumps(folder)})"])
        head.extend(needed.implicit)
        if helped:
            head.append(f"from wfc_snakemake import {', '.join(sorted(helped))}")
        lines = needed.lines(lambda statement: statement.whole)
        imports = list(itertools.takewhile(lambda line: line.startswith(("import ", "from ")), lines))
        blocks = [*head, *imports, "", *config, *lines[len(imports):], *functions]
        return "\n".join(spaced(blocks)) + "\n"


def spaced(blocks):
    """Their lines, with two empty ones around functions and classes."""
    lines, after = [], False
    for block in blocks:
        is_large = re.search(r"^(async def|def|class|@)\b", block, re.MULTILINE) is not None
        if (is_large or after) and block != "":
            while lines[-1] == "":
                lines.pop()
            lines.extend(["", ""])
        after = is_large
        lines.extend(block.rstrip("\n").split("\n"))
    return lines


def files_of_modules(names):
    """Files below this folder of modules that were imported, of those in their packages too."""
    roots = {name.split(".")[0] for name in names}
    found = [getattr(module, "__file__", None) for name, module in list(sys.modules.items()) if name.split(".")[0] in roots]
    paths = sorted({os.path.relpath(file) for file in found if file})
    return [path for path in paths if not path.startswith("..") and path.endswith(".py")]


def is_unknown(p):
    """Whether no placeholder or value can stand for it."""
    return p["wildcard"] is None and p["text"] is None and "value" not in p


def names_of_parameters(function):
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return []
