"""Lists that are known only later: what a checkpoint makes, or files that are not there yet. Made-up values stand in for
theirs, and the caller sees where these come out.

What becomes of them in the functions that look at them, following.py says.
"""

import builtins
import collections
import glob
import io
import os
import pathlib
import re

import values
from values import MARK, WILDCARD, plain

# Values of several kinds: plain words and numbers, and two that show whether they are cut, changed or counted with.
KINDS = {
    "words": ("Wfcq{:05d}", r"Wfcq(\d{5})(?!_b\.c-d)"),
    "numbers": ("731{:05d}", r"(?<!00)(?<!-)731(\d{5})"),
    "odd words": ("Wfcq{:05d}_b.c-d", r"Wfcq(\d{5})_b\.c-d"),
    "odd numbers": ("00731{:05d}", r"00731(\d{5})"),
    "small numbers": ("-731{:05d}", r"-731(\d{5})"),
}
# So many are gathered, not written one by one, and differ in number from one list to the next.
FEWEST = 5
SEPARATORS = {"csv": ",", "tsv": "\t"}
# Tables without a header: as many columns as anybody looks at.
COLUMNS = {"columns by tab": "\t", "columns by comma": ",", "columns by blank": " "}
COUNT = 9


class NotFollowed(Exception):
    """What becomes of a list can't be told. `fails`: since the function fails with made-up values."""

    def __init__(self, message, hint, fails=False):
        super().__init__(message)
        self.hint, self.fails = hint, fails


class Listed:
    """One list: the files of a pattern, what stands in a file, or what Python computes with that. `maker`: the rule and its
    wildcards; None for nobody. Each row has a number for each name."""

    def __init__(self, kind, path, maker, count, code):
        self.kind, self.path, self.maker, self.code = kind, path, maker, code
        self.names, self.rows, self.constraints = [], [[] for _ in range(count)], {}


class Lists:
    """All lists of one Snakefile."""

    def __init__(self, kind):
        self.kind = self.now = kind
        self.lists, self.count, self.extra = {}, 0, False
        # By absolute path: (path, rule, wildcards, whether it is a directory) of outputs of checkpoints that were asked.
        self.outputs = {}
        # The lists that were looked at, and the checkpoints, since `begin`; how folders and files are looked at for now.
        self.seen, self.asked = {}, {}
        self.suffix, self.form, self.columns, self.tail = "", "lines", [], ""
        self.looked = set()
        # What stands in cells of a table that are not of the columns in `kept`, where it is not made up: (list, column).
        self.rest, self.kept = [], set()
        self.marked = {}
        self.is_open = False
        # Patterns of which no file was found while the Snakefile was read, with the place; those that get made-up values,
        # with who makes the files.
        self.empty, self.wanted = {}, {}
        self.recorder = None

    # --- asking ---

    def begin(self, marked):
        """For one job."""
        self.seen, self.asked, self.marked = {}, {}, marked

    def ask(self, rule, wildcards, paths):
        for path, is_directory in paths:
            text = self.unmarked(path).rstrip("/")
            self.outputs[os.path.abspath(text)] = (text, rule, wildcards, is_directory)
        self.asked[(rule, *wildcards.items())] = {"rule": rule, "wildcards": wildcards}

    def unmarked(self, text):
        return MARK.sub(lambda m: str.__str__(self.marked[m.group(1)]) if m.group(1) in self.marked else m.group(0), plain(text))

    def owner(self, path):
        """(path from the spec's folder, rule, wildcards, whether a directory) of the checkpoint's output that a path is or lies
        in; None for others."""
        absolute = os.path.abspath(path)
        for known, (text, rule, wildcards, is_directory) in self.outputs.items():
            if absolute == known or is_directory and absolute.startswith(known + "/"):
                return text + absolute[len(known):], rule, wildcards, is_directory
        return None

    def beside(self, folder, pattern):
        """The same for a folder that is no output of a checkpoint, where one was asked: it makes that beside its outputs."""
        if not self.asked:
            return None
        asked = list(self.asked.values())[-1]
        if asked["wildcards"]:
            raise NotFollowed(f"lists {pattern}, which is no output of the checkpoint \"{asked['rule']}\"",
                              f"make the folder an output of it: directory(\"{folder}\")")
        return folder, asked["rule"], {}, True

    def list_of(self, kind, path, names, maker, constraints=None, code=None):
        """The list of that path; the same for who asks again."""
        key = kind, WILDCARD.sub("{}", path), None if kind in SEPARATORS else len(names), code
        if key not in self.lists:
            self.lists[key] = Listed(kind, path, maker, 2 if kind == "one" else FEWEST + len(self.lists) % 3 + 1, code)
        listed = self.seen[key] = self.lists[key]
        listed.constraints.update(constraints or {})
        # A file has the columns that somebody asked for.
        for name in [name for name in names if name not in listed.names] if kind in SEPARATORS or not listed.names else []:
            listed.names.append(name)
            for row in listed.rows:
                row.append(self.count)
                self.count += 1
        return listed

    def rows_of(self, listed):
        """As whoever looks sees them now: the last row only where `extra` says so."""
        rows = listed.rows if self.extra else listed.rows[:-1]
        return [[self.text(listed, number, column) if not self.rest or (listed, column) in self.kept
                 else self.rest[(at + column) % len(self.rest)] for column, number in enumerate(row)]
                for at, row in enumerate(rows)]

    def text(self, listed, number, column):
        constraint = listed.constraints.get(column) or ".+"
        for kind in (self.now, self.kind, *KINDS):
            text = KINDS[kind][0].format(number)
            if re.fullmatch(constraint, text):
                return text
        raise NotFollowed(f"asks for names that match {constraint}, which no made-up name does",
                          "write a wider constraint into the pattern")

    def told(self):
        """What was looked at since `begin`, and the checkpoints that were asked."""
        lists = []
        for listed in self.seen.values():
            rule, wildcards = listed.maker if listed.maker else (None, {})
            kind = "lines" if listed.kind == "one" else listed.kind.split()[0]
            lists.append({"kind": kind, "delimiter": COLUMNS.get(listed.kind), "code": listed.code, "path": listed.path,
                          "names": listed.names, "rule": rule, "wildcards": wildcards, "rows": self.rows_of(listed)})
        return {"lists": lists, "asked": list(self.asked.values())}

    # --- what Python looks at ---

    def glob_wildcards(self, pattern, files=None, followlinks=False):
        """Source: snakemake/io.py, glob_wildcards."""
        known = self.columns_of(str(pattern)) if files is None else None
        if known is not None:
            return collections.namedtuple("Wildcards", [name for name, _ in known])(*(column for _, column in known))
        found = values.glob_wildcards(pattern, files, followlinks)
        if files is None and len(found) > 0 and not found[0]:
            self.empty.setdefault(os.path.normpath(self.unmarked(pattern)), self.recorder.place())
        return found

    def missing(self):
        """Of the patterns without files those that are known later, each with the rule that makes them or None; notes the
        others."""
        found = {}
        for pattern, (file, line) in self.empty.items():
            names = list(dict.fromkeys(m.group("name") for m in WILDCARD.finditer(pattern)))
            if not names:
                continue
            folder = os.path.dirname(pattern.split("{")[0])
            outputs = [(rule.name, text) for rule in self.recorder.rules for text in outputs_of(rule)]
            makers = [name for name, text in outputs if "directory" in getattr(text, "flags", ()) and "{" not in text
                      and f"{folder}/".startswith(f"{os.path.normpath(text)}/")]
            same = [name for name, text in outputs if WILDCARD.sub("{}", text) == WILDCARD.sub("{}", pattern)]
            if makers:
                found[pattern] = makers[0], {}
                why = f'their values are known once "{makers[0]}" has run'
            elif same:
                why = f'"{same[0]}" makes them, but which ones, only this pattern says: write the values of {", ".join(names)} down'
            elif len(names) == 1:
                found[pattern] = None
                why = "copy the data there; the spec looks each time which files there are"
            else:
                why = f"copy the data there and import it again: the values of {' and '.join(names)} are then written down"
            self.recorder.notes.append({"file": file, "line": line, "message": f"no file matches {pattern}: {why}"})
        return found

    def columns_of(self, pattern):
        """[(name, values)] where the list is one that is known later; else None."""
        text = os.path.normpath(self.unmarked(pattern))
        first = WILDCARD.search(text)
        folder = os.path.dirname(text[:first.start()] if first else text)
        owner = self.owner(folder) if self.is_open else None
        if owner is None and self.is_open:
            owner = self.beside(folder, text)
        if owner is None and text not in self.wanted:
            return None
        names = list(dict.fromkeys(m.group("name") for m in WILDCARD.finditer(text)))
        constraints = {names.index(m.group("name")): m.group("constraint") for m in WILDCARD.finditer(text) if m.group("constraint")}
        path = WILDCARD.sub(lambda m: f"{{{m.group('name')}}}", text)
        maker = owner[1:3] if owner else self.wanted[text]
        rows = self.rows_of(self.list_of("glob", path, names, maker, constraints))
        return [(name, [row[at] for row in rows]) for at, name in enumerate(names)]

    def names_in(self, folder):
        """Names in a folder that a checkpoint makes; None for other folders."""
        owner = self.owner(self.unmarked(os.fspath(folder)))
        if owner is None or not owner[3]:
            return None
        self.looked.add("folder")
        listed = self.list_of("glob", f"{owner[0]}/{{name}}{self.suffix}", ["name"], owner[1:3])
        return [row[0] + self.suffix for row in self.rows_of(listed)]

    def matching(self, pattern):
        """Paths for a pattern of the shell, in a folder that a checkpoint makes; None for others."""
        text = plain(pattern)
        star = re.search(r"[*?\[]", text)
        if star is None:
            return None
        folder = self.unmarked(os.path.dirname(text[:star.start()]))
        owner = self.owner(folder) or self.beside(folder, self.unmarked(text))
        if owner is None:
            return None
        if re.search(r"\*\*|[?\[]", text):
            raise NotFollowed(f"looks for {self.unmarked(text)}", "write the pattern with single *, or use glob_wildcards()")
        names = [f"name{number or ''}" for number in range(text.count("*"))]
        path = os.path.normpath(self.unmarked(text))
        for name in names:
            path = path.replace("*", f"{{{name}}}", 1)
        rows = self.rows_of(self.list_of("glob", path, names, owner[1:3], {at: "[^/]+" for at in range(len(names))}))
        return [fill_stars(text, row) for row in rows]

    def content(self, file):
        """What a file holds that a checkpoint makes; None for other files."""
        owner = self.owner(self.unmarked(os.fspath(file)))
        if owner is None or owner[3] and owner[0] == self.unmarked(os.fspath(file)).rstrip("/"):
            return None
        self.looked.add("file")
        if self.form in ("lines", "one"):
            rows = self.rows_of(self.list_of(self.form, owner[0], ["line"], owner[1:3]))
            return "".join(f"{row[0]}{self.tail}\n" for row in rows)
        if self.form in COLUMNS:
            listed = self.list_of(self.form, owner[0], list(map(str, range(COUNT))), owner[1:3])
            return "".join(COLUMNS[self.form].join(row) + "\n" for row in self.rows_of(listed))
        listed = self.list_of(self.form, owner[0], sorted(self.columns), owner[1:3])
        order = [listed.names.index(name) for name in self.columns]
        separator = SEPARATORS[self.form]
        return "".join(separator.join(line) + "\n" for line in
                       [self.columns, *([row[at] for at in order] for row in self.rows_of(listed))])


def outputs_of(rule):
    args, kwargs, _, _ = rule.sections.get("output", ((), {}, 0, ""))
    given = [*args, *kwargs.values()]
    return [text for value in given for text in (value if values.is_many(value) else [value]) if isinstance(text, str)]


def fill_stars(pattern, row):
    pieces = pattern.split("*")
    return "".join(piece + text for piece, text in zip(pieces, [*row, ""]))


class OutputPath(str):
    """A path of a checkpoint's output."""

    def open(self, mode="r", *args, **kwargs):
        return open(self, mode, *args, **kwargs)


def watch(lists):
    """Let Python's own ways to list folders and to read files see these lists, while functions are followed."""
    listdir, glob_, iglob, open_, io_open, path_glob, walk, scandir = (
        os.listdir, glob.glob, glob.iglob, builtins.open, io.open, pathlib.Path.glob, os.walk, os.scandir)

    def seen_listdir(path=".", *args):
        found = lists.names_in(path) if lists.is_open and isinstance(path, (str, os.PathLike)) else None
        return listdir(path, *args) if found is None else found

    def seen_glob(pathname, *args, **kwargs):
        found = lists.matching(pathname) if lists.is_open else None
        return glob_(pathname, *args, **kwargs) if found is None else found

    def seen_iglob(pathname, *args, **kwargs):
        found = lists.matching(pathname) if lists.is_open else None
        return iglob(pathname, *args, **kwargs) if found is None else iter(found)

    def seen_path_glob(self, pattern):
        found = lists.matching(os.path.join(str(self), pattern)) if lists.is_open else None
        return path_glob(self, pattern) if found is None else iter([type(self)(text) for text in found])

    def seen_open(file, mode="r", *args, **kwargs):
        found = lists.content(file) if lists.is_open and isinstance(file, (str, os.PathLike)) else None
        if found is None:
            return open_(file, mode, *args, **kwargs)
        return io.BytesIO(found.encode()) if "b" in mode else io.StringIO(found)

    def seen_walk(top, *args, **kwargs):
        found = lists.names_in(top) if lists.is_open else None
        return walk(top, *args, **kwargs) if found is None else iter([(os.fspath(top), [], found)])

    os.listdir, glob.glob, glob.iglob, pathlib.Path.glob, os.walk = (
        seen_listdir, seen_glob, seen_iglob, seen_path_glob, seen_walk)
    builtins.open = io.open = seen_open
