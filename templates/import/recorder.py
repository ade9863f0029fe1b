"""What the translated Snakefile calls: it notes rules and their sections, and stands in for Snakemake's own names."""

import contextlib
import copy
import inspect
import json
import os
import re
import sys
import types

import helpers
import surroundings
import values
import wfc_snakemake
from checkpoints import Checkpoints
from comments import comments_above, comments_of_yaml, doc_lines, key_in, lines_of
from hooks import commands_of
from jobcalls import Unpacked
from module import IMPLICIT
from reuse import Reuse
from rulenames import RuleNames
from standins import StandIn
from translate import Problem

LEFT_OUT = {
    "report": "reports are not a part of a spec",
    "envvars": "the environment of wfc reaches its tasks as it is",
    "pepfile": "sample sheets of PEP are not read; use a table with csv:",
    "pepschema": "sample sheets of PEP are not read; use a table with csv:",
    "resource_scopes": "resources count per task here",
    "containerized": "name the image in the rules, with container:",
    "conda": "name an environment in the rules, with conda:",
    "storage": "files lie in the file system of the tasks",
    "inputflags": "flags are given to single paths",
    "outputflags": "flags are given to single paths",
    "pathvars": "write the paths out",
    "onstart": "nothing runs before the tasks",
    "onsuccess": 'what runs in the end is "notify" of a profile, and a command, not Python',
    "onerror": 'what runs in the end is "notify" of a profile, and a command, not Python',
}


class NeedsConfig(Exception):
    """A config file that must be read by someone who knows YAML."""

    def __init__(self, path):
        super().__init__(path)
        self.path = path


class NeedsFolder(Exception):
    """The folder that `workdir` names."""

    def __init__(self, path):
        super().__init__(path)
        self.path = path


class Rule:
    def __init__(self, name, file, line, recorder):
        self.name, self.file, self.line = name, file, line
        # The Python that it stands in, and the `use` statement and module that brought it in.
        self.namespace, self.module, self.taken = recorder.namespace, recorder.module, recorder.using
        self.comments = []
        # By section: (positional arguments, named ones, line, text); by block: (line, text).
        self.sections, self.blocks = {}, {}
        # Once a `use` statement has changed its sections: what they were.
        self.own = None


class Recorder(Reuse):
    """One import. `run_file` runs an included Snakefile, `make_space` begins Python that knows nothing of the rest. `lists`:
    what stands in for lists that are known only later."""

    def __init__(self, configs, command_line, run_file, make_space, lists, as_functions=()):
        self.lists, self.has_checkpoints = lists, False
        lists.recorder = self
        self.configs, self.command_line, self.run_file = configs, command_line, run_file
        self.rules, self.notes, self.problems, self.files = [], [], [], []
        self.constraints, self.places_of_constraints, self.prefix, self.container = {}, [], "", None
        self.local_rules, self.order, self.hooks = [], [], []
        # Names of rules whose commands are to be functions of Python, since placeholders can't tell them.
        self.as_functions = frozenset(as_functions)
        # Files of the config as they were merged, what they held, and what is to be written beside the spec, by name.
        self.config_files, self.config_read, self.beside = [], {}, {}
        # The way from the folder of the spec to where Snakemake is started; None: the same.
        self.origin = None
        # The file that is read: its sections and its lines.
        self.file, self.texts, self.lines = None, [], []
        self.namespace = self.module = self.main = None
        self.make_space = make_space
        # The rule and the module that sections belong to; how many includes deep; the rule that is made unless told.
        self.rule_now = self.module_now = self.use_now = None
        self.depth, self.first = 0, None
        # Of modules: by name, which one is run, and its rules by the names that they have there.
        self.modules, self.using, self.named, self.keeps_config = {}, None, {}, False

    def bind(self, namespace, module):
        self.namespace, self.module = namespace, module
        self.main = namespace
        values.Expansion.source_of = self.source_of
        namespace["_wfc"] = self

    def names_of_snakemake(self, namespace):
        # Names of Snakemake 8 are rather those of the Snakefile's own functions.
        mine = set(helpers.names(namespace)) | {*IMPLICIT, *helpers.IN_PLACE, "from_queue"}
        return (set(namespace) | {"_wfc", "workflow", "checkpoints", "dynamic", "pipe", "storage"}) - mine - {
            "__builtins__", "__name__"}

    def enter(self, file, texts, lines):
        before = self.file, self.texts, self.lines
        self.file, self.texts, self.lines = file, texts, lines
        self.files.append(file)
        return before

    def leave(self, before):
        self.file, self.texts, self.lines = before

    def line_now(self):
        """The line of the Snakefile that runs."""
        frame = inspect.currentframe()
        while frame is not None and frame.f_code.co_filename not in self.files:
            frame = frame.f_back
        return frame.f_lineno if frame else 1

    def note(self, line, message):
        self.notes.append({"file": self.file, "line": line, "message": message})

    # --- what the translated text calls ---

    def rule(self, name, line, doc=None):
        """`doc`: its docstring, as Python source."""
        name = name or f"rule_{len(self.rules) + 1}"
        made = self.rule_now = Rule(name, self.file, line, self)
        made.comments = [*comments_above(self.lines, line), *doc_lines(doc)]
        if self.using is not None:
            self.named[name] = made
            if not self.using[0].takes(name):
                return True
            made.name = self.using[0].renamed(name)
        same = next((i for i, r in enumerate(self.rules) if r.name == made.name), None)
        if same is not None and self.using is None:
            raise Problem(self.file, line, f'there are two rules "{name}"')
        if self.depth == 0:
            self.first = self.first or made.name
        if same is None:
            self.rules.append(made)
        else:
            self.rules[same] = made
        return True

    def checkpoint(self, *given):
        self.has_checkpoints = True
        return self.rule(*given)

    def place(self):
        """(file, line) of the Snakefile that runs now."""
        frame = sys._getframe()
        while frame is not None and frame.f_code.co_filename not in self.files:
            frame = frame.f_back
        return (frame.f_code.co_filename, frame.f_lineno) if frame else (self.files[0], 1)

    def rule_named(self, name):
        """A rule before this line, by the name that it has in this file."""
        if self.using is not None:
            return self.named.get(name)
        return next((r for r in self.rules if r.name == name), None)

    def section(self, word, line, number):
        def take(*args, **kwargs):
            rule = self.use_now or self.rule_now
            if word in rule.sections:
                # Source: snakemake/workflow.py 7.21, where the first is what is left; later versions refuse it.
                self.note(line, f'rule "{self.rule_now.name}" has two sections "{word}", of which the first counts')
                return
            rule.sections[word] = (args, kwargs, line, self.texts[number])

        return take

    def block(self, word, line, number):
        if word == "run":
            (self.use_now or self.rule_now).blocks[word] = (line, self.texts[number])
        elif word in ("onsuccess", "onerror") and self.using is None:
            self.hooks.append((word, self.file, line, self.texts[number], self.namespace))
        else:
            self.note(line, f'"{word}" is left out: {LEFT_OUT[word]}')
        return False

    def directive(self, word, line, number):
        def take(*args, **kwargs):
            if word == "include":
                self.include(args[0], line)
            elif word == "configfile":
                self.take_config(os.path.relpath(str(args[0]), values.HOME) if self.origin else str(args[0]), line)
            elif word == "wildcard_constraints":
                self.constraints.update(kwargs)
                self.constrained(self.file, line)
            elif word in ("singularity", "container"):
                self.container = args[0]
            elif word == "localrules":
                self.local_rules.extend(self.renamed(n.strip()) for n in args[0].split(","))
            elif word == "ruleorder":
                self.order.append([self.renamed(n.strip()) for n in args[0].split(">")])
            elif word == "scattergather":
                self.constraints["scatteritem"] = r"\d+-of-\d+"
                for name, count in kwargs.items():
                    for kind in ("scatter", "gather"):
                        setattr(self.namespace[kind], name, surroundings.scattered(count))
            elif word == "pathvars":
                raise Problem(self.file, line, '"pathvars" is not converted', LEFT_OUT[word])
            elif word == "workdir":
                self.go_to(str(args[0]))
            else:
                self.note(line, f'"{word}" is left out: {LEFT_OUT[word]}')

        return take

    def constrained(self, file, line, rule=None):
        """Where constraints stand; rule None: those of all rules."""
        self.places_of_constraints.append({"file": file, "line": line, "rule": rule})

    def go_to(self, folder):
        if self.origin is None and os.path.abspath(folder) != values.HOME:
            raise NeedsFolder(folder)
        os.chdir(values.HOME)

    def include(self, path, line):
        if "://" in str(path):
            raise Problem(self.file, line, "a Snakefile from the network is not included", "save it in a file first")
        file = os.path.join(os.path.dirname(self.file), str(path))
        if file in self.files:
            # As in Snakemake, what is included twice counts once.
            return
        self.depth += 1
        self.run_file(file, self.namespace, self, self.module, included_at=(self.file, line))
        self.depth -= 1

    def read_config(self, path, line):
        if path in self.configs:
            return self.configs[path]
        try:
            with open(values.at_home(path), encoding="utf-8") as opened:
                text = opened.read()
            # As Snakemake does, whatever the file is called.
            if text.lstrip().startswith("{"):
                with contextlib.suppress(ValueError):
                    return json.loads(text)
            try:
                import yaml
            except ImportError:
                raise NeedsConfig(path) from None
            try:
                return yaml.safe_load(text) or {}
            except yaml.YAMLError as error:
                raise ValueError(error) from None
        except (OSError, UnicodeDecodeError, ValueError) as error:
            raise Problem(self.file or path, line, f'"{path}" can\'t be read: {error}',
                          "it counts from the folder of the spec") from None

    def take_config(self, path, line):
        """A file over those before; what the command line names goes over all."""
        if self.keeps_config:
            return
        path = os.path.normpath(path)
        loaded = self.read_config(path, line)
        for file, given in [(path, loaded), *((f, self.read_config(f, line)) for f in self.command_line)]:
            surroundings.update_config(self.namespace["config"], copy.deepcopy(given))
            surroundings.update_config(self.config_read, copy.deepcopy(given))
            self.config_files = [f for f in self.config_files if f != file] + [file]

    def source_of(self, value):
        """Where a list of values stands in the Snakefile: a key of the config, or a name; None where it has none."""
        key = key_in(self.namespace["config"], value)
        if key is not None:
            return {"config": key, "name": None, "comments": []}
        name = next((n for n, known in self.namespace.items() if known is value and not n.startswith("_")), None)
        if name is None:
            return None
        made = [s for s in self.module.statements if name in s.binds]
        comments = comments_above(lines_of(made[-1].file), made[-1].node.lineno) if made else []
        return {"config": None, "name": name, "comments": comments}

    def told_hooks(self):
        """What runs when all is over, as commands."""
        told = []
        for word, file, line, section, namespace in self.hooks:
            commands = commands_of(section, namespace)
            if commands:
                told.append({"when": word, "commands": commands})
            elif commands is None:
                self.notes.append({"file": file, "line": line, "message": f'"{word}" is left out: {LEFT_OUT[word]}'})
        return told

    def config_comments(self):
        """{"a.b": [text]} of the config's files, those of a later one over the others."""
        found = {}
        for file in self.config_files:
            if not file.endswith(".json"):
                found.update(comments_of_yaml("\n".join(lines_of(file))))
        return found

    def stem(self):
        """The name of the Snakefile as the begin of others: Snakefile, train."""
        return re.sub(r"\W", "_", re.sub(r"\.(smk|snakefile|snakemake)$", "", os.path.basename(self.files[0])))

    def folder_of_imports(self):
        """The folder of the Snakefile, where its modules are found too, from that of the spec; None where it is that."""
        folder = os.path.relpath(os.path.dirname(os.path.abspath(self.files[0])))
        return None if folder == "." else folder

    def config_source(self, config, of=None):
        """Files that make a config when each is merged over those before: where Python has changed it, or a module `of`
        that name has one of its own, one that is written beside the spec."""
        if config == self.config_read:
            return self.config_files
        name = f"{of if of and config is not self.main['config'] else self.stem()}_config.json"
        text = json.dumps(config, indent=2, default=str) + "\n"
        if json.loads(text) != config:
            raise Problem(self.files[0], 1, "the config holds what a file of JSON can't: the Snakefile's Python has put it "
                          "there", "make it a name of its own in the Snakefile")
        self.beside[name] = text
        return [name]


class Shell:
    def __init__(self, recorder):
        self._recorder = recorder

    def prefix(self, text):
        self._recorder.prefix = text

    def executable(self, name):
        # bash understands all that sh does.
        if os.path.basename(name) not in ("bash", "sh"):
            raise ValueError(f"commands run in bash, not in {name}")

    def __call__(self, command, *args, iterable=False, read=False, **names):
        frame = inspect.currentframe().f_back
        self._recorder.note(self._recorder.line_now(), "what shell() does outside of rules is done now, and not before the "
                            "tasks of a spec")
        shell = wfc_snakemake.Shell()
        shell.prefix(f"{shell.before}{self._recorder.prefix}")
        return shell.run(command, args, {**frame.f_globals, **frame.f_locals, **names}, iterable, read)


def refuse(recorder, name, hint):
    def fail(*args, **kwargs):
        raise Problem(recorder.file or recorder.files[0], recorder.line_now(), f"{name}() is not converted", hint)

    return fail


def pipe(recorder):
    def of_temp(value):
        recorder.note(recorder.line_now(), "pipe() becomes temp: who reads it starts when all of it is there")
        return values.flag("temp")(value)

    return of_temp


def namespace_of(recorder):
    names = {name: values.flag(name) for name in ("directory", "temp", "protected", "ancient", "touch")}
    names |= {
        "temporary": values.flag("temp"),
        "local": lambda value: value,
        "report": lambda value, *args, **kwargs: value,
        "repeat": lambda value, *args: value,
        "pipe": pipe(recorder),
        "service": refuse(recorder, "service", "a task ends: start what serves in the command of the rule that needs it"),
        "dynamic": refuse(recorder, "dynamic", "make the rule a checkpoint with a directory(), and read what is in "
                          "that with glob_wildcards()"),
        "storage": StandIn("storage"),
        "expand": helpers.expand,
        "multiext": values.multiext,
        "glob_wildcards": recorder.lists.glob_wildcards,
        "unpack": Unpacked,
        "config": {},
        "rules": RuleNames(recorder),
        "shell": Shell(recorder),
        "__name__": "snakefile",
    }
    names |= surroundings.names(recorder)
    names["checkpoints"] = Checkpoints(recorder, names)
    names |= helpers.names(names)
    one_state = "a file has one state in a spec: let the rule that changes it write another file"
    names |= {name: refuse(recorder, name, one_state) for name in helpers.IN_PLACE}
    names["from_queue"] = refuse(recorder, "from_queue", "name the files that are made")
    return names


def stand_ins(namespace):
    """Modules of Snakemake that Snakefiles import from."""
    recorder = namespace["_wfc"]
    package, utils, io = (types.ModuleType(n) for n in ("snakemake", "snakemake.utils", "snakemake.io"))
    package.__path__ = []
    utils.min_version = lambda version: None

    def validate(*args, **kwargs):
        recorder.note(1, "validate() is not run, and defaults of its schema are not filled in")

    utils.validate = validate
    utils.Paramspace, utils.update_config = surroundings.Paramspace, surroundings.update_config
    utils.makedirs = lambda paths: None
    utils.listify = lambda value: value if isinstance(value, list) else [value]
    for name in ("expand", "directory", "temp", "protected", "ancient", "touch", "glob_wildcards", "multiext"):
        setattr(io, name, namespace[name])
    package.utils, package.io, package.shell = utils, io, namespace["shell"]
    package.__version__, package.workflow = "7.21.0", namespace["workflow"]
    return {"snakemake": package, "snakemake.utils": utils, "snakemake.io": io, **surroundings.modules()}
