"""A `run` block as a script that stands alone: pieces of text, and references that become placeholders."""

import ast
import io
import re
import string
import textwrap
import tokenize

from breaks import marked_source
from module import Missing, free_names, imported_modules
from translate import Problem

PARAMETERS = {"input", "output", "params", "wildcards", "threads", "resources", "log", "rule"}
ROOTS = {"input", "output", "params", "wildcards", "threads", "resources", "log", "config"}
# What these make of a list is not what they make of Snakemake's own list of paths.
TEXT_MAKERS = {"str", "repr", "format", "print"}


# What one command leaves behind for those after it in one shell.
LASTING = re.compile(r"(^|[;&|\s(])(cd|pushd|exit|set|export|trap|exec|ulimit|umask|source|\.|module|conda|eval|shopt)\s"
                     r"|^\s*\w+=|<<", re.MULTILINE)


def text_of_shell(statement, source):
    """The text of `shell("...")`, with marks where it breaks in the source; None for another statement."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "shell"):
        return None
    plain = len(call.args) == 1 and not call.keywords and isinstance(call.args[0], ast.Constant)
    if not (plain and isinstance(call.args[0].value, str)):
        return None
    # In parentheses strings may stand on several lines.
    return ast.literal_eval("(" + marked_source(ast.get_source_segment(source, call.args[0])) + ")")


def dedent_command(text):
    """Without the indentation of its lines, where none of them can be a part of what is quoted."""
    quotes_fit = all(row.count('"') % 2 == 0 and row.count("'") % 2 == 0 for row in text.split("\n"))
    return textwrap.dedent(text) if quotes_fit and "<<" not in text else text


def names_in_braces(text):
    import _string

    try:
        fields = [field for _, field, _, _ in string.Formatter().parse(text) if field]
        return {str(_string.formatter_field_name_split(field)[0]) for field in fields}
    except ValueError:
        return set()


def dedent(section):
    """Without the indentation of the block; lines inside of strings stay as they are."""
    if section.inline:
        return section.text.strip()
    inside = inside_strings(section.text)
    lines = section.text.split("\n")
    code = next(line for line in lines if line.strip() and not line.strip().startswith("#"))
    indent = code[: len(code) - len(code.lstrip())]
    return "\n".join(
        line if number in inside else line[len(indent):] if line.startswith(indent) else line.lstrip()
        for number, line in enumerate(lines, 1)
    ).rstrip()


def indented(text):
    inside = inside_strings(text, "    ")
    return "\n".join(line if number in inside or not line else "    " + line
                     for number, line in enumerate(text.split("\n"), 1))


def inside_strings(text, indent=""):
    """Numbers of the lines of a block that begin inside of a string."""
    inside, start, depth = set(), 0, 0
    block = "\n".join(indent + line for line in text.split("\n")) if indent else text
    for token in tokenize.generate_tokens(io.StringIO("if 1:\n" + block + "\n").readline):
        name, first, last = tokenize.tok_name[token.type], token.start[0] - 1, token.end[0] - 1
        if name == "STRING":
            inside.update(range(first + 1, last + 1))
        elif name == "FSTRING_START":
            start, depth = (first if depth == 0 else start), depth + 1
        elif name == "FSTRING_END":
            depth -= 1
            inside.update(range(start + 1, last + 1))
    return inside


class Body:
    """One block of a rule. `names` has the names in its input, output and params; `unknown`: names and places of params
    that no placeholder can stand for."""

    def __init__(self, file, section, names, unknown, module):
        self.file, self.section, self.names, self.unknown, self.module = file, section, names, unknown, module
        self.text = dedent(section)
        self.tree = ast.parse(self.text)
        self.parents = {c: p for p in ast.walk(self.tree) for c in ast.iter_child_nodes(p)}

    def problem(self, node, message, hint=None):
        return Problem(self.file, self.section.row + getattr(node, "lineno", 1) - 1, message, hint)

    def only_shell(self):
        """The text of a block that is nothing but shell("..."), else None. Several are one script, if each leaves all as
        it was for the next."""
        texts = [text_of_shell(statement, self.text) for statement in self.tree.body]
        if None in texts or (len(texts) > 1 and any(LASTING.search(text) for text in texts)):
            return None
        return "\n".join((dedent_command(text) if len(texts) > 1 else text).strip("\n") for text in texts)

    def uses_of_module(self):
        """Names that the block needs and does not make, those in the braces of shell("...") among them."""
        names = free_names(self.tree)
        names |= PARAMETERS & {node.id for node in ast.walk(self.tree) if isinstance(node, ast.Name)}
        if "shell" in names:
            for node in ast.walk(self.tree):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    names |= names_in_braces(node.value) & (self.module.known() | PARAMETERS)
        return names

    def convert(self):
        """(tokens, modules). Tokens of the script: texts, and {"ref": root, "index": n | "name": word | neither for the
        whole}; modules that it imports at its top, without the standard library."""
        if any(isinstance(node, ast.Return) for node in statements_of(self.tree)):
            raise self.problem(self.tree.body[0], "a script can't return")
        refs = [self.reference(node) for node in self.uses()]
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Global):
                raise self.problem(node, '"global" in a run block is not converted: each task is a process of its own')
            made = getattr(node, "arg", None) if isinstance(node, ast.arg) else getattr(node, "asname", None)
            if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.ExceptHandler)):
                made = node.name
            if made in ROOTS:
                raise self.problem(node, f'the run block gives "{made}" a meaning of its own', "use another name")
        hoisted = {ref["ref"] for ref in refs if ref["in_string"]}
        head = [line for root in sorted(hoisted) for line in self.hoist(root, [r for r in refs if r["ref"] == root])]
        inline = [r for r in refs if r["ref"] not in hoisted]
        for ref in inline:
            self.check_place(ref)
        try:
            prelude = self.module.prelude(sorted(free_names(self.tree) - ROOTS))
        except Missing as missing:
            raise self.problem(self.tree.body[0], f"the run block can't be made a script: {missing}",
                               "make it a script or a module of its own, and import it in the block") from None
        modules = imported_modules([*ast.parse("\n".join(prelude)).body, *self.tree.body])
        tokens = [line + "\n" for line in prelude]
        for line in head:
            tokens.extend([*line, "\n"])
        if tokens:
            tokens.append("\n" if len(self.text.split("\n")) > 1 and len(prelude) > 3 else "")
        return [*tokens, *self.replaced(inline)], modules

    # --- references ---

    def uses(self):
        for node in ast.walk(self.tree):
            if not isinstance(node, ast.Name) or node.id not in ROOTS:
                continue
            if not isinstance(node.ctx, ast.Load):
                raise self.problem(node, f'the run block gives "{node.id}" a new value', "use another name")
            yield node

    def reference(self, name):
        root, outer, key = name.id, self.parents.get(name), None
        index, node = None, name
        if isinstance(outer, ast.Attribute):
            key, node = outer.attr, outer
        elif isinstance(outer, ast.Subscript) and isinstance(outer.slice, ast.Constant):
            value = outer.slice.value
            if isinstance(value, str):
                key, node = self.keys(value, outer) if root == "config" else (value, outer)
            elif isinstance(value, int) and root in ("input", "output", "log", "params"):
                index, node = value, outer
        if root in ("input", "output", "params") and key is not None and key not in self.names[root]:
            raise self.problem(name, f'"{root}.{key}" is none of the names in "{root}" of this rule')
        if root == "config" and key is not None and not isinstance(self.config_value(key), (str, int, float)):
            raise self.problem(name, f'config "{key}" is no plain text or number')
        if root == "params" and (index if key is None else key) in self.unknown:
            raise self.problem(name, f'param "{key or index}" is a function or a nested value')
        if root in ("wildcards", "params", "resources", "config") and key is None and index is None:
            raise self.problem(name, f'"{root}" as a whole can\'t be handed on',
                               f"name what is needed, such as {root}.NAME")
        if root == "log" and key is not None:
            raise self.problem(name, "a task has one log", "use log[0]")
        return {"ref": root, "index": index, "name": key, "node": node, "in_string": self.in_string(node)}

    def config_value(self, key):
        value = self.module.namespace["config"]
        for word in key.split("."):
            value = value.get(word) if isinstance(value, dict) and re.fullmatch(r"[A-Za-z_][\w-]*", word) else None
        return value

    def keys(self, key, node):
        """`config["a"]["b"]` as ("a.b", its node)."""
        outer = self.parents.get(node)
        while isinstance(outer, ast.Subscript) and isinstance(outer.slice, ast.Constant) and isinstance(
                outer.slice.value, str) and outer.value is node:
            key, node, outer = f"{key}.{outer.slice.value}", outer, self.parents.get(outer)
        return key, node

    def in_string(self, node):
        while node is not None:
            if isinstance(node, ast.JoinedStr):
                return True
            node = self.parents.get(node)
        return False

    def check_place(self, ref):
        """A whole list where Snakemake's list would show as text, or its names be asked for."""
        if ref["ref"] not in ("input", "output", "log") or ref["index"] is not None or ref["name"] is not None:
            return
        outer = self.parents.get(ref["node"])
        if ref["ref"] == "log":
            if not (isinstance(outer, ast.Call) and isinstance(outer.func, ast.Name) and outer.func.id == "str"):
                raise self.problem(ref["node"], '"log" is one path in a spec', "use log[0]")
            return
        if isinstance(outer, ast.Call) and ref["node"] is not outer.func:
            function = outer.func.id if isinstance(outer.func, ast.Name) else getattr(outer.func, "attr", "")
            fits = function not in TEXT_MAKERS
        else:
            fits = isinstance(outer, (ast.For, ast.comprehension, ast.Starred, ast.Subscript, ast.keyword, ast.Compare,
                                      ast.Assign, ast.Return, ast.List, ast.Tuple))
        if not fits:
            raise self.problem(ref["node"], f'"{ref["ref"]}" is used as a text here, and is a list in a spec',
                               f'write {ref["ref"]}[0], or " ".join({ref["ref"]})')

    def hoist(self, root, refs):
        """Lines that make a variable of the root's own name, for f-strings, whose inside can't be edited."""
        if root == "threads":
            return [["threads = ", {"ref": "threads", "index": None, "name": None}]]
        names = sorted({r["name"] for r in refs if r["name"] is not None})
        if not names:
            for ref in refs:
                if root not in ("input", "output") or (ref["in_string"] and ref["index"] is None):
                    raise self.problem(ref["node"], f'"{root}" can\'t be used so in an f-string that is converted',
                                       f'give {root}[0], or " ".join({root}), a name of its own before')
                self.check_place(ref)
            return [[f"{root} = ", {"ref": root, "index": None, "name": None}]]
        if any(r["name"] is None for r in refs):
            raise self.problem(refs[0]["node"], f'"{root}" is used by name and by number in f-strings')
        if any("." in name for name in names):
            raise self.problem(refs[0]["node"], "nested config in f-strings is not converted", "give it a name before")
        if root == "config" or any(isinstance(r["node"], ast.Subscript) for r in refs):
            if not all(isinstance(r["node"], ast.Subscript) for r in refs):
                raise self.problem(refs[0]["node"], f'"{root}" is used in two ways in f-strings', f"write {root}.NAME")
            pairs = [[f"{name!r}: ", {"ref": root, "index": None, "name": name}] for name in names]
            return [[f"{root} = {{", *joined(pairs), "}"]]
        pairs = [[f"{name}=", {"ref": root, "index": None, "name": name}] for name in names]
        return [["from types import SimpleNamespace"], [f"{root} = SimpleNamespace(", *joined(pairs), ")"]]

    def replaced(self, refs):
        lines = [line.encode() for line in self.text.split("\n")]
        tokens, row, column = [], 1, 0

        def take(to_row, to_column):
            nonlocal row, column
            if row == to_row:
                taken = lines[row - 1][column:to_column]
            else:
                taken = b"\n".join([lines[row - 1][column:], *lines[row:to_row - 1], lines[to_row - 1][:to_column]])
            row, column = to_row, to_column
            return taken.decode()

        for ref in sorted(refs, key=lambda r: (r["node"].lineno, r["node"].col_offset)):
            node = ref["node"]
            tokens.append(take(node.lineno, node.col_offset))
            tokens.append({"ref": ref["ref"], "index": ref["index"], "name": ref["name"]})
            row, column = node.end_lineno, node.end_col_offset
        tokens.append(take(len(lines), len(lines[-1])))
        return tokens


def statements_of(tree):
    """What stands in a block, without that of functions in it."""
    for node in ast.iter_child_nodes(tree):
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            yield node
            yield from statements_of(node)


def joined(pairs):
    return [token for i, pair in enumerate(pairs) for token in ([", "] if i else []) + pair]
