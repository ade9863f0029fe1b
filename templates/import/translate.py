"""A Snakefile as plain Python, line for line, so that errors keep their places.

Snakemake does the same: a keyword with a colon becomes a call, and the rest of the file is Python already. Here
    rule train:                 if _wfc.rule('train', 7):
        input: "a", b="c"           _wfc.section('input', 8, 0)("a", b="c")
        run:                        def _wfc_block(_=_wfc.block('run', 9, 1)):
            train(input)                train(input)
so that running the text tells what each rule was given. Blocks such as `run` are compiled, and never run.
Source of the grammar: Snakemake 7.21, snakemake/parser.py.
"""

import io
import tokenize

from breaks import places_of_breaks

RULE_SECTIONS = {
    "input", "output", "params", "threads", "resources", "priority", "version", "log", "message", "benchmark",
    "wildcard_constraints", "conda", "singularity", "container", "containerized", "envmodules", "group", "shadow",
    "cache", "handover", "default_target", "localrule", "retries", "name", "shell", "script", "notebook", "wrapper",
    "cwl", "template_engine",
}
RULE_BLOCKS = {"run"}
DIRECTIVES = {
    "include", "workdir", "configfile", "report", "singularity", "container", "containerized", "wildcard_constraints",
    "envvars", "conda", "pepfile", "pepschema", "scattergather", "resource_scopes", "localrules", "ruleorder",
    "storage", "inputflags", "outputflags", "pathvars",
}
MODULE_SECTIONS = {"snakefile", "meta_wrapper", "config", "skip_validation", "replace_prefix", "prefix", "name", "pathvars"}
# These take bare names, not Python.
NAME_LISTS = {"localrules", "ruleorder"}
GLOBAL_BLOCKS = {"onstart", "onsuccess", "onerror"}
SUBWORKFLOW_SECTIONS = {"snakefile", "workdir", "configfile"}
SKIPPED = {tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT, tokenize.NEWLINE}


class Problem(Exception):
    """What can't be converted at all: where, why, and what to do instead."""

    def __init__(self, file, line, message, hint=None):
        super().__init__(message)
        self.file, self.line, self.message, self.hint = file, line, message, hint


class Line:
    """A logical line: its tokens without comments and layout."""

    def __init__(self, tokens):
        self.tokens = tokens
        self.row, start = tokens[0].start
        # As Python counts: a tab goes to the next multiple of eight.
        self.column = len(tokens[0].line[:start].expandtabs(8))

    def header(self):
        """(keyword, name or None, index of the colon) where it begins as `word:` or `word name:`, else None."""
        kinds = [t.type for t in self.tokens[:3]]
        texts = [t.string for t in self.tokens[:3]]
        if kinds[:1] != [tokenize.NAME]:
            return None
        if texts[1:2] == [":"]:
            return texts[0], None, 1
        if kinds[1:2] == [tokenize.NAME] and texts[2:3] == [":"]:
            return texts[0], texts[1], 2
        return None

    def begins_section(self):
        found = self.header()
        return found is not None and found[1] is None and found[0] in RULE_SECTIONS | RULE_BLOCKS


def logical_lines(file, text):
    lines, current = [], []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type not in SKIPPED and token.type != tokenize.ENDMARKER:
                current.append(token)
            elif token.type == tokenize.NEWLINE and current:
                lines.append(Line(current))
                current = []
    except (tokenize.TokenError, SyntaxError) as error:
        row = error.args[1][0] if isinstance(error, tokenize.TokenError) else (error.lineno or 1)
        words = error.args[0] if isinstance(error, tokenize.TokenError) else error.msg
        raise Problem(file, row, f"this can't be read as a Snakefile: {words}") from None
    if current:
        lines.append(Line(current))
    return lines


class Section:
    """The text that follows `word:`, for a second look; rows count from 1."""

    def __init__(self, text, row, inline):
        self.text, self.row, self.inline = text, row, inline


class Translator:
    def __init__(self, file, text, sections):
        self.lines = logical_lines(file, text)
        self.file, self.lines_text = file, text.split("\n")
        if self.mixes_tabs():
            self.expand_tabs()
            self.lines = logical_lines(file, "\n".join(self.lines_text))
        self.sections = sections
        self.edits = []
        self.at = 0

    def mixes_tabs(self):
        """Whether Python might not know how deep its lines are."""
        indents = [self.lines_text[line.row - 1][:line.tokens[0].start[1]] for line in self.lines]
        return any("\t" in indent for indent in indents) and any(" " in indent for indent in indents)

    def expand_tabs(self):
        for line in self.lines:
            text, start = self.lines_text[line.row - 1], line.tokens[0].start[1]
            self.lines_text[line.row - 1] = " " * line.column + text[start:]

    def translate(self):
        """The Python text. `sections` gets the text of each section; its index is in the calls."""
        while self.at < len(self.lines):
            self.top_level()
        return self.edited()

    def top_level(self):
        line = self.lines[self.at]
        header = line.header()
        word = header[0] if header else line.tokens[0].string
        if [t.string for t in line.tokens[:2]] == ["use", "rule"]:
            self.use(line)
        elif header is None:
            self.at += 1
        elif word in ("rule", "checkpoint"):
            self.rule(line, header)
        elif word == "module" and header[1] is not None:
            self.module(line, header, "begin_module", MODULE_SECTIONS)
        elif word == "subworkflow" and header[1] is not None:
            self.module(line, header, "begin_subworkflow", SUBWORKFLOW_SECTIONS)
        elif word == "module":
            raise Problem(self.file, line.row, "a module without a name is not converted", "write  module NAME:")
        elif header[1] is None and word in GLOBAL_BLOCKS:
            self.block(line, header, word)
        elif header[1] is None and word in DIRECTIVES or word == "storage":
            self.arguments(line, header, f"_wfc.directive({word!r}, {line.row}", word in NAME_LISTS)
        else:
            self.at += 1

    def rule(self, line, header):
        word, name, colon = header
        has_section = len(line.tokens) > colon + 1
        if has_section:
            self.section_beside(line, colon)
        else:
            self.at += 1
        doc = self.sections_below(line)
        call = f"if _wfc.{word}({name!r}, {line.row}, {doc!r})"
        self.replace(line.tokens[0], line.tokens[colon], f"{call} and" if has_section else f"{call}:")

    def section_beside(self, line, colon):
        """`rule all: input: "o.txt"`: what is a call like those below becomes a part of the condition."""
        first = Line(line.tokens[colon + 1:])
        found = first.header()
        if not found or found[1] is not None or found[0] not in RULE_SECTIONS:
            raise Problem(self.file, line.row, f'"{first.tokens[0].string}" can\'t stand in the line of its rule',
                          "break the line after the colon")
        end = self.at + 1
        while end < len(self.lines) and self.lines[end].column > line.column and not self.lines[end].begins_section():
            end += 1
        self.arguments(first, found, f"_wfc.section({found[0]!r}, {line.row}", False, end)
        has_more = self.at < len(self.lines) and self.lines[self.at].column > line.column
        self.insert(self.lines[end - 1].tokens[-1].end, " is None:" if has_more else " is None: pass")

    def sections_below(self, line):
        """The docstring among them, or None."""
        doc = None
        while self.at < len(self.lines) and self.lines[self.at].column > line.column:
            inner = self.lines[self.at]
            found = inner.header()
            word = found[0] if found and found[1] is None else None
            if word in RULE_BLOCKS:
                self.block(inner, found, word)
            elif word in RULE_SECTIONS:
                self.arguments(inner, found, f"_wfc.section({word!r}, {inner.row}", False)
            elif inner.tokens[0].type == tokenize.STRING and len(inner.tokens) == 1:
                doc = doc or inner.tokens[0].string
                self.at += 1
            else:
                raise Problem(self.file, inner.row, f'"{inner.tokens[0].string}" is no section of a rule that can be '
                              "converted", "sections are input, output, params, run, shell and so on")
        return doc

    def module(self, line, header, begin, sections):
        _, name, colon = header
        self.replace(line.tokens[0], line.tokens[colon], f"if _wfc.{begin}({name!r}, {line.row}):")
        self.at += 1
        while self.at < len(self.lines) and self.lines[self.at].column > line.column:
            inner = self.lines[self.at]
            found = inner.header()
            if not found or found[1] is not None or found[0] not in sections:
                raise Problem(self.file, inner.row, f'"{inner.tokens[0].string}" is no section of a {header[0]}')
            self.arguments(inner, found, f"_wfc.of_module({found[0]!r}, {inner.row}", False)

    def use(self, line):
        """`use rule a, b from m exclude c as d_* with:`"""
        texts = [t.string for t in line.tokens[2:]]
        has_sections = texts[-2:] == ["with", ":"]
        parts, word = {"rule": []}, "rule"
        for text in texts[:-2] if has_sections else texts:
            if text in ("from", "exclude", "as"):
                word = text
            parts.setdefault(word, []).append(text)
        names = [t for t in parts["rule"] if t != ","]
        (module,) = parts.get("from", [None, None])[1:]
        without = [t for t in parts.get("exclude", [])[1:] if t != ","]
        pattern = "".join(parts["as"][1:]) if "as" in parts else None
        call = f"_wfc.begin_use({names!r}, {module!r}, {without!r}, {pattern!r}, {line.row})"
        self.at += 1
        if not has_sections:
            self.replace(line.tokens[0], line.tokens[-1], f"{call}; _wfc.end_use()")
            return
        self.replace(line.tokens[0], line.tokens[-1], f"if {call}:")
        self.sections_below(line)
        self.insert(self.lines[self.at - 1].tokens[-1].end, "; _wfc.end_use()")

    def end_of(self, line):
        """Index of the first logical line that is not part of a section or block."""
        end = self.at + 1
        while end < len(self.lines) and self.lines[end].column > line.column:
            end += 1
        return end

    def arguments(self, line, header, call, as_text, end=None):
        colon = line.tokens[header[2]]
        end = end or self.end_of(line)
        last = self.lines[end - 1].tokens[-1]
        text = self.text_between(colon.end, last.end)
        number = len(self.sections)
        self.sections.append(Section(text, colon.end[0], True))
        self.replace(line.tokens[0], colon, f"{call}, {number})(")
        if as_text:
            self.insert(colon.end, '"""')
            self.insert(last.end, '"""')
        if line.tokens[0].string == "shell":
            tokens = [*line.tokens[header[2] + 1:], *(t for inner in self.lines[self.at + 1:end] for t in inner.tokens)]
            for place, mark in places_of_breaks(tokens, self.text_between):
                self.insert(place, mark)
        self.insert(last.end, ")")
        self.at = end

    def block(self, line, header, word):
        colon = line.tokens[header[2]]
        end = self.end_of(line)
        inline = len(line.tokens) > header[2] + 1
        if inline and end > self.at + 1:
            raise Problem(self.file, line.row, f'"{word}:" has text on its own line and below')
        last = self.lines[end - 1].tokens[-1]
        if inline:
            start = line.tokens[header[2] + 1].start
        else:
            start = (self.lines[min(self.at + 1, end - 1)].row, 0)
        number = len(self.sections)
        self.sections.append(Section(self.text_between(start, last.end), start[0], inline))
        self.replace(line.tokens[0], colon, f"def _wfc_block(_=_wfc.block({word!r}, {line.row}, {number})):")
        self.at = end

    # --- edits: (row, column, end row, end column, text) ---

    def replace(self, first, last, text):
        self.edits.append((first.start, last.end, text))

    def insert(self, place, text):
        self.edits.append((place, place, text))

    def text_between(self, start, end):
        (row, column), (last_row, last_column) = start, end
        if row == last_row:
            return self.lines_text[row - 1][column:last_column]
        parts = [self.lines_text[row - 1][column:], *self.lines_text[row:last_row - 1]]
        return "\n".join([*parts, self.lines_text[last_row - 1][:last_column]])

    def edited(self):
        lines = list(self.lines_text)
        # From the end, so that places before stay right; of two at one place the later stands behind.
        for number, (start, end, text) in sorted(enumerate(self.edits), key=lambda e: (e[1][0], e[0]), reverse=True):
            (row, column), (end_row, end_column) = start, end
            if row != end_row:
                raise Problem(self.file, row, "a keyword and its colon stand on two lines")
            line = lines[row - 1]
            lines[row - 1] = line[:column] + text + line[end_column:]
        return "\n".join(lines)
