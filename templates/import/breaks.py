"""Where a command breaks in the source and Python keeps nothing of it: marks in its text, for src/import/layout.ts."""

import io
import re
import tokenize

# A backslash ends the line inside of a string; a string ends and the next begins. No command of anybody's holds these.
CONTINUED, JOINED = "\ue002", "\ue003"
MARKS = re.compile(f"[{CONTINUED}{JOINED}]")
LAYOUT = {tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT, tokenize.NEWLINE, tokenize.ENDMARKER}
OPENING = re.compile(r"""([A-Za-z]*)('''|\"\"\"|'|")""")


def unmarked(text):
    return MARKS.sub("", text)


def strings_of(tokens):
    """(index of the first token, index of the last) of each string; one that is formatted has tokens of its own from
    Python 3.12 on."""
    found, depth, first = [], 0, 0
    for number, token in enumerate(tokens):
        name = tokenize.tok_name[token.type]
        if name == "FSTRING_START":
            first = first if depth else number
            depth += 1
        elif name == "FSTRING_END":
            depth -= 1
            if depth == 0:
                found.append((first, number))
        elif name == "STRING" and depth == 0:
            found.append((number, number))
    return found


def places_of_breaks(tokens, text_between):
    """((row, column), mark) for each break in the strings of an expression; none where it calls something, which may look
    at its texts. `text_between` gives the source between two places."""
    tokens = [t for t in tokens if t.type not in LAYOUT]
    strings = strings_of(tokens)
    inside = {n for first, last in strings for n in range(first, last + 1)}
    outer = [t.string if n not in inside else "" for n, t in enumerate(tokens)]
    ends = {last for _, last in strings}
    for n, string in enumerate(outer):
        if string in (".", "%", "[", "{") or (string == "(" and n > 0 and (n - 1 in ends or outer[n - 1] not in ("(", "+"))):
            return []
    places, before = [], -2
    for first, last in strings:
        start = tokens[first].start
        text = text_between(start, tokens[last].end)
        prefix, quote = OPENING.match(text).groups()
        opened = len(prefix) + len(quote)
        if before == first - 1:
            places.append(((start[0], start[1] + opened), JOINED))
        before = last
        if "r" in prefix.lower():
            continue
        for match in re.finditer(r"\\(.|\n)", text[: -len(quote)], re.DOTALL):
            if match.group(1) == "\n":
                lines = text[: match.start()].split("\n")
                column = len(lines[-1]) + (start[1] if len(lines) == 1 else 0)
                places.append(((start[0] + len(lines) - 1, column), CONTINUED))
    return places


def marked_source(text):
    """An expression of Python with marks in its strings."""
    lines = text.split("\n")

    def text_between(start, end):
        if start[0] == end[0]:
            return lines[start[0] - 1][start[1]:end[1]]
        return "\n".join([lines[start[0] - 1][start[1]:], *lines[start[0]:end[0] - 1], lines[end[0] - 1][:end[1]]])

    tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    for (row, column), mark in reversed(places_of_breaks(tokens, text_between)):
        lines[row - 1] = lines[row - 1][:column] + mark + lines[row - 1][column:]
    return "\n".join(lines)
