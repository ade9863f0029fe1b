"""Tables that pandas reads from what a checkpoint makes, where a function computes with them: nobody has values yet, so each
operation is noted. The notes are the Python that gives the values once the table is there.
"""

import contextlib
import functools
import math
import os
import sys

from lists import NotFollowed

READERS = ["read_csv", "read_table", "read_excel"]
OTHERS = ["to_numeric", "isna", "isnull", "notna", "notnull", "unique"]
BINARY = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "add": "+", "sub": "-", "mul": "*",
          "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**", "and": "&", "or": "|", "xor": "^"}
UNARY = {"invert": "~", "neg": "-", "abs": "abs"}
# What changes a table in other ways than = does.
CHANGES = {"insert", "pop", "update"}


class Notes:
    """Operations in their order: each a list of texts and of other operations. `path`: of the file, which is called so."""

    def __init__(self, lists, path, maker):
        self.lists, self.path, self.maker = lists, path, maker
        self.pieces, self.statements = [], set()

    def add(self, *pieces, is_statement=False, kind=None):
        if is_statement:
            self.statements.add(len(self.pieces))
        self.pieces.append(pieces)
        return (kind or Computed)(self, len(self.pieces) - 1)

    def refuse(self, what):
        raise NotFollowed(f"computes with what stands in {self.path}, which \"{self.maker[0]}\" makes: {what}",
                          "let the rule that makes it write the values as the paths need them into a file, one a line, and give "
                          "it to a param: {lines: FILE}")

    def code(self, wanted):
        """Lines of Python, which call the wanted operation's result `values`."""
        users, todo = {}, [wanted, *self.statements]
        while todo:
            at = todo.pop()
            for used in (piece._at for piece in self.pieces[at] if isinstance(piece, Computed)):
                if used not in users:
                    todo.append(used)
                users.setdefault(used, []).append(at)
        # What is used once stands where that is, unless the table changes in between.
        place, text, lines = {wanted: len(self.pieces), **{at: at for at in self.statements}}, {}, []
        for at in sorted(users, reverse=True):
            then = [place[user] for user in set(users[at])]
            is_once = len(users[at]) == 1 and not any(at < s < then[0] for s in self.statements)
            place[at] = then[0] if is_once else at
        named = [at for at in sorted(users) if place[at] == at and at not in self.statements]
        names = {at: "table" if not number else f"part{number}" for number, at in enumerate(named)}
        for at in sorted({*users, *self.statements, wanted}):
            text[at] = "".join(
                piece if isinstance(piece, str) else bare(text[piece._at]) if before == "[" else text[piece._at]
                for before, piece in zip(("", *self.pieces[at]), self.pieces[at]))
            if at in names:
                lines.append(f"{names[at]} = {bare(text[at])}")
                text[at] = names[at]
            elif at in self.statements:
                lines.append(text[at])
        return "\n".join([*lines, f"values = {bare(text[wanted])}"])


class Computed:
    """The result of an operation, without a value."""

    def __init__(self, notes, at):
        self.__dict__.update(_notes=notes, _at=at)

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        if name in CHANGES:
            self._notes.refuse(f".{name}() changes it in place")
        return self._notes.add(self, f".{name}", kind=Method)

    def __getitem__(self, key):
        return self._notes.add(self, "[", *pieces_of(key, self._notes, is_whole=True), "]")

    def __setitem__(self, key, value):
        self._notes.add(self, "[", *pieces_of(key, self._notes, is_whole=True), "] = ", *pieces_of(value, self._notes),
                        is_statement=True)

    def __setattr__(self, name, value):
        self._notes.add(self, f".{name} = ", *pieces_of(value, self._notes), is_statement=True)

    def __iter__(self):
        notes = self._notes
        listed = notes.lists.list_of("computed", notes.path, ["value"], notes.maker, code=notes.code(self._at))
        return iter([row[0] for row in notes.lists.rows_of(listed)])

    def __repr__(self):
        return f"<of {self._notes.path}>"

    def _value(self, *_):
        self._notes.refuse("no value of it is known before")

    __hash__ = object.__hash__
    __bool__ = __contains__ = __str__ = __format__ = __fspath__ = __int__ = __float__ = __index__ = __array__ = _value


class Method(Computed):
    """A part by name, which may be called."""

    def __call__(self, *args, **kwargs):
        return self._notes.add(self, "(", *arguments(args, kwargs, self._notes), ")", is_statement=kwargs.get("inplace") is True)


def _operators():
    def both(sign):
        return (lambda self, other: self._notes.add("(", self, f" {sign} ", *pieces_of(other, self._notes), ")"),
                lambda self, other: self._notes.add("(", *pieces_of(other, self._notes), f" {sign} ", self, ")"))

    for name, sign in BINARY.items():
        forward, backward = both(sign)
        setattr(Computed, f"__{name}__", forward)
        setattr(Computed, f"__r{name}__", backward)
    for name, sign in UNARY.items():
        setattr(Computed, f"__{name}__", lambda self, sign=sign: self._notes.add(f"{sign}(", self, ")"))


_operators()


def bare(text):
    """Without parentheses around all of it."""
    depth, quote = 0, None
    for at, character in enumerate(text):
        if character in "\"'" and quote in (character, None):
            quote = None if quote else character
        if quote:
            continue
        depth += (character == "(") - (character == ")")
        if depth == 0 and at < len(text) - 1:
            return text
    return text[1:-1] if text.startswith("(") else text


def pieces_of(value, notes, is_whole=False):
    """Python that stands for a value. `is_whole`: in brackets of its own."""
    if isinstance(value, Computed):
        if value._notes is not notes:
            notes.refuse("it is put together with another table")
        return [value]
    if type(value) in (type(None), bool, int, str) or type(value) is float and math.isfinite(value):
        is_plain = isinstance(value, str) and value.isprintable() and not set(value) & set("\"'\\")
        return [f'"{value}"' if is_plain else repr(value)]
    if isinstance(value, os.PathLike) or isinstance(value, str) and str.__str__(value) == notes.path:
        return ["path"]
    if value in (str, int, float, bool):
        return [value.__name__]
    if isinstance(value, slice):
        return [piece for at, part in enumerate((value.start, value.stop, value.step)[:2 if value.step is None else 3])
                for piece in ([":"] if at else []) + ([] if part is None else pieces_of(part, notes))]
    if type(value) is dict:
        return ["{", *joined([[*pieces_of(key, notes), ": ", *pieces_of(inner, notes)] for key, inner in value.items()]), "}"]
    if type(value) in (list, tuple):
        left, right = "[]" if type(value) is list else ("", "") if is_whole and len(value) > 1 else "()"
        return [left, *joined([pieces_of(inner, notes) for inner in value]), "," if left == "(" and len(value) == 1 else "", right]
    notes.refuse(f"a spec can't write down {type(value).__name__}")


def arguments(args, kwargs, notes):
    return joined([*(pieces_of(arg, notes) for arg in args), *([f"{name}=", *pieces_of(arg, notes)] for name, arg in kwargs.items())])


def joined(lists):
    return [piece for at, pieces in enumerate(lists) for piece in ([", "] if at else []) + pieces]


@contextlib.contextmanager
def noted(lists):
    """Let pandas give tables without values where it reads what a checkpoint makes. Where nobody has imported it, nothing."""
    pandas = sys.modules.get("pandas")
    before = {name: getattr(pandas, name) for name in READERS + OTHERS if hasattr(pandas, name)}

    def reader(name, read):
        @functools.wraps(read)
        def seen(path, *args, **kwargs):
            owner = lists.owner(lists.unmarked(os.fspath(path))) if isinstance(path, (str, os.PathLike)) else None
            if owner is None or owner[3]:
                return read(path, *args, **kwargs)
            notes = Notes(lists, owner[0], owner[1:3])
            more = joined([["path"], *([arguments(args, kwargs, notes)] if args or kwargs else [])])
            return notes.add(f"pandas.{name}(", *more, ")")

        return seen

    def other(name, function):
        @functools.wraps(function)
        def seen(value, *args, **kwargs):
            if not isinstance(value, Computed):
                return function(value, *args, **kwargs)
            return value._notes.add(f"pandas.{name}(", *arguments((value, *args), kwargs, value._notes), ")")

        return seen

    try:
        for name, function in before.items():
            setattr(pandas, name, (reader if name in READERS else other)(name, function))
        yield
    finally:
        for name, function in before.items():
            setattr(pandas, name, function)
