"""A rule's `script` or `notebook` as a short text that runs it with an object `snakemake`, made of wfc's placeholders.

Source of the meaning: Snakemake 7.21, snakemake/script.py.
"""

import ast
import itertools
import os
import re
import string

from calls import FILES, Call, in_python, listed, one_text
from module import imported_modules, modules_beside, notebook_cells
from translate import Problem
from values import wildcard_parts

LANGUAGES = {".py": "python3", ".R": "Rscript", ".Rmd": "Rscript", ".jl": "julia", ".sh": "shell"}
TEMPLATES = ("jinja2", "yte")
NOTEBOOKS = {".ipynb": "python3"}
ELSEWHERE = {
    ".rs": "compile it, and start the program in the command",
    ".ipynb": "name it with notebook:",
}


def script_command(path, line, told, reader):
    """`told` is what rules.py tells of the rule: its inputs, outputs, params and so on."""
    return command_of(Script(path, line, told, reader))


def notebook_command(path, line, told, reader):
    return command_of(Notebook(path, line, told, reader))


def template_command(engine, line, told, reader):
    """A template is given these, whatever it says."""
    if engine not in TEMPLATES:
        raise Problem(told["file"], line, f'a template of "{engine}" is not converted', f"those of {' and '.join(TEMPLATES)} are")
    call = Call(told, reader, "python3", ["wildcards config"])
    head, tokens, names, files = in_python(call, "render", [{"value": engine}])
    lines = imports(call, {*names, "render"})
    return {"kind": "python3", "line": line, "tokens": [*lines, "\n", *head, *tokens], "modules": [engine],
            "code": [*call.code, *files], "script": []}


def command_of(script):
    line, reader = script.line, script.reader
    tokens = WRITERS[script.language](script)
    helper = {"Rscript": ["wfc_snakemake.R"], "shell": ["wfc_snakemake.sh"]}
    command = {"kind": script.language, "line": line, "tokens": tokens, "modules": script.modules(),
               "code": [*script.code, *helper.get(script.language, [])],
               "script": script.path if len(script.path) > 1 else []}
    if f"{reader.functions.name}.py" in command["code"]:
        reader.functions.commands.append(command)
    return command


class Script(Call):
    # The section that names it, which is what the helper is called, and the languages by ending.
    word, languages = "script", LANGUAGES
    hint = "those in Python (.py), R (.R, .Rmd), Julia (.jl) and bash (.sh) are"

    def __init__(self, path, line, told, reader):
        super().__init__(told, reader, None, [])
        self.line = line
        self.path = self.place(str(path))
        ending = re.search(r"(\.\w+)?$", self.path[-1] if isinstance(self.path[-1], str) else "").group()
        if ending not in self.languages:
            raise self.problem(f'a {self.word} that ends in "{ending}" is not converted', ELSEWHERE.get(ending, self.hint))
        self.language = self.languages[ending]
        self.texts, self.code = self.read()

    def problem(self, message, hint=None):
        return Problem(self.told["file"], self.line, message, hint)

    def place(self, text):
        """The path from the spec's folder in texts and references. It is given from the folder of the Snakefile."""
        if re.match(r"\w+(\+\w+)*:", text):
            raise self.problem(f"a {self.word} from the network is not converted: {text}", "save it in a file here")
        if not os.path.isabs(text):
            text = os.path.relpath(os.path.join(os.path.dirname(os.path.abspath(self.told["file"])), text))
        parts = []
        for literal, field, _, _ in string.Formatter().parse(text):
            if literal:
                parts.append(literal)
            if field is None:
                continue
            reference = self.reader.reference(field, self.line)
            if isinstance(reference, str) or reference["ref"] == "wildcards":
                parts.append(reference)
            else:
                parts.extend(self.filled(field, reference))
        return [part for is_text, group in itertools.groupby(parts, lambda p: isinstance(p, str))
                for part in (["".join(group)] if is_text else group)]

    def filled(self, field, reference):
        """An input, output or param in the path, as the pattern that it is."""
        ref, name, index = reference["ref"], reference["name"], reference["index"]
        found = None
        if ref in ("input", "output"):
            found = [item for a in self.told[ref] if name in (None, a["name"]) for item in a["items"]]
            found = found if index is None else found[index:index + 1]
            found = [None if "expand" in item else item["parts"] for item in found]
        elif ref == "params":
            found = [pattern_of(p) for n, p in enumerate(self.told["params"]) if p["name"] == name or (name is None and index in (None, n))]
        if not found or len(found) > 1 or found[0] is None:
            raise self.problem(f"{{{field}}} in the path of a {self.word} is not converted",
                               "use a wildcard there, or one path or param")
        return [p if isinstance(p, str) else {"ref": "wildcards", "index": None, "name": p["w"]} for p in found[0]]

    def read(self):
        """The texts and paths of the script and of the modules beside it that it imports; none where wildcards choose."""
        if len(self.path) > 1:
            return [], []
        code = [self.path[0]]
        if not os.path.exists(code[0]):
            # It may come later: Snakemake plans without it.
            self.reader.note(self.line, f"there is no file {code[0]}, which rule \"{self.told['name']}\" needs: name it under "
                             "code: when there is")
            return [], []
        if code[0].endswith(".py") and os.path.isfile(code[0]):
            code.extend(modules_beside(code[0]))
        return list(map(self.text_at, code)), code

    def text_at(self, path):
        try:
            with open(path, encoding="utf-8") as opened:
                return opened.read()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
            raise self.problem(f"{path} can't be read: {reason}",
                               f"the path of a {self.word} counts from the folder of its Snakefile") from None

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


def pattern_of(param):
    """A param's text with wildcards; None where it is a function or more than a text."""
    if param["wildcard"] is not None:
        return [{"w": param["wildcard"]}]
    return None if param["text"] is None else wildcard_parts(param["text"])


class Notebook(Script):
    """A notebook of Jupyter, in Python or R; what runs it is Python."""

    word, languages = "notebook", NOTEBOOKS
    hint = "those of Jupyter (.ipynb) are"

    def read(self):
        texts, code = super().read()
        if not texts:
            return [], ["wfc_snakemake.R"]
        try:
            language, cells = notebook_cells(texts[0])
        except (ValueError, TypeError, LookupError, AttributeError):
            raise self.problem(f"{code[0]} is no notebook of Jupyter", "it is JSON, with a list of cells") from None
        if language == "R":
            # It may bring in other files.
            return [], [*code, "wfc_snakemake.R"]
        beside = modules_beside(code[0], cells)
        return [cells, *map(self.text_at, beside)], [*code, *beside]

    def modules(self):
        # Its kernel is a process of its own.
        return []

    def uses(self, word):
        # Where it is kept when it has run may be a log.
        return word == "log" or super().uses(word)


def python(script):
    head, tokens, names, files = in_python(script, script.word, one_text(script.path, "python3"))
    script.code.extend(files)
    return [*imports(script, {*names, script.word}), "\n", *head, *tokens]


def imports(call, names):
    """Lines that import these, from the helpers or from the module of the Snakefile."""
    own, notebook = names & set(call.reader.functions.made), names & {"notebook"}
    lines = [(call.reader.functions.name, sorted(own)), ("wfc_notebook", sorted(notebook)),
             ("wfc_snakemake", sorted(names - own - notebook))]
    call.code.extend(f"{module}.py" for module, found in lines if found)
    return [f"from {module} import {', '.join(found)}\n" for module, found in lines if found]


def in_r(script):
    tokens = ['source("wfc_snakemake.R")\n\n', "script(\n  "]
    tokens.extend(one_text(script.path, "Rscript"))
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
    return [*tokens, "include(abspath(", *one_text(script.path, "julia"), "))"]


def in_bash(script):
    tokens = [*script.reader.folders_of_logs(), "source wfc_snakemake.sh\n"]
    for slot, pairs in script.slots():
        for name, value in pairs:
            given = value if isinstance(value, list) else [value]
            tokens.extend([f"snakemake_named {slot} {name} " if name else f"snakemake_unnamed {slot} ", *given, "\n"])
    for key, value in (script.config() or {}).items():
        is_scalar = isinstance(value, (str, int, float))
        given = {"ref": "config", "name": key, "word": True} if is_scalar else {"value": str(value)}
        tokens.extend([f"snakemake_config[{key}]=", given, "\n"])
    for slot, token in script.singles():
        tokens.extend([f"snakemake[{slot}]=", token, "\n"])
    # The options of Snakemake's own shell are not handed on to a script.
    tokens.extend(["set +euo pipefail\n", "source ", *one_text(script.path, "shell")])
    return tokens


WRITERS = {"python3": python, "Rscript": in_r, "julia": in_julia, "shell": in_bash}
