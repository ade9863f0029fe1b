"""A rule's `script` as a short text that runs it with an object `snakemake`, made of wfc's placeholders.

Source of the meaning: Snakemake 7.21, snakemake/script.py.
"""

import ast
import os
import re
import string

from calls import FILES, Call, in_python, listed
from module import imported_modules, modules_beside
from translate import Problem

LANGUAGES = {".py": "python3", ".R": "Rscript", ".Rmd": "Rscript", ".jl": "julia", ".sh": "shell"}
ELSEWHERE = {
    ".rs": "compile it, and start the program in the command",
    ".ipynb": "make it a script: jupyter nbconvert --to script FILE",
}


def script_command(path, line, told, reader):
    """`told` is what rules.py tells of the rule: its inputs, outputs, params and so on."""
    script = Script(path, line, told, reader)
    tokens = WRITERS[script.language](script)
    helper = {"Rscript": ["wfc_snakemake.R"], "shell": ["wfc_snakemake.sh"]}
    command = {"kind": script.language, "line": line, "tokens": tokens, "modules": script.modules(),
               "code": [*script.code, *helper.get(script.language, [])],
               "script": script.path if len(script.path) > 1 else []}
    if f"{reader.functions.name}.py" in command["code"]:
        reader.functions.commands.append(command)
    return command


class Script(Call):
    def __init__(self, path, line, told, reader):
        super().__init__(told, reader, None, [])
        self.line = line
        self.path = self.place(str(path))
        ending = re.search(r"(\.\w+)?$", self.path[-1] if isinstance(self.path[-1], str) else "").group()
        if ending not in LANGUAGES:
            raise self.problem(f'a script that ends in "{ending}" is not converted',
                               ELSEWHERE.get(ending, "those in Python (.py), R (.R, .Rmd), Julia (.jl) and bash (.sh) are"))
        self.language = LANGUAGES[ending]
        self.texts, self.code = self.read()

    def problem(self, message, hint=None):
        return Problem(self.told["file"], self.line, message, hint)

    def place(self, text):
        """The path from the spec's folder in texts and references. It is given from the folder of the Snakefile."""
        if re.match(r"\w+(\+\w+)*:", text):
            raise self.problem(f"a script from the network is not converted: {text}", "save it in a file here")
        if not os.path.isabs(text):
            text = os.path.relpath(os.path.join(os.path.dirname(os.path.abspath(self.told["file"])), text))
        parts = []
        for literal, field, _, _ in string.Formatter().parse(text):
            if literal:
                parts.append(literal)
            if field is None:
                continue
            reference = self.reader.reference(field, self.line)
            if not isinstance(reference, str) and reference["ref"] != "wildcards":
                raise self.problem(f"{{{field}}} in the path of a script is not converted", "use a wildcard there")
            parts.append(reference)
        return parts

    def read(self):
        """The texts and paths of the script and of the modules beside it that it imports; none where wildcards choose."""
        if len(self.path) > 1:
            return [], []
        code = [self.path[0]]
        if self.language == "python3" and os.path.isfile(code[0]):
            code.extend(modules_beside(code[0]))
        texts = []
        for path in code:
            try:
                with open(path, encoding="utf-8") as opened:
                    texts.append(opened.read())
            except (OSError, UnicodeDecodeError) as error:
                reason = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
                raise self.problem(f"{path} can't be read: {reason}",
                                   "the path of a script counts from the folder of its Snakefile") from None
        return texts, code

    def modules(self):
        """What the script imports at its top, and can be found without it."""
        if self.language == "Rscript" and self.texts:
            return list(dict.fromkeys(re.findall(r"^library\([\"']?([\w.]+)[\"']?\)", self.texts[0], re.MULTILINE)))
        if self.language != "python3" or not self.texts:
            return []
        try:
            tree = ast.parse(self.texts[0])
        except SyntaxError:
            return []
        own = {name.split(".")[0] for name in os.listdir(os.path.dirname(self.code[0]) or ".")} | {"snakemake"}
        return [name for name in imported_modules(tree.body) if name.split(".")[0] not in own]


def joined(parts, sign):
    return [token for number, part in enumerate(parts)
            for token in ([sign] if number else []) + [{"value": part} if isinstance(part, str) else part]]


def python(script):
    head, tokens, names, files = in_python(script, "script", joined(script.path, " + "))
    script.code.extend(files)
    return [*imports(script, {*names, "script"}), "\n", *head, *tokens]


def imports(call, names):
    """Lines that import these, from the helper or from the module of the Snakefile."""
    own = sorted(names & set(call.reader.functions.made))
    lines = [(call.reader.functions.name, own), ("wfc_snakemake", sorted(names - set(own)))]
    call.code.extend(f"{module}.py" for module, found in lines if found)
    return [f"from {module} import {', '.join(found)}\n" for module, found in lines if found]


def in_r(script):
    tokens = ['source("wfc_snakemake.R")\n\n', "script(\n  "]
    tokens.extend(joined(script.path, " + ") if len(script.path) == 1 else
                  ["paste0(", *joined(script.path, ", "), ")"])
    for slot, pairs in script.slots():
        tokens.extend([f",\n  {slot} = {'files' if slot in FILES else 'named'}(", *listed(pairs, " = ", "  "), ")"])
    config = script.config()
    for slot, token in [*script.singles(), *([("config", {"value": config})] if config else [])]:
        tokens.extend([f",\n  {slot} = ", token])
    return [*tokens, "\n)"]


def in_julia(script):
    tokens = ["snakemake = (;\n"]
    slots = dict(script.slots())
    for slot in ("input", "output", "params", "wildcards", "log", "resources"):
        pairs = slots.get(slot, [])
        items = "vcat" if slot in FILES else "Any"
        opened, closed = ("vcat(", ")") if items == "vcat" else ("Any[", "]")
        tokens.extend([f"    {slot} = merge(Dict{{Any, Any}}(pairs({opened}",
                       *listed([(None, token) for _, token in pairs], ""), f"{closed})), Dict{{Any, Any}}("])
        tokens.extend([*listed([(f'"{name}"', token) for name, token in pairs if name], " => "), ")),\n"])
    config = script.config()
    for slot, token in [*script.singles(), ("config", {"value": config or {}})]:
        tokens.extend([f"    {slot} = ", token, ",\n"])
    folder = [{"value": os.path.dirname(script.path[0])}] if isinstance(script.path[0], str) else [{"value": ""}]
    tokens.extend(["    scriptdir = abspath(", *folder, "),\n)\n"])
    return [*tokens, "include(abspath(", *joined(script.path, " * "), "))"]


def in_bash(script):
    tokens = ["source wfc_snakemake.sh\n"]
    for slot, pairs in script.slots():
        for name, token in pairs:
            tokens.extend([f"snakemake_named {slot} {name} " if name else f"snakemake_unnamed {slot} ", token, "\n"])
    for key, value in (script.config() or {}).items():
        is_scalar = isinstance(value, (str, int, float))
        given = {"ref": "config", "name": key, "word": True} if is_scalar else {"value": str(value)}
        tokens.extend([f"snakemake_config[{key}]=", given, "\n"])
    for slot, token in script.singles():
        tokens.extend([f"snakemake[{slot}]=", token, "\n"])
    # The options of Snakemake's own shell are not handed on to a script.
    tokens.extend(["set +euo pipefail\n", "source ", *joined(script.path, "")])
    return tokens


WRITERS = {"python3": python, "Rscript": in_r, "julia": in_julia, "shell": in_bash}
