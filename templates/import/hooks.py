"""onsuccess and onerror: the commands that they run, where they do nothing else."""

import ast
import re
import string

from bodies import dedent

# What is told on standard input, as a file's text was: the summary of a run stands there.
OF_LOG = re.compile(r"\s*<\s*\{log\}|\bcat \{log\}\s*\|\s*")


def commands_of(section, namespace):
    """Commands of bash in order; None where the block does something else. What it prints is left out."""
    commands = []
    for statement in ast.parse(dedent(section)).body:
        call = statement.value if isinstance(statement, ast.Expr) else None
        if not isinstance(call, ast.Call):
            return None
        called = ast.unparse(call.func)
        if called == "print":
            continue
        if called not in ("shell", "os.system") or len(call.args) != 1 or call.keywords:
            return None
        try:
            text = eval(compile(ast.Expression(call.args[0]), "hook", "eval"), dict(namespace, log="{log}"))
            commands.append(filled(text, namespace) if called == "shell" else text.strip())
        except Exception:
            return None
    return commands


def filled(text, namespace):
    """A command of shell(): names of the Snakefile in braces are put in. Raises where one is known only later."""
    text = OF_LOG.sub("", text).strip()
    known = {name: value for name, value in namespace.items() if isinstance(value, (str, int, float, dict))}
    return string.Formatter().vformat(text, (), known)
