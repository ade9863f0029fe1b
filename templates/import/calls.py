"""What a script or a function of the Snakefile is given, made of wfc's placeholders, and the text that calls it."""

import contextlib
import json
import re

from jobcalls import Failed, as_json, is_function

FILES = ("input", "output", "log")
MAKERS = {**dict.fromkeys(FILES, "Files"), "wildcards": "Wildcards"}
# Who names none of these words does without; who brings in other files may use all.
SINGLE = ("threads", "rule")
OPTIONAL = ("wildcards", "resources", "log", "config", "threads", "rule")
# How a language makes one text of several.
TEXTS = {"python3": ("", " + ", ""), "Rscript": ("paste0(", ", ", ")"), "julia": ("", " * ", ""), "shell": ("", "", "")}
BRINGS = {"Rscript": r"\bsource\s*\(", "julia": r"\binclude\s*\(", "shell": r"^\s*(source|\.)\s"}


class Call:
    """`told` is what rules.py tells of the rule: its inputs, outputs, params and so on. `texts` are those of what is
    called; empty where they are not known."""

    def __init__(self, told, reader, language, texts):
        self.told, self.reader, self.language, self.texts = told, reader, language, texts
        # Files that count as the command does.
        self.code = []

    def uses(self, word):
        brings = BRINGS.get(self.language)
        if not self.texts or (brings and re.search(brings, self.texts[0], re.MULTILINE)):
            return True
        return any(re.search(rf"(?<![A-Za-z]){word}(?![A-Za-z])", text) for text in self.texts)

    def slots(self):
        """(slot, (name or None, token) of each argument) of all that the rule has and may be used."""
        given = [(word, self.pairs(word)) for word in ("input", "output", "params", "wildcards", "resources", "log")]
        return [(slot, pairs) for slot, pairs in given if pairs and (slot not in OPTIONAL or self.uses(slot))]

    def pairs(self, slot):
        told = self.told[slot] if slot != "wildcards" else self.wildcards()
        if slot in ("input", "output"):
            if all(a["name"] is None for a in told):
                return [(None, {"ref": slot, "flat": True})] if told else []
            return [(a["name"], {"ref": slot, "name": a["name"], "argument": number}) for number, a in enumerate(told)]
        if slot == "params":
            if self.language != "python3":
                self.tell_values()
            return [(p["name"], self.param(p, number)) for number, p in enumerate(told)]
        if slot == "log":
            return [(name, {"ref": "log"} if is_of_task else self.text_of(parts)) for name, parts, is_of_task in self.logs()]
        return [(name, {"ref": slot, "name": name}) for name in told if name != "threads"]

    def tell_values(self):
        """Of params that only Python knows, such as columns of a table, what another language can be given."""
        for param, (value, _) in zip(self.told["params"], self.reader.sources):
            if "value" not in param and not is_function(value):
                with contextlib.suppress(Failed):
                    param["value"] = as_json(value, param["line"])

    def param(self, param, number):
        """A part of the config that is no single value is read from its file, where that can be."""
        if self.language == "python3" and param["config"] is not None and isinstance(param.get("value"), (dict, list)):
            return "config" + "".join(f"[{json.dumps(key)}]" for key in param["config"].split(".") if key)
        return {"ref": "params", "name": param["name"], "index": number, "word": True}

    def logs(self):
        """(name, its parts, whether it is the log that the task has) of each."""
        reader = self.reader
        return [(log[0], log[1], log is reader.log_of_task) for log in reader.logs]

    def text_of(self, parts):
        return one_text([part if isinstance(part, str) else {"ref": "wildcards", "name": part["w"]} for part in parts],
                        self.language)

    def wildcards(self):
        return list(dict.fromkeys(part["w"] for a in self.told["output"] for item in a["items"]
                                  for part in item["parts"] if isinstance(part, dict) and "w" in part))

    def singles(self):
        return [(word, {"ref": word}) for word in ("threads", "rule") if self.uses(word)]

    def config(self):
        """The config's value where it may be used, else None."""
        config = self.reader.rule.namespace["config"]
        return config if config and self.uses("config") else None


def in_python(call, function, first=(), slots=None):
    """(tokens before the call, those of the call, names that it needs of the helper, files of the config that it reads).
    `slots` that a function takes; None: those that a script finds in its object `snakemake`."""
    given = call.slots() if slots is None else [(word, call.pairs(word)) for word in slots if word not in SINGLE]
    single = call.singles() if slots is None else [(word, {"ref": word}) for word in slots if word in SINGLE]
    names = set()
    arguments = [[*first]] if first else []
    for slot, pairs in given:
        arguments.append([f"{slot}=", *in_slot(call, slot, pairs, names)])
    arguments.extend([f"{slot}=", token] for slot, token in single)
    is_read = any(isinstance(token, str) and re.match(r"config\b", token) for _, pairs in given for _, token in pairs)
    is_given = slots is None and call.config()
    if not (is_read or is_given):
        return [], called(function, arguments), names, []
    source, files = call.reader.config_source()
    names.add("read_config")
    if is_given:
        arguments.append([f"config={'config' if is_read else source}"])
    return [f"config = {source}\n"] if is_read else [], called(function, arguments), names, files


def called(function, arguments):
    """In one line where that is short."""
    if sum(length_of(argument) + 2 for argument in arguments) + len(function) < 90 and not any(
            isinstance(token, str) and "\n" in token for argument in arguments for token in argument):
        return [f"{function}(", *listed([(None, argument) for argument in arguments], ""), ")"]
    return [f"{function}(\n", *(token for argument in arguments for token in ["    ", *argument, ",\n"]), ")"]


def in_slot(call, slot, pairs, names):
    made = call.reader.functions.params_of(call) if slot == "params" else None
    if made:
        function, parameters = made
        names.add(function)
        return [f"{function}(", *listed([(word, [{"ref": word}] if word in SINGLE else
                                             [*in_slot(call, word, call.pairs(word), names)]) for word in parameters], "="),
                ")"]
    maker = MAKERS.get(slot, "Named")
    if slot == "log" and any(not is_of_task for _, _, is_of_task in call.logs()):
        # The folder of the other is made by the task.
        maker = "Logs"
    names.add(maker)
    return [f"{maker}(", *listed(pairs, "=", "    "), ")"]


def one_text(parts, language):
    """The tokens that make one text of texts and references."""
    opened, sign, closed = TEXTS[language]
    pieces = [(None, {"value": part} if isinstance(part, str) else part) for part in parts]
    tokens = [token for n, (_, token) in enumerate(pieces) for token in ([sign] if n and sign else []) + [token]]
    return [opened, *tokens, closed] if opened and len(parts) > 1 else tokens


def length_of(tokens):
    """Letters that tokens will take, about."""
    return sum(len(t) if isinstance(t, str) else len(str(t["value"])) if "value" in t else
               len(t["ref"]) + len(t.get("name") or "") + 3 for t in tokens)


def listed(pairs, sign, indent=None):
    """`a, name=b` of (name or None, token); many of them one a line, where there is an indent for that."""
    wide = sum(len(name or "") + 4 + length_of(value if isinstance(value, list) else [value]) for name, value in pairs) > 90
    wraps = indent is not None and (len(pairs) > 4 or (len(pairs) > 1 and wide))
    begin, between, end = (f"\n{indent}    ", f",\n{indent}    ", f"\n{indent}") if wraps else ("", ", ", "")
    tokens = [begin]
    for number, (name, value) in enumerate(pairs):
        many = value if isinstance(value, list) else [value]
        tokens.extend([between if number else "", f"{name}{sign}" if name else "", *many])
    return [token for token in [*tokens, end] if token != ""]
