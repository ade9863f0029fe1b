"""What becomes of lists that are known only later in the functions that look at them.

A function is called several times. Believed is only one that hands all values on as they are: with other values, or with one
more, it must give the same paths with those in them.
"""

import contextlib
import os
import re
import sys

from computed import noted
from lists import COLUMNS, FEWEST, KINDS, NotFollowed, SEPARATORS
from values import plain

# Values of the same kind that show whether they are cut, changed or counted with.
ODD = {"words": ["odd words"], "numbers": ["odd numbers", "small numbers"]}
# What may stand in columns that do not come out.
NUMBERS = ["0", "-1", "1000000000"]
# What may stand in a line beside its first word.
TAIL = "\tx,y z"


def follow(lists, make, function):
    """What `make` gives, which calls a function, where it is told what the lists in it become."""
    lists.is_open, before = True, lists.seen
    try:
        result, failure = attempt(lists, make, function)
        others = iter(views(lists, function) if failure else ())
        again = failure
        while again is not None:
            view = next(others, None)
            # Who could read it can say more.
            failure = again if failure.fails and not again.fails else failure
            if view is None:
                lists.seen = {}
                raise failure
            lists.suffix, lists.form, lists.columns = view
            result, again = attempt(lists, make, function)
        return result
    finally:
        lists.seen = {**before, **lists.seen}
        lists.is_open, lists.suffix, lists.form, lists.columns, lists.tail = False, "", "lines", [], ""


def attempt(lists, make, function):
    """(what it gives, why that is not to be believed)."""
    lists.seen, lists.looked = {}, set()
    try:
        result = made(lists, make)
    except Exception as error:
        if not lists.seen:
            raise
        return None, computes_with(lists.seen.values(), error)
    return result, doubt(lists, result, make, list(lists.seen.values()), function) if lists.seen else None


def made(lists, make):
    with noted(lists) if lists.form == "computed" else contextlib.nullcontext():
        return make()


def views(lists, function):
    """Other ways to look at folders and files, by the words in a function: (suffix, form, columns)."""
    looked, words = set(lists.looked), words_of(function)
    if "folder" in looked:
        for word in sorted({w for w in words if re.fullmatch(r"[\w.-]*[._-][\w.-]*", w)}, key=len, reverse=True):
            yield word, "lines", []
    if "file" in looked:
        columns = sorted({w for w in words if re.fullmatch(r"[A-Za-z_]\w*", w)})
        for form in ["one", *(SEPARATORS if columns else ()), *COLUMNS]:
            yield "", form, columns if form in SEPARATORS else []
        if "pandas" in sys.modules:
            yield "", "computed", []


def doubt(lists, result, make, own, function):
    """Why a result does not show what becomes of the lists; None where it does."""
    where = words_for(own)
    found = texts_of(result)
    columns = [(listed, at) for listed in own for at in range(len(listed.names))
               if any(lists.text(listed, row[at], at) in text for row in listed.rows for _, text in found)]
    some = NotFollowed(f"takes only some of {where}", "let the rule that makes it leave out what is not needed")
    if not found:
        return some
    if {id(listed) for listed in own} != {id(listed) for listed, _ in columns}:
        return NotFollowed(f"chooses files by {where}: that is known only once tasks have run",
                           "let one rule do either: its command can look into the file, as in: if grep -q yes {input}; "
                           "then …; else …; fi")
    if any(not any(lists.text(listed, row[at], at) in text for _, text in found)
           for listed, at in columns for row in listed.rows[:-1]):
        return some
    computes = computes_with(own)
    whole = re.compile(KINDS[lists.kind][1])
    for odd in ODD[lists.kind]:
        shape, _ = KINDS[odd]
        if tried(lists, make, now=odd) != {(name, whole.sub(lambda m: shape.format(int(m.group(1))), text)) for name, text in found}:
            return computes
    of_lines = "file" in lists.looked and lists.form in ("lines", "one")
    if of_lines and tried(lists, make, tail=TAIL) != {(name, whole.sub(lambda m: m.group(0) + TAIL, text)) for name, text in found}:
        return computes
    more = tried(lists, make, extra=True)
    if lists.form == "one" and "file" in lists.looked:
        return some if more == found else None
    last = [lists.text(listed, listed.rows[-1][at], at) for listed, at in columns]
    if more is None or not found <= more or any(not any(text in path for text in last) for _, path in more - found):
        return computes
    if len(lists.columns) > 1:
        lists.columns = lists.columns[::-1]
        if tried(lists, make) != found:
            return NotFollowed(f"reads {where} by places of columns", "name the columns in a header, and read them by name")
    return some if compares(lists, found, make, set(columns), function) else None


def compares(lists, found, make, columns, function):
    """Whether rows of a table are chosen by what stands in columns that do not come out."""
    if all((listed, at) in columns for listed, _ in columns for at in range(len(listed.names))):
        return False
    if tried(lists, make, rest=NUMBERS, kept=columns) != found:
        return True
    words = sorted(word for word in words_of(function) if word and not re.search(r"[\s,]", word))
    parts = [words[at:at + FEWEST] for at in range(0, len(words), FEWEST)]
    # Who counts with numbers can't be given words.
    return any(tried(lists, make, rest=part, kept=columns) not in (found, None) for part in parts)


def tried(lists, make, **changes):
    """The texts that it gives where lists look otherwise; None where it fails."""
    before = {name: getattr(lists, name) for name in changes}
    vars(lists).update(changes)
    try:
        return texts_of(made(lists, make))
    except Exception:
        return None
    finally:
        vars(lists).update(before)


def words_for(lists):
    return " and ".join(sorted({of_maker(listed) for listed in lists}))


def computes_with(lists, error=None):
    why = "a spec can only put the values into paths as they are" if error is None or isinstance(error, NotFollowed) else \
        f"with made-up values it fails, {error}"
    return error if isinstance(error, NotFollowed) else NotFollowed(
        f"computes with {words_for(lists)}: {why}",
        "let the rule that makes it write the values as the paths need them into a file, one a line, and give it to a param: "
        "{lines: FILE}", fails=error is not None)


def of_maker(listed):
    what = "what is listed in" if listed.kind == "glob" else "what stands in"
    place = os.path.dirname(listed.path.split("{")[0]) if listed.kind == "glob" else listed.path
    return f'{what} {place}, which "{listed.maker[0]}" makes' if listed.maker else f"{what} {place}"


def texts_of(value, name=""):
    """{(name of an argument, text)} of a result."""
    if isinstance(value, dict):
        return {found for key, inner in value.items() for found in texts_of(inner, f"{name}.{key}")}
    if isinstance(value, (list, tuple, set, frozenset)):
        return {found for inner in value for found in texts_of(inner, name)}
    return {(name, plain(value))}


def words_of(function, depth=3):
    """Texts and names of attributes in the code of a function, and in that of functions that it calls."""
    function = getattr(function, "function", function)
    function = getattr(function, "func", function)
    code = getattr(function, "__code__", None)
    if code is None or depth == 0:
        return set()
    found, open_ = set(), [code]
    space = getattr(function, "__globals__", {})
    while open_:
        one = open_.pop()
        for constant in one.co_consts:
            if isinstance(constant, str):
                found.add(constant)
            elif isinstance(constant, tuple):
                found.update(c for c in constant if isinstance(c, str))
            elif hasattr(constant, "co_consts"):
                open_.append(constant)
        for name in one.co_names:
            found.add(name)
            if callable(space.get(name)):
                found |= words_of(space[name], depth - 1)
            elif isinstance(space.get(name), str):
                found.add(space[name])
    return found
