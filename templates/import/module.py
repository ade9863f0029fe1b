"""The Python around the rules: which statements a `run` block needs in order to stand alone."""

import ast
import builtins
import json
import os
import re
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
    """A statement of a Snakefile at the top: `text` is of Python alone, `whole` with the comment and decorators above."""

    def __init__(self, node, lines, file):
        self.node, self.file = node, file
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        self.text = source_of(node, first, lines)
        while first > 1 and node.col_offset == 0 and lines[first - 2].startswith("#"):
            first -= 1
        self.whole = source_of(node, first, lines)
        self.binds, self.uses = names_of(node)
        self.changes = set() if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) else changed(node)
        self.is_import = isinstance(node, (ast.Import, ast.ImportFrom))
        self.is_plain = self.is_import or isinstance(
            node, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        self.is_star = isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
        self.is_rule = "_wfc" in self.uses
        self.is_of_snakemake = any(name.split(".")[0] == "snakemake" for name in imported_names(node))

    def concerns(self, name):
        """Whether it makes this name, or may change what it holds."""
        if name in self.binds or name in self.changes:
            return True
        if self.is_plain or self.is_rule or name not in self.uses:
            return False
        if not isinstance(self.node, ast.Expr):
            return True
        call = self.node.value
        target = call.func if isinstance(call, ast.Call) else None
        return root_of(target) == name

    def finds_modules(self):
        """Whether it says where modules are found."""
        return not self.is_import and not self.is_rule and "sys" in self.uses and "sys.path" in self.text

    def brings_modules(self):
        return any(name.split(".")[0] not in STANDARD for name in imported_names(self.node))


def source_of(node, first, lines):
    if node.col_offset == 0 and not lines[node.end_lineno - 1][node.end_col_offset:].lstrip().startswith(";"):
        return "\n".join([*lines[first - 1:node.end_lineno - 1],
                          lines[node.end_lineno - 1].encode()[:node.end_col_offset].decode()])
    return ast.get_source_segment("\n".join(lines), node)


def root_of(node):
    """The a of `a.b[0].c`."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def changed(node):
    """The a of `a["b"] = …`, wherever that stands."""
    return {root_of(inner) for inner in ast.walk(node)
            if isinstance(inner, (ast.Attribute, ast.Subscript)) and not isinstance(inner.ctx, ast.Load)} - {None}


def imported_names(node):
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) and node.level == 0 else []


def names_of(node):
    """(bound, used) names of a statement, those inside of functions counted as used where they are not their own."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {(a.asname or a.name).split(".")[0] for a in node.names}, set()
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}, free_names(node)
    binds, uses, own = set(), set(), set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name):
            (binds if isinstance(inner.ctx, (ast.Store, ast.Del)) else uses).add(inner.id)
        elif isinstance(inner, (ast.FunctionDef, ast.ClassDef)):
            binds.add(inner.name)
        elif isinstance(inner, ast.alias):
            binds.add((inner.asname or inner.name).split(".")[0])
        elif isinstance(inner, ast.arg):
            own.add(inner.arg)
        elif isinstance(inner, ast.comprehension):
            own.update(name.id for name in ast.walk(inner.target) if isinstance(name, ast.Name))
    if isinstance(node, ast.AugAssign):
        uses |= binds
    return binds - own, uses - own


def free_names(node):
    """Names that a piece of code loads and does not make itself."""
    made, loaded, outer = set(), set(), set()
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
        elif isinstance(inner, ast.Global):
            outer.update(inner.names)
    return {name for name in (loaded - made) | outer if not hasattr(builtins, name)}


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


def notebook_cells(text):
    """(language, the code of all cells) of a notebook of Jupyter. What IPython alone understands is left out."""
    book = json.loads(text)
    about = book["metadata"]
    language = about.get("language_info", {}).get("name") or about.get("kernelspec", {}).get("language") or "python"
    cells = ["".join(cell["source"]) for cell in book["cells"] if cell["cell_type"] == "code"]
    return language, re.sub(r"^\s*[%!?].*", "", "\n".join(cells), flags=re.MULTILINE)


def modules_beside(path, text=None):
    """Paths of the modules in a script's folder that it imports, and of those that they import, each once. `text`: what
    the script says; None: it is read."""
    found, queue = {}, [path]
    while queue:
        path = queue.pop()
        try:
            if text is None:
                with open(path, encoding="utf-8") as opened:
                    text = opened.read()
            tree = ast.parse(text)
        except (OSError, ValueError, SyntaxError):
            continue
        finally:
            text = None
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

    def add(self, tree, text, file, included_at=None):
        """`included_at`: file and line of the statement that includes it."""
        place = len(self.statements)
        if included_at is not None:
            around = [i for i, s in enumerate(self.statements) if s.file == included_at[0]
                      and s.node.lineno <= included_at[1] <= s.node.end_lineno]
            place = around[-1] + 1 if around else place
        lines = text.split("\n")
        self.statements[place:place] = [Statement(node, lines, file) for node in tree.body]

    def prelude(self, names):
        """Lines that make these names, as few as will do."""
        needed = self.needed(names)
        return [*needed.implicit, *dict.fromkeys(needed.lines(lambda statement: statement.text))]

    def needed(self, names, provided=frozenset()):
        """What makes these names; `provided`: names of Snakemake that are there. Raises Missing."""
        return Needed(self, names, provided)

    def bound(self):
        return {name for s in self.statements for name in s.binds}

    def known(self):
        return self.bound() | set(IMPLICIT) | self.of_snakemake


class Needed:
    def __init__(self, module, names, provided):
        self.module, self.provided, self.asked = module, provided, set()
        # By name what makes it; its value where that is written out; and imports that Snakemake does itself.
        self.wanted, self.literals, self.implicit = {}, {}, []
        self.add(names)
        if any(s.brings_modules() for s in self.statements()):
            for statement in module.statements:
                if statement.finds_modules():
                    self.add([*statement.uses, "sys"])
                    self.wanted.setdefault("sys.path", []).append(statement)

    def add(self, names):
        """These names too. Raises Missing where one can't be had, and leaves all as it was."""
        before = dict(self.wanted), dict(self.literals), list(self.implicit)
        try:
            self.take(list(names))
        except Missing:
            self.wanted, self.literals, self.implicit = before
            raise

    def take(self, queue):
        module = self.module
        bound = module.bound()
        while queue:
            name = queue.pop()
            self.asked.add(name)
            if name in self.wanted or name in self.provided:
                continue
            made_by = [s for s in module.statements if s.concerns(name)]
            binders = [s for s in made_by if name in s.binds]
            if all(s.is_import for s in binders):
                # What is called of a module is good to have, and may be a matter of the rules alone.
                made_by = binders + [s for s in made_by if s not in binders and self.can_carry(s) and not s.finds_modules()]
            if not binders:
                made_by.extend(self.unbound(name))
            self.wanted[name] = made_by
            if not all(self.can_carry(s) for s in made_by):
                self.literals[name] = self.literal(name)
                self.wanted[name] = []
                continue
            for statement in made_by:
                queue.extend(n for n in statement.uses if not hasattr(builtins, n) or n in bound)

    def can_carry(self, statement):
        return not statement.is_rule and not statement.is_of_snakemake and not (
            statement.uses & (self.module.of_snakemake - self.provided))

    def unbound(self, name):
        if name in IMPLICIT:
            self.implicit.append(IMPLICIT[name])
            return []
        stars = [s for s in self.module.statements if s.is_star]
        if stars:
            return stars
        if name in self.module.of_snakemake:
            raise Missing(f'"{name}" is a part of Snakemake')
        raise Missing(f'"{name}" is defined nowhere in the Snakefile')

    def literal(self, name):
        value = plain(self.module.namespace.get(name))
        text = repr(value)
        if not is_literal(value):
            raise Missing(f'"{name}" is made with the help of Snakemake, and is no plain list, number or text')
        if len(text) > MOST_LITERAL_CHARACTERS:
            raise Missing(f'"{name}" is made with the help of Snakemake, and too long to be written out')
        return text

    def names(self):
        """All that is used, of Snakemake too."""
        return set(self.asked)

    def statements(self):
        chosen = {id(s) for found in self.wanted.values() for s in found}
        return [s for s in self.module.statements if id(s) in chosen]

    def lines(self, text_of):
        """In the order of the Snakefile; what is written out stands where it was made, or at the end."""
        lines, left = [], dict(self.literals)
        for statement in self.module.statements:
            if any(statement in found for found in self.wanted.values()):
                lines.append(self.part_of_import(statement) if statement.is_import else text_of(statement))
            for name in sorted(statement.binds & set(left)):
                lines.append(f"{name} = {left.pop(name)}")
        return [*lines, *(f"{name} = {text}" for name, text in left.items())]

    def part_of_import(self, statement):
        node = statement.node
        if statement.is_star:
            return statement.text
        parts = [a for a in node.names if (a.asname or a.name).split(".")[0] in self.wanted]
        words = ", ".join(a.name if a.asname is None else f"{a.name} as {a.asname}" for a in parts)
        if isinstance(node, ast.Import):
            return f"import {words}"
        return f"from {'.' * node.level}{node.module or ''} import {words}"


def plain(value):
    """Lists and texts that carry more, as they look."""
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        return (tuple if isinstance(value, tuple) else list)(plain(v) for v in value)
    if isinstance(value, dict):
        return {plain(k): plain(v) for k, v in value.items()}
    if isinstance(value, range):
        return list(value)
    return str(value) if isinstance(value, str) else value


def is_literal(value):
    if isinstance(value, (list, tuple)):
        return type(value) in (list, tuple) and all(is_literal(v) for v in value)
    if isinstance(value, dict):
        return type(value) is dict and all(is_literal(k) and is_literal(v) for k, v in value.items())
    return value is None or type(value) in (str, int, float, bool)
