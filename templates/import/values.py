"""What stands in the sections of a rule: paths with their flags, and `expand` that remembers what it was given.

Source of the meaning: Snakemake 7.21, snakemake/io.py.
"""

import collections.abc
import functools
import itertools
import os
import re
import string
from pathlib import Path

from standins import StandIn

WILDCARD = re.compile(
    r"\{(?=(\s*(?P<name>\w+)(\s*,\s*(?P<constraint>([^{}]+|\{\d+(,\d+)?\})*))?\s*))\1\}"
)


# What a wildcard that stands for itself looks like: characters that no path of anybody's holds.
MARK = re.compile("\ue000(\\w+)\ue001")


# The folder that the spec stands in, which all its paths count from; a Snakefile may begin in another.
HOME = os.getcwd()


def at_home(path):
    return os.path.normpath(os.path.join(HOME, path))


class Marked(str):
    """A wildcard's value that, where text is made of it, leaves its mark. Looked up, compared or cut, it is the value."""

    def __new__(cls, name, value):
        made = super().__new__(cls, f"\ue000{name}\ue001")
        made.value = value
        return made

    def __str__(self):
        return self

    def __format__(self, spec):
        return str.__str__(self) if spec == "" else format(self.value, spec)

    def __hash__(self):
        return hash(self.value)

    def __int__(self):
        return int(self.value)

    def __float__(self):
        return float(self.value)


def of_value(name):
    def method(self, *given, **more):
        return getattr(self.value, name)(*[v.value if isinstance(v, Marked) else v for v in given], **more)

    return method


for name in ("capitalize casefold count endswith expandtabs find index isalnum isalpha isascii isdecimal isdigit isidentifier "
             "islower isnumeric isspace istitle isupper lower lstrip partition removeprefix removesuffix replace rfind rindex "
             "rpartition rsplit rstrip split splitlines startswith strip swapcase title translate upper zfill "
             "__contains__ __eq__ __ge__ __getitem__ __gt__ __iter__ __le__ __len__ __lt__ __ne__").split():
    setattr(Marked, name, of_value(name))


def plain(value):
    """Its text, with marks."""
    return f"{value}"


class Flagged(str):
    """A path with what directory(), temp() and so on say of it."""

    flags = frozenset()

    def with_flag(self, flag):
        copy = Flagged(self)
        copy.flags = self.flags | {flag}
        return copy


class Expansion:
    """One pattern of expand() and the values for it. While the Snakefile is read, `source_of` tells of a list of values
    where it stands there."""

    source_of = None

    def __init__(self, pattern, combinator, values, globs, sources, flags=frozenset()):
        self.pattern, self.combinator, self.values, self.flags = pattern, combinator, values, flags
        # By name the pattern that glob_wildcards() took the values from, and where they stand.
        self.globs, self.sources = globs, sources

    def texts(self):
        combine = zip if self.combinator == "zip" else itertools.product
        pairs = [[(name, value) for value in values] for name, values in self.values.items()]
        return [fill(self.pattern, dict(row)) for row in combine(*pairs)]

    def parts(self):
        """Texts, {"e": name} for what expand fills, and {"w": name, "c": regex} for wildcards that stay."""
        parts = []
        for piece in re.split(r"(\{\{.*?\}\}|\{\w+\})", self.pattern):
            if piece.startswith("{{"):
                parts.extend(wildcard_parts(piece[1:-1]))
            elif piece.startswith("{"):
                name = piece[1:-1]
                parts.append({"e": name} if name in self.values else {"w": name, "c": None})
            else:
                parts.extend(marked_parts(piece))
        return parts


class Row(dict):
    def __missing__(self, key):
        return "{" + key + "}"


def fill(pattern, row):
    return string.Formatter().vformat(pattern, (), Row(row))


class Paths(list):
    """What expand() gives: the paths, and what they were made from."""

    made_from = ()

    def __add__(self, other):
        both = Paths(list.__add__(self, list(other)))
        both.made_from = (*self.made_from, *getattr(other, "made_from", other))
        return both

    def __radd__(self, other):
        both = Paths(list(other) + list(self))
        both.made_from = (*getattr(other, "made_from", other), *self.made_from)
        return both


def expand(*args, **wildcards):
    patterns = args[0] if not isinstance(args[0], (str, Path)) else [args[0]]
    combinator = args[1] if len(args) > 1 else itertools.product
    missing_allowed = wildcards.pop("allow_missing", False) is True
    paths = Paths()
    for pattern in map(plain, patterns):
        names = re.findall(r"{([^}\.[!:]+)", pattern.replace("{{", "  "))
        values, globs, sources = {}, {}, {}
        for name, given in wildcards.items():
            if name in names:
                if isinstance(given, GlobValues) and given.pattern:
                    globs[name] = given.pattern
                if is_many(given) and hasattr(given, "_fields"):
                    values[name] = [given]
                elif is_many(given) or isinstance(given, dict):
                    values[name] = list(given)
                    sources[name] = Expansion.source_of(given) if Expansion.source_of else None
                elif combinator is itertools.product and f"{{{name}}}" in pattern:
                    pattern = pattern.replace(f"{{{name}}}", plain(given).replace("{", "{{").replace("}", "}}"))
                else:
                    values[name] = [given]
        for name in names:
            if name not in wildcards and not missing_allowed:
                raise ValueError(f"No values given for wildcard '{name}'.")
        paths = paths + expand_one(pattern, combinator, values, globs, sources)
    return paths


def expand_one(pattern, combinator, values, globs, sources):
    known = {zip: "zip", itertools.product: "product"}.get(combinator)
    is_plain = all(isinstance(v, (str, int, float, Path)) for vs in values.values() for v in vs)
    simple = all(spec == "" and conv is None for _, name, spec, conv in string.Formatter().parse(pattern) if name)
    marked = any(MARK.search(plain(v)) for vs in values.values() for v in vs)
    if known and is_plain and simple and not marked and all(n.isidentifier() for n in values):
        made = Expansion(pattern, known, {name: [str(v) for v in vs] for name, vs in values.items()}, globs,
                         sources)
        if known == "zip" and len({len(vs) for vs in values.values()}) > 1:
            least = min(len(vs) for vs in values.values())
            made.values = {name: vs[:least] for name, vs in made.values.items()}
        one = Paths(made.texts())
        one.made_from = (made,)
        return one
    pairs = [[(name, value) for value in vs] for name, vs in values.items()]
    one = Paths(fill(pattern, dict(row)) for row in combinator(*pairs))
    one.made_from = tuple(one)
    return one


def multiext(prefix, *extensions, **named):
    if named:
        return Extensions((name, prefix + extension) for name, extension in named.items())
    return [prefix + extension for extension in extensions]


class Extensions(dict):
    """multiext() with names: several arguments in one."""


def flag(name):
    def apply(value, *args, **kwargs):
        if isinstance(value, StandIn):
            return value
        if callable(value):
            return functools.wraps(value)(lambda *given, **more: apply(value(*given, **more)))
        if isinstance(value, Paths) and flatten_texts(value.made_from) == list(value):
            marked = Paths(apply(v) for v in list(value))
            marked.made_from = tuple(
                Expansion(m.pattern, m.combinator, m.values, m.globs, m.sources, m.flags | {name}) if isinstance(m, Expansion) else apply(m)
                for m in value.made_from
            )
            return marked
        if isinstance(value, (list, tuple)):
            return [apply(v) for v in value]
        if isinstance(value, Flagged):
            return value.with_flag(name)
        return Flagged(value).with_flag(name)

    return apply


def flatten_texts(made_from):
    return [t for m in made_from for t in (m.texts() if isinstance(m, Expansion) else [m])]


def wildcard_parts(text):
    parts, at = [], 0
    for match in WILDCARD.finditer(text):
        parts.extend(marked_parts(text[at:match.start()]))
        parts.append({"w": match.group("name"), "c": match.group("constraint")})
        at = match.end()
    return [*parts, *marked_parts(text[at:])]


def marked_parts(text):
    """Text and the marks in it, as parts."""
    pieces = MARK.split(text)
    parts = [{"w": piece, "c": None} if i % 2 else piece for i, piece in enumerate(pieces)]
    return [part for part in parts if part != ""]


def is_many(value):
    """Source: snakemake/io.py, not_iterable."""
    return isinstance(value, collections.abc.Iterable) and not isinstance(value, (str, Path, dict))


def items_of(value):
    """Paths of one argument of `input` or `output` as JSON; None where it is something else."""
    if isinstance(value, Paths) and flatten_texts(value.made_from) == list(value):
        return [item for m in value.made_from for item in made_item(m)]
    if isinstance(value, (str, Path)):
        return [{"parts": wildcard_parts(plain(value)), "flags": sorted(getattr(value, "flags", ()))}]
    if is_many(value):
        items = []
        for part in sorted(value) if isinstance(value, (set, frozenset)) else value:
            inner = items_of(part)
            if inner is None:
                return None
            items.extend(inner)
        return items
    return None


def made_item(made):
    if not isinstance(made, Expansion):
        return items_of(made) or []
    # Nothing to combine: no paths. What a glob did not find may still come.
    if not made.globs and any(not given for given in made.values.values()):
        return []
    item = {"parts": made.parts(), "flags": sorted(made.flags)}
    if made.values:
        item["expand"] = {"combinator": made.combinator, "values": [[n, vs, made.globs.get(n), made.sources.get(n)] for n, vs in made.values.items()]}
    return [item]


class GlobValues(list):
    """Values of one wildcard of glob_wildcards, and the pattern that they come from."""

    pattern = None


def glob_wildcards(pattern, files=None, followlinks=False):
    """Source: snakemake/io.py, glob_wildcards: a named tuple of lists, one entry a file."""
    pattern = os.path.normpath(pattern)
    names = list(dict.fromkeys(m.group("name") for m in WILDCARD.finditer(pattern)))
    matcher = re.compile(regex_of(pattern))
    first = WILDCARD.search(pattern)
    folder = os.path.dirname(pattern[: first.start()] if first else pattern) or "."
    found = files
    if found is None:
        found = (
            os.path.normpath(os.path.join(path, name))
            for path, folders, names_here in os.walk(folder, followlinks=followlinks)
            for name in [*names_here, *folders]
        )
    rows = [m.groupdict() for m in map(matcher.match, found) if m]
    columns = []
    for name in names:
        column = GlobValues(row[name] for row in rows)
        column.pattern = pattern if len(names) == 1 and os.getcwd() == HOME else None
        columns.append(column)
    return collections.namedtuple("Wildcards", names)(*columns)


def regex_of(pattern):
    text, at, seen = "", 0, set()
    for match in WILDCARD.finditer(pattern):
        name = match.group("name")
        text += re.escape(pattern[at:match.start()])
        text += f"(?P={name})" if name in seen else f"(?P<{name}>{match.group('constraint') or '.+'})"
        seen.add(name)
        at = match.end()
    return text + re.escape(pattern[at:]) + "$"
