"""Tells what a Snakefile says, as JSON on file descriptor 3. Called by `wfc import snakefile`.

    python3 snakefile.py FILE < one line: {"config": {path: content}, "configfiles": [path], "functions": [rule]}

It runs the Python of the Snakefile, as Snakemake does, but no rule. What the Snakefile prints goes to standard error.
Answers: {"needs": path} for a config file that is not in the request and that this Python can't read itself, {"workdir":
path} where paths count from a folder that this one is to be called in, with "origin" as the way back; else
{"problems": [...], "rules": [...], "config": {...}, "wildcard_constraints": {...}, "notes": [...]}.

Then each further line, [{"rule", "wildcards": {name: value}, "marked"}, ...], is answered by a line with a list of
what the functions of these rules give; see jobcalls.py.
"""

import ast
import io
import json
import os
import sys
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
OWN = [HERE, os.path.join(HERE, "beside")]
sys.path[:0] = OWN
sys.dont_write_bytecode = True

from functions import Functions  # noqa: E402
from jobcalls import answer_call  # noqa: E402
from lists import Lists, watch  # noqa: E402
from module import IMPLICIT, Module  # noqa: E402
from recorder import NeedsConfig, NeedsFolder, Recorder, namespace_of, stand_ins  # noqa: E402
from rules import RuleReader, rule_json  # noqa: E402
from standins import FINDER, StandIn, StandInUsed, is_of_snakemake, quiet  # noqa: E402
from translate import Problem, Translator  # noqa: E402
from values import Expansion, at_home  # noqa: E402

# A study may have modules of the same names.
sys.path[:] = [place for place in sys.path if place not in OWN]
for name in [name for name, module in sys.modules.items()
             if os.path.dirname(getattr(module, "__file__", None) or "") in OWN and name != "__main__"]:
    del sys.modules[name]


def run_file(file, namespace, recorder, module, included_at=None):
    """Translate and run one Snakefile; `include` comes back here."""
    try:
        with open(at_home(file), encoding="utf-8") as opened:
            text = opened.read()
    except (OSError, UnicodeDecodeError) as error:
        raise Problem(file, 1, f"can't be read: {error}") from None
    sections = []
    python = Translator(file, text, sections).translate()
    try:
        tree = ast.parse(python, file)
    except SyntaxError as error:
        raise Problem(file, error.lineno or 1, f"this can't be read as Python: {error.msg}") from None
    before = recorder.enter(file, sections, text.split("\n"))
    module.add(tree, python, file, included_at)
    exec(compile(tree, file, "exec"), namespace)
    recorder.leave(before)


def failure(error, files):
    """The Python of a Snakefile that failed, at the line of the Snakefile."""
    file, line = place_of(error, files)
    if isinstance(error, StandInUsed):
        return Problem(file, line, *error.told())
    return Problem(file, line, f"the Python of the Snakefile fails here: {type(error).__name__}: {error}",
                   "wfc runs it with python3, as Snakemake does; what it imports must be installed")


def place_of(error, files):
    places = [f for f in traceback.extract_tb(error.__traceback__) if f.filename in files]
    return (places[-1].filename, places[-1].lineno) if places else (files[0], 1)


def read(file, request):
    """(recorder, module) when the Snakefile has run, once more with made-up files where it has found none."""
    lists, failed = Lists(request["standIns"]), None
    try:
        found = read_with(file, request, lists)
    except Problem as problem:
        if not lists.empty:
            raise
        failed = problem
    wanted = lists.missing()
    if wanted:
        again = Lists(request["standIns"])
        again.wanted = wanted
        notes = lists.recorder.notes
        try:
            second = read_with(file, request, again)
            second[0].notes[:] = notes if failed is None else [*second[0].notes, *notes]
            return second
        except Problem:
            pass
    if failed is not None:
        raise failed
    return found


def read_with(file, request, lists):
    """The same for one reading. A module that is missing is stood in for, and all begins anew."""
    missing = {}
    while True:
        recorder = Recorder(request["config"], request["configfiles"], run_file, make_space, lists, request["functions"])
        said, sys.stdout = sys.stdout, io.StringIO()
        try:
            module = run(file, request, recorder)
        except ModuleNotFoundError as error:
            if error.name is None or error.name in missing:
                raise failure(error, recorder.files) from None
            missing[error.name] = place_of(error, recorder.files)
            FINDER.names.add(error.name)
            StandIn.called = False
            sys.stdout = said
            continue
        except (Problem, NeedsConfig, NeedsFolder):
            raise
        except (SystemExit, Exception) as error:
            raise failure(error, recorder.files) from None
        finally:
            if sys.stdout is not said:
                said.write(sys.stdout.getvalue())
                sys.stdout = said
        for name, (at, line) in missing.items():
            if is_of_snakemake(name):
                continue
            recorder.notes.append({"file": at, "line": line, "message": f"{name} is not installed for this python3: what it "
                                   "gives is only handed on here; the tasks need it"})
        return recorder, module


def make_space(recorder):
    """A namespace with what Snakemake puts into it, and its Python, of which nothing has run."""
    namespace = namespace_of(recorder)
    module = Module(namespace, recorder.names_of_snakemake(namespace))
    namespace["_wfc"] = recorder
    namespace["print"] = quiet(print)
    for line in IMPLICIT.values():
        exec(line, namespace)
    return namespace, module


def run(file, request, recorder):
    # Some look up there which config they are given.
    sys.argv = ["snakemake", "--snakefile", file, *(["--configfile", *request["configfiles"]] if request["configfiles"] else [])]
    # What stands before workdir counts from where Snakemake is started.
    os.chdir(at_home(request.get("origin", ".")))
    recorder.origin = request.get("origin")
    namespace, module = make_space(recorder)
    recorder.bind(namespace, module)
    sys.modules.update(stand_ins(namespace))
    sys.path.insert(0, os.path.dirname(at_home(file)))
    # A Snakefile may look into Snakemake's command line.
    configs = request["configfiles"]
    sys.argv = ["snakemake", "-s", file, *(["--configfile", *configs] if configs else [])]
    for path in request["configfiles"]:
        recorder.take_config(path, 1)
    run_file(file, namespace, recorder, module)
    return module


def answer(file, request, readers):
    """What the Snakefile says. `readers` gets one of each rule."""
    recorder, module = read(file, request)
    Expansion.source_of = None
    watch(recorder.lists)
    namespace = recorder.namespace
    rules, problems, functions = [], list(recorder.problems), {None: Functions(module, recorder)}
    for rule in recorder.rules:
        recorder.finish_rule(rule)
        of = rule.taken[1].name if rule.taken is not None else None
        own = functions.setdefault(of, Functions(rule.module, recorder, of))
        readers[rule.name] = RuleReader(rule, recorder, own)
    for rule in recorder.rules:
        try:
            told, wrong = rule_json(readers[rule.name])
        except StandInUsed as error:
            problems.append(Problem(rule.file, rule.line, *error.told()))
            continue
        rules.append({**told, "problems": [p.__dict__ for p in wrong]})
    modules_beside = {name: text for one in functions.values() for name, text in one.finish().items()}
    hooks = recorder.told_hooks()
    return {
        "rules": rules,
        "problems": [p.__dict__ for p in problems],
        "notes": recorder.notes,
        "config": scalars(namespace["config"]), "configComments": recorder.config_comments(),
        "wildcardConstraints": recorder.constraints, "placesOfConstraints": recorder.places_of_constraints,
        "ruleOrder": recorder.order,
        "prefix": recorder.prefix,
        "files": recorder.files, "hooks": hooks, "readFiles": read_files(recorder),
        "lists": recorder.lists.told()["lists"], "isLater": recorder.has_checkpoints or bool(recorder.lists.wanted),
        "beside": {**helpers(), **modules_beside, **recorder.beside},
    }


# Files that are opened, absolute.
OPENED = {}


def note_opened(event, args):
    if event == "open" and isinstance(args[0], str) and args[0].endswith((".csv", ".tsv", ".txt", ".lst", ".list", ".names")):
        OPENED[os.path.abspath(args[0])] = True


def read_files(recorder):
    """What may hold values: files below the folder of the spec."""
    found = [os.path.relpath(path) for path in OPENED if os.path.isfile(path)]
    return [path for path in found if not path.startswith("..") and path not in recorder.config_files][:50]


def helpers():
    """What commands of the spec may need beside it, by name."""
    folder = os.path.join(HERE, "beside")
    found = {}
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), encoding="utf-8") as opened:
            found[name] = opened.read()
    return found


def scalars(config, prefix=""):
    """{"a.b": {"text", "type"}} of a nested config; lists and other values are left out."""
    found = {}
    for key, value in config.items():
        if isinstance(value, dict):
            found.update(scalars(value, f"{prefix}{key}."))
        elif isinstance(value, (str, int, float)):
            found[f"{prefix}{key}"] = {"text": str(value), "type": type(value).__name__}
    return found


def main():
    out = os.fdopen(3, "w", encoding="utf-8")
    file = sys.argv[1]
    asked, sys.stdin = sys.stdin, open(os.devnull, encoding="utf-8")
    request = json.loads(asked.readline())
    sys.stdout = sys.stderr
    readers = {}
    sys.addaudithook(note_opened)
    try:
        told = answer(file, request, readers)
    except NeedsConfig as needs:
        told = {"needs": needs.path}
    except NeedsFolder as needs:
        told = {"workdir": needs.path}
    except Problem as problem:
        told = {"problems": [problem.__dict__], "rules": [], "notes": [], "config": {}, "wildcardConstraints": {}, "placesOfConstraints": [],
                "prefix": "", "files": [file], "lists": [], "isLater": False, "beside": {}, "configComments": {}, "hooks": [],
                "readFiles": []}
    print(json.dumps(told), file=out, flush=True)
    for line in asked:
        print(json.dumps([answer_call(readers, one) for one in json.loads(line)]), file=out, flush=True)
    # Threads that a Snakefile began are not waited for.
    sys.stderr.flush()
    os._exit(0)


main()
