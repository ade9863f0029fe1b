"""The Python around the rules: which statements a `run` block needs in order to stand alone."""

import ast
import builtins
import os
import sys
from importlib.machinery import PathFinder

# Snakemake runs a Snakefile inside its own module, so these names are there without an import.
# Source: the imports of snakemake/workflow.py 7.21 that Snakefiles commonly lean on.
IMPLICIT = {
    "os": "import os", "sys": "import sys", "re": "import re", "json": "import json",
    "subprocess": "import subprocess", "signal": "import signal", "Path": "from pathlib import Path",
    "partial": "from functools import partial", "Counter": "from collections import Counter",
    "OrderedDict": "from collections import OrderedDict", "namedtuple": "from collections import namedtuple",
    "chain": "from itertools import chain",
}
MOST_LITERAL_CHARACTERS = 4000
# Before Python 3.10 there is no such list; what is no file of its own is left out then.
STANDARD = getattr(sys, "stdlib_module_names", None) or {
    name.split(".")[0] for name in [*sys.builtin_module_names, *os.listdir(os.path.dirname(os.__file__))]}


class Missing(Exception):
    """A name that can't be carried into a script, and why."""


class Statement:
    def __init__(self, node, text):
        self.node, self.text = node, text
        self.binds, self.uses = names_of(node)
        self.is_import = isinstance(node, (ast.Import, ast.ImportFrom))
        self.is_plain = self.is_import or isinstance(
            node, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        self.is_star = isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
        self.is_rule = "_wfc" in self.uses

    def concerns(self, name):
        """Whether it makes this name, or may change what it holds."""
        if name in self.binds:
            return True
        if self.is_plain or self.is_rule or name not in self.uses:
            return False
        if not isinstance(self.node, ast.Expr):
            return True
        call = self.node.value
        target = call.func if isinstance(call, ast.Call) else None
        while isinstance(target, (ast.Attribute, ast.Subscript)):
            target = target.value
        return isinstance(target, ast.Name) and target.id == name


def names_of(node):
    """(bound, used) names of a statement, those inside of functions counted as used where they are not their own."""
    binds, uses = set(), set()
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {(a.asname or a.name).split(".")[0] for a in node.names}, uses
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}, free_names(node)
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name):
            (binds if isinstance(inner.ctx, (ast.Store, ast.Del)) else uses).add(inner.id)
        elif isinstance(inner, (ast.FunctionDef, ast.ClassDef)):
            binds.add(inner.name)
        elif isinstance(inner, ast.alias):
            binds.add((inner.asname or inner.name).split(".")[0])
    if isinstance(node, ast.AugAssign):
        uses |= binds
    return binds, uses


def free_names(node):
    """Names that a piece of code loads and does not make itself."""
    made, loaded = set(), set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name):
            (loaded if isinstance(inner.ctx, ast.Load) else made).add(inner.id)
        elif isinstance(inner, ast.arg):
            made.add(inner.arg)
        elif isinstance(inner, ast.alias):
            made.add((inner.asname or inner.name).split(".")[0])
        elif isinstance(inner, ast.ExceptHandler) and inner.name:
            made.add(inner.name)
        elif isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            made.add(inner.name)
    return {name for name in loaded - made if not hasattr(builtins, name)}


def imported_modules(statements):
    """Modules that these statements import, as `preload` of a spec names them: each once, without the standard library,
    and without the packages of others, which come with them."""
    found = []
    for node in statements:
        if isinstance(node, ast.Import):
            found.extend(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            parts = [f"{node.module}.{alias.name}" for alias in node.names]
            modules = [part for part in parts if is_module(part)]
            found.extend(modules or [node.module])
    names = [name for name in dict.fromkeys(found) if name.isascii() and name.split(".")[0] not in STANDARD]
    return [name for name in names if not any(other.startswith(name + ".") for other in names)]


def modules_beside(path):
    """Paths of the modules in a script's folder that it imports, and of those that they import, each once."""
    found, queue = {}, [path]
    while queue:
        path = queue.pop()
        try:
            with open(path, encoding="utf-8") as opened:
                tree = ast.parse(opened.read())
        except (OSError, ValueError, SyntaxError):
            continue
        for node in ast.walk(tree):
            for place in imported_places(node, os.path.dirname(path), os.path.dirname(found.get(path, path))):
                for module in (f"{place}.py", os.path.join(place, "__init__.py")):
                    if module not in found and os.path.isfile(module):
                        found[module] = found.get(path, path)
                        queue.append(module)
    return list(found)


def imported_places(node, own, folder):
    """What a statement imports as paths without an ending: from `folder`, or from its own where it begins with dots."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        folder = os.path.join(own, *[".."] * (node.level - 1)) if node.level else folder
        names = [".".join(filter(None, [node.module, alias.name])) for alias in node.names]
    else:
        return []
    words = [name.split(".") for name in names]
    return [os.path.normpath(os.path.join(folder, *word[:count])) for word in words for count in range(1, len(word) + 1)]


def is_module(name):
    """Whether there is a module of this dotted name: what it lies in is looked for, and not imported."""
    words, folders = name.split("."), None
    for count in range(1, len(words) + 1):
        spec = PathFinder.find_spec(".".join(words[:count]), folders)
        if spec is None:
            return False
        # What is no package holds no modules.
        folders = spec.submodule_search_locations or []
    return True


class Module:
    """The statements of a Snakefile and of what it includes, in the order in which they ran."""

    def __init__(self, namespace, of_snakemake):
        self.statements = []
        self.namespace = namespace
        self.of_snakemake = of_snakemake

    def add(self, tree, text):
        for node in tree.body:
            self.statements.append(Statement(node, ast.get_source_segment(text, node)))

    def prelude(self, names):
        """Lines that make these names, as few as will do."""
        wanted, queue, literal, lines = {}, list(names), {}, []
        while queue:
            name = queue.pop()
            if name in wanted:
                continue
            wanted[name] = [s for s in self.statements if s.concerns(name)]
            if not wanted[name]:
                lines.extend(self.unbound(name))
                continue
            if not self.can_carry(wanted[name]):
                literal[name] = self.literal(name)
                wanted[name] = []
                continue
            for statement in wanted[name]:
                queue.extend(n for n in statement.uses if not hasattr(builtins, n) or n in self.bound())
        chosen = {id(s) for found in wanted.values() for s in found}
        for statement in self.statements:
            if id(statement) in chosen:
                lines.append(self.part_of_import(statement, wanted) if statement.is_import else statement.text)
        return [*dict.fromkeys(lines), *(f"{name} = {text}" for name, text in literal.items())]

    def bound(self):
        return {name for s in self.statements for name in s.binds}

    def can_carry(self, statements):
        return all(not s.is_rule and not (s.uses & self.of_snakemake) for s in statements)

    def unbound(self, name):
        if name in IMPLICIT:
            return [IMPLICIT[name]]
        stars = [s.text for s in self.statements if s.is_star]
        if stars:
            return stars
        if name in self.of_snakemake:
            raise Missing(f'"{name}" is a part of Snakemake')
        raise Missing(f'"{name}" is defined nowhere in the Snakefile')

    def literal(self, name):
        value = self.namespace.get(name)
        text = repr(value)
        if not is_literal(value):
            raise Missing(f'"{name}" is made with the help of Snakemake, and is no plain list, number or text')
        if len(text) > MOST_LITERAL_CHARACTERS:
            raise Missing(f'"{name}" is made with the help of Snakemake, and too long to be written out')
        return text

    @staticmethod
    def part_of_import(statement, wanted):
        node = statement.node
        if statement.is_star:
            return statement.text
        parts = [a for a in node.names if (a.asname or a.name).split(".")[0] in wanted]
        words = ", ".join(a.name if a.asname is None else f"{a.name} as {a.asname}" for a in parts)
        if isinstance(node, ast.Import):
            return f"import {words}"
        return f"from {'.' * node.level}{node.module or ''} import {words}"


def is_literal(value):
    if isinstance(value, (list, tuple)):
        return type(value) in (list, tuple) and all(is_literal(v) for v in value)
    if isinstance(value, dict):
        return type(value) is dict and all(is_literal(k) and is_literal(v) for k, v in value.items())
    return value is None or type(value) in (str, int, float, bool)
