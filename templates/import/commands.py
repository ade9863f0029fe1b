"""The command of a rule, as text with references."""

import functools
import os
import re
import string
from importlib.machinery import PathFinder
from pathlib import Path

import values
from bodies import PARAMETERS, Body, names_in_braces
from breaks import unmarked
from functions import is_unknown
from jobcalls import Unpacked, is_function
from scripts import notebook_command, script_command, template_command
from translate import Problem, Section


class Commands:
    """The part of a rule's reader that reads its command."""

    def command(self, told):
        rule = self.rule
        if "cwl" in rule.sections:
            return {"kind": "unknown", "line": rule.sections["cwl"][2], "message": '"cwl" is not converted',
                    "hint": "write the command that the tool runs"}
        try:
            if "shell" in rule.sections:
                (_, text, line, _), *_ = self.arguments("shell")
                return self.shell_or_function(str(text), rule.sections["shell"][2], told)
            if "script" in rule.sections:
                (_, path, line, _), *_ = self.arguments("script")
                return script_command(path, line, told, self)
            if "wrapper" in rule.sections:
                (_, path, line, _), *_ = self.arguments("wrapper")
                return script_command(self.of_wrapper(str(path), line), line, told, self)
            if "notebook" in rule.sections:
                (_, path, line, _), *_ = self.arguments("notebook")
                return notebook_command(path, line, told, self)
            if "template_engine" in rule.sections:
                (_, engine, line, _), *_ = self.arguments("template_engine")
                return template_command(engine, line, told, self)
            if "run" in rule.blocks:
                return self.run(*rule.blocks["run"], told)
        except Problem as problem:
            return {"kind": "unknown", "line": problem.line, "message": problem.message, "hint": problem.hint}
        return {"kind": "none", "line": rule.line, "tokens": [], "modules": [], "code": [], "script": []}

    def of_wrapper(self, path, line):
        """The script of a wrapper that lies here."""
        if not path.startswith("file:"):
            url = path if "://" in path else f"https://github.com/snakemake/snakemake-wrappers/raw/{path}/wrapper.py"
            name = re.sub(r"^.*?://[^/]*/|/wrapper\.\w+$", "", url.replace("/snakemake/snakemake-wrappers/raw/", "/"))
            saved = os.path.join("wrappers", name, os.path.basename(url) if "." in os.path.basename(url) else "wrapper.py")
            if not os.path.exists(saved):
                self.note(line, f'the wrapper of rule "{self.rule.name}" is a script from elsewhere: save {url} as {saved}')
            return os.path.relpath(saved, os.path.dirname(os.path.abspath(self.rule.file)))
        place = os.path.abspath(path[len("file:"):].replace("//", "", 1))
        found = [place, *(os.path.join(place, f"wrapper{ending}") for ending in (".py", ".R", ".Rmd", ".jl"))]
        return os.path.relpath(next(filter(os.path.isfile, found), found[1]), os.path.dirname(os.path.abspath(self.rule.file)))

    def shell_or_function(self, text, line, told):
        """The command with placeholders; where they can't tell it, a function that puts it together in each task."""
        unknown = None
        if self.rule.name not in self.recorder.as_functions:
            try:
                return self.shell(text, line)
            except Problem as problem:
                unknown = problem
                if names_in_braces(text) - self.module.known() - PARAMETERS:
                    raise
        try:
            source = self.rule.sections["shell"][3].text.strip()
            # A comment may end it.
            end = "\n)" if "#" in source.split("\n")[-1] else ")"
            made = self.functions.run_command(self.body(Section(f"shell({source}{end}", line, True)), told, self)
        except Problem as problem:
            raise unknown or problem from None
        self.note(line, f'the command of rule "{self.rule.name}" is put together by Python in each task, as Snakemake does: '
                  "placeholders of a spec can't tell it")
        return made

    def body(self, section):
        names = {word: {n for n, _, _, _ in self.arguments(word) if n} for word in ("input", "output", "params")}
        unknown = {key for number, p in enumerate(self.params) if is_unknown(p) for key in (number, p["name"])}
        return Body(self.rule.file, section, names, unknown - {None}, self.module)

    def run(self, line, section, told):
        body = self.body(section)
        if self.rule.name in self.recorder.as_functions:
            return self.functions.run_command(body, told, self)
        text = body.only_shell()
        if text is not None:
            return self.shell(text, line)
        # A placeholder is of one log, and of the config of the Snakefile itself.
        uses = body.uses_of_module()
        if (len(self.logs) > 1 and "log" in uses) or (not self.has_config and "config" in uses):
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
            if field == "wildcards":
                tokens.extend(self.all_wildcards())
                continue
            if field == "params":
                tokens.extend(self.all_params())
                continue
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

    def all_wildcards(self):
        """Tokens of `{wildcards}`: site=a,year=1990, by name. Source: snakemake/io.py 7.21, Wildcards.__format__."""
        return [token for n, name in enumerate(sorted(self.wildcard_names()))
                for token in (f"{',' if n else ''}{name}=", {"ref": "wildcards", "index": None, "name": name})]

    def wildcard_names(self):
        return {part["w"] for _, value, _, _ in self.arguments("output") for item in values.items_of(value) or []
                for part in item["parts"] if isinstance(part, dict) and "w" in part}

    def all_params(self):
        """Tokens of `{params}`: all of them with blanks between."""
        return [token for number in range(len(self.params))
                for token in [*([" "] if number else []), {"ref": "params", "index": number, "name": None}]]

    def reference(self, field, line):
        root, steps = field_parts(field)
        ref = {"ref": root, "index": None, "name": None}
        if root == "params" and len(steps) == 2 and steps[1][0] == "item":
            return {**ref, "name": self.part_of_param(*(step for _, step in steps))}
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
        if root == "config" and steps and self.has_config:
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

    def part_of_param(self, name, key):
        """`{params.x[key]}` as a param of its own, which is called so."""
        found = next((given for given in self.arguments("params") if given[0] == name), None)
        own = f"{name}[{key}]"
        if found is None or any(p["name"] == own for p in self.params):
            return own
        _, value, line, _ = found
        if is_function(value) and not isinstance(value, Unpacked):
            def part(*args, **kwargs):
                return value(*args, **kwargs)[key]
            given = functools.wraps(value)(part)
        else:
            given = value[key]
        self.arguments("params").append((own, given, line, None))
        self.params.extend(self.params_told([(own, given, line, None)]))
        return own


def field_parts(field):
    """`input.a[0]` as ("input", [("attribute", "a"), ("item", 0)])."""
    import _string

    root, rest = _string.formatter_field_name_split(field)
    return root, [("attribute" if is_attribute else "item", step) for is_attribute, step in rest]
