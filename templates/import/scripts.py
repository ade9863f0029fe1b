"""A rule's `script` as a short text that runs it with an object `snakemake`, made of wfc's placeholders.

Source of the meaning: Snakemake 7.21, snakemake/script.py.
"""

import ast
import json
import os
import re
import string

from module import imported_modules, modules_beside
from translate import Problem

LANGUAGES = {".py": "python3", ".R": "Rscript", ".jl": "julia", ".sh": "shell"}
ELSEWHERE = {
    ".Rmd": "render it in the command: Rscript -e 'rmarkdown::render(…)'",
    ".rs": "compile it, and start the program in the command",
    ".ipynb": "make it a script: jupyter nbconvert --to script FILE",
}
FILES = ("input", "output", "log")
# A script that names none of these words does without; one that brings in other files may use all.
OPTIONAL = ("wildcards", "resources", "log", "config", "threads", "rule")
BRINGS = {"Rscript": r"\bsource\s*\(", "julia": r"\binclude\s*\(", "shell": r"^\s*(source|\.)\s"}


def script_command(path, line, told, reader):
    """`told` is what rules.py tells of the rule: its inputs, outputs, params and so on."""
    script = Script(path, line, told, reader)
    tokens = WRITERS[script.language](script)
    helper = {"python3": ["wfc_snakemake.py"], "Rscript": ["wfc_snakemake.R"], "shell": ["wfc_snakemake.sh"]}
    return {"kind": script.language, "line": line, "tokens": tokens, "modules": script.modules(),
            "code": [*script.code, *helper.get(script.language, [])], "script": script.path if len(script.path) > 1 else []}


class Script:
    def __init__(self, path, line, told, reader):
        self.line, self.told, self.reader = line, told, reader
        self.path = self.place(str(path))
        ending = re.search(r"(\.\w+)?$", self.path[-1] if isinstance(self.path[-1], str) else "").group()
        if ending not in LANGUAGES:
            raise self.problem(f'a script that ends in "{ending}" is not converted',
                               ELSEWHERE.get(ending, "those in Python (.py), R (.R), Julia (.jl) and bash (.sh) are"))
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

    def uses(self, word):
        brings = BRINGS.get(self.language)
        if not self.texts or (brings and re.search(brings, self.texts[0], re.MULTILINE)):
            return True
        return any(re.search(rf"(?<![A-Za-z]){word}(?![A-Za-z])", text) for text in self.texts)

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

    # --- what it is given ---

    def slots(self):
        """(slot, (name or None, token) of each argument) of all that the rule has and the script may use."""
        given = [(word, file_pairs(word, self.told[word])) for word in ("input", "output")]
        given.append(("params", [(p["name"], self.param(p, number)) for number, p in enumerate(self.told["params"])]))
        given.append(("wildcards", [(name, {"ref": "wildcards", "name": name}) for name in self.wildcards()]))
        given.append(("resources", [(name, {"ref": "resources", "name": name})
                                    for name in self.told["resources"] if name != "threads"]))
        given.append(("log", [(log["name"], {"ref": "log"}) for log in self.told["log"]]))
        return [(slot, pairs) for slot, pairs in given if pairs and (slot not in OPTIONAL or self.uses(slot))]

    def param(self, param, number):
        """A part of the config that is no single value is read from its file, where that can be."""
        if self.language == "python3" and param["config"] is not None and isinstance(param.get("value"), (dict, list)):
            return "config" + "".join(f"[{json.dumps(key)}]" for key in param["config"].split(".") if key)
        return {"ref": "params", "name": param["name"], "index": number, "word": True}

    def wildcards(self):
        return list(dict.fromkeys(part["w"] for a in self.told["output"] for item in a["items"]
                                  for part in item["parts"] if isinstance(part, dict) and "w" in part))

    def singles(self):
        return [(word, {"ref": word}) for word in ("threads", "rule") if self.uses(word)]

    def config(self):
        """The config's value where the script may use it, else None."""
        config = self.reader.recorder.namespace["config"]
        return config if config and self.uses("config") else None


def file_pairs(word, arguments):
    if all(a["name"] is None for a in arguments):
        return [(None, {"ref": word, "flat": True})] if arguments else []
    return [(a["name"], {"ref": word, "name": a["name"], "argument": number}) for number, a in enumerate(arguments)]


def listed(pairs, sign, indent=None):
    """`a, name=b` of (name or None, token); many of them one a line, where there is an indent for that."""
    wraps = indent is not None and len(pairs) > 4
    begin, between, end = (f"\n{indent}    ", f",\n{indent}    ", f"\n{indent}") if wraps else ("", ", ", "")
    tokens = [begin]
    for number, (name, value) in enumerate(pairs):
        tokens.extend([between if number else "", f"{name}{sign}" if name else "", value])
    return [token for token in [*tokens, end] if token != ""]


def joined(parts, sign):
    return [token for number, part in enumerate(parts)
            for token in ([sign] if number else []) + [{"value": part} if isinstance(part, str) else part]]


def in_python(script):
    slots = script.slots()
    names = {"Files" if slot in FILES else "Named" for slot, _ in slots} | {"script"}
    reads = any(token == "config" or token.startswith("config[") for _, pairs in slots for _, token in pairs
                if isinstance(token, str))
    config, files = script.reader.config_source() if reads or script.config() else (None, [])
    script.code.extend(files)
    head = []
    if reads:
        head, config = [f"config = {config}\n"], "config"
    tokens = ["script(\n    ", *joined(script.path, " + "), ",\n"]
    for slot, pairs in slots:
        tokens.extend([f"    {slot}={'Files' if slot in FILES else 'Named'}(", *listed(pairs, "=", "    "), "),\n"])
    for slot, token in [*script.singles(), *([("config", config)] if config else [])]:
        tokens.extend([f"    {slot}=", token, ",\n"])
    if config:
        names.add("read_config")
    return [f"from wfc_snakemake import {', '.join(sorted(names))}\n\n", *head, *tokens, ")"]


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


WRITERS = {"python3": in_python, "Rscript": in_r, "julia": in_julia, "shell": in_bash}
