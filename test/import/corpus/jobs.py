"""The jobs that Snakemake plans for a workflow, as JSON. Missing source files are made, empty; modules that are not
installed are stood in for, and a Snakemake of another version is no problem as long as it reads the Snakefile.

    python3 jobs.py SNAKEFILE [CONFIGFILE...]     in the folder where Snakemake is started
"""

import json
import os
import sys
import time
from importlib.machinery import ModuleSpec
from unittest.mock import MagicMock

import snakemake
from snakemake import dag, exceptions, utils

SECONDS = 60
told, missing, failed, absent = [], [], [], []


def tell(graph, detailed=False):
    read = {str(path) for job in graph.jobs for path in job.input}
    # A log that others read is as good as an output.
    told.append([{"rule": job.rule.name, "input": list(map(str, job.input)),
                  "output": [str(path) for path in [*job.output, *(log for log in job.log if str(log) in read)]],
                  # Its functions ask a checkpoint that has not run.
                  "open": bool(getattr(job, "incomplete_input_expand", False))}
                 for job in graph.jobs])
    return iter(())


class Missing(exceptions.MissingInputException):
    def __init__(self, job, files, *args, **kwargs):
        super().__init__(job, files, *args, **kwargs)
        self.files = list(map(str, files))


class StandIns:
    """Finds and makes modules that do nothing."""

    names = set()

    def find_spec(self, name, path=None, target=None):
        return ModuleSpec(name, self, is_package=True) if name.split(".")[0] in self.names else None

    def create_module(self, spec):
        made = MagicMock(name=spec.name)
        made.__path__, made.__spec__, made.__name__ = [], spec, spec.name
        return made

    def exec_module(self, module):
        pass


def note(error, linemaps=None):
    missing[:] = getattr(error, "files", [])
    absent.append(error.name.split(".")[0] if isinstance(error, ModuleNotFoundError) else None)
    failed.append(f"{type(error).__name__}: {error}")


def make(path):
    folder = os.path.dirname(path) or "."
    while not os.path.isdir(folder):
        part = folder
        while part and not os.path.exists(part):
            part = os.path.dirname(part)
        if part and not os.path.isdir(part):
            os.remove(part)
        os.makedirs(folder, exist_ok=True)
    if path.endswith("/"):
        os.makedirs(path, exist_ok=True)
    elif not os.path.exists(path):
        open(path, "w").close()


def main():
    snakefile, *configs = sys.argv[1:]
    here, out, paths = os.getcwd(), os.fdopen(os.dup(1), "w"), list(sys.path)
    os.dup2(2, 1)
    dag.DAG.summary, dag.MissingInputException = tell, Missing
    snakemake.print_exception = note
    utils.min_version = lambda version: None
    sys.meta_path.append(StandIns())
    sys.argv = ["snakemake", "-n", "-s", snakefile, *(["--configfile", *configs] if configs else [])]
    end = time.time() + SECONDS
    made = 0
    while time.time() < end:
        missing.clear()
        absent.clear()
        os.chdir(here)
        sys.path[:] = paths
        snakemake.snakemake(snakefile, cores=1, dryrun=True, quiet=True, summary=True, lock=False, configfiles=configs)
        os.chdir(here)
        if not told and any(name and name not in StandIns.names for name in absent):
            StandIns.names.update(filter(None, absent))
            continue
        if told or not missing:
            break
        for path in missing:
            make(path)
        made += len(missing)
    answer = {"jobs": told[-1] if told else None, "made": made, "standIns": sorted(StandIns.names),
              "problem": failed[-1] if failed and not told else None}
    json.dump(answer, out)
    out.close()


main()
