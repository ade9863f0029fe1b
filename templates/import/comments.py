"""Comments that stand right above something, in lines of their own, and docstrings of rules: for people, in the spec."""

import ast
import inspect
import re

import values

# What looks like a part of a Snakefile that somebody has switched off.
CODE = re.compile(
    r"^(@|[\"'(\[{]|(rule|checkpoint|use rule|module|def|class|for|if|with)\b.*:$|(import|from) \w+|(include|configfile|workdir|input|"
    r"output|params|shell|run|script|log|threads|resources|conda|benchmark|localrules|ruleorder|wildcard_constraints)\s*:|"
    r"[\w.\[\]\"']+\s*=\s*\S|[\w.]+\([^)]*\)?,?$|[\w.-]+:\s*([\[{\"'].*|\S+)$)|(\\|\"\"\"|\[|\()$")
# What speaks to programs.
FOR_PROGRAMS = re.compile(r"^(!|-\*-|vim:|noqa|fmt:|type:|pylint|yamllint|yaml-language-server)")
BANNER = re.compile(r"^[^\w\s]{3,}\s*|\s*[^\w\s]{3,}$|\s+#+$")


def comments_above(lines, row):
    """The texts of the comment lines right above a row, which counts from 1; none where they hold code."""
    first = row - 1
    while first > 0 and lines[first - 1].lstrip().startswith("#"):
        first -= 1
    return cleaned([line.strip().lstrip("#") for line in lines[first:row - 1]])


def cleaned(texts):
    texts = [BANNER.sub("", text.strip() if BANNER.search(text) else text.removeprefix(" ")).rstrip() for text in texts]
    texts = [text for text in texts if re.search(r"\w", text) and not FOR_PROGRAMS.match(text)]
    return [] if any(CODE.search(text.strip()) for text in texts) else texts


def doc_lines(source):
    """The lines of a docstring, given as Python has it; none where there is none, or Python would not take it for one."""
    try:
        doc = ast.literal_eval(source) if source else ""
    except ValueError:
        return []
    return [line for line in inspect.cleandoc(doc).split("\n") if line.strip()] if isinstance(doc, str) else []


KEY = re.compile(r"""^(\s*)(?:"([^"]+)"|'([^']+)'|([\w.-]+))\s*:(?:\s+(.*))?$""")


def comments_of_yaml(text):
    """{"a.b": [text]} of the keys of a YAML file: what stands above one, and behind it. Mappings in blocks alone."""
    lines = text.split("\n")
    found, open_keys = {}, []
    for number, line in enumerate(lines, 1):
        match = KEY.match(line)
        if not match:
            continue
        column = len(match.group(1))
        key = next(word for word in match.group(2, 3, 4) if word is not None)
        open_keys = [(at, word) for at, word in open_keys if at < column]
        open_keys.append((column, key))
        behind = re.search(r"(?:^|\s)#\s?(.*)$", re.sub(r"\"[^\"]*\"|'[^']*'", "", match.group(5) or ""))
        told = [*comments_above(lines, number), *(cleaned([behind.group(1)]) if behind else [])]
        if told:
            found[".".join(word for _, word in open_keys)] = told
    return found


def key_in(config, value, before=()):
    """The dotted key of this very object."""
    for key, inner in config.items():
        if inner is value:
            return ".".join([*before, str(key)])
        found = key_in(inner, value, (*before, str(key))) if isinstance(inner, dict) else None
        if found is not None:
            return found
    return None


def lines_of(file):
    try:
        with open(values.at_home(file), encoding="utf-8") as opened:
            return opened.read().split("\n")
    except (OSError, UnicodeDecodeError):
        return []
