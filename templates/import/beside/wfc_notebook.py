"""Runs notebooks of Jupyter as Snakemake does, for `shell: python3` of a spec. Written by `wfc import snakefile`.

Source of the meaning: Snakemake 7.21, snakemake/notebook.py. It needs nbclient, which comes with nbconvert, and a kernel for
the notebook's language.
"""

import json
import os
import pickle
import re
import sys
import tempfile

from wfc_snakemake import Files, Named, Snakemake, is_list

TAG = "snakemake-job-properties"


def notebook(path, **given):
    """Run a notebook, in which there is `snakemake`; the log named "notebook" is what became of it."""
    try:
        import nbclient
        import nbformat
    except ModuleNotFoundError as error:
        sys.exit(f"a notebook needs {error.name} here: pip install nbconvert ipykernel")
    path = os.path.realpath(path)
    snakemake = Snakemake(os.path.dirname(path), **given)
    book = nbformat.read(path, as_version=4)
    about = book.metadata
    language = about.get("language_info", {}).get("name") or about.get("kernelspec", {}).get("language") or "python"
    cell = nbformat.v4.new_code_cell(in_r(path, snakemake) if language == "R" else in_python(path, snakemake))
    cell.metadata["tags"] = [TAG]
    book.cells = [cell, *(c for c in book.cells if TAG not in c.metadata.get("tags", []))]
    # The kernels of many tasks would write to one history.
    with tempfile.TemporaryDirectory() as settings:
        os.environ["IPYTHONDIR"] = settings
        client = nbclient.NotebookClient(book, timeout=None, startup_timeout=600,
                                         resources={"metadata": {"path": os.getcwd()}})
        try:
            client.execute()
        except nbclient.exceptions.CellExecutionError as error:
            sys.exit(re.sub("\x1b\\[[0-9;]*m", "", str(error)))
        finally:
            if snakemake.log.get("notebook"):
                nbformat.write(book, snakemake.log.notebook)


def in_python(path, snakemake):
    return (f"import pickle, sys; sys.path.append({snakemake.scriptdir!r}); from wfc_snakemake import stand_in\n"
            f"snakemake = pickle.loads({pickle.dumps(snakemake)!r}); stand_in(snakemake, {path!r})")


def in_r(path, snakemake):
    slots = {name: getattr(snakemake, name) for name in ("input", "output", "params", "wildcards", "threads", "resources",
                                                         "log", "config", "rule")}
    given = ", ".join(f"{name} = {r_text(value)}" for name, value in slots.items() if value is not None)
    return f'source("wfc_snakemake.R")\nsnakemake <- snakemake_of({r_text(path)}, {given})'


def r_text(value):
    """A value as R would write it."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, Named):
        is_files, names = isinstance(value, Files), dict(value.items())
        if is_files:
            names = {name: list(v) if is_list(v) else v for name, v in names.items()}
        last = sum(len(v) if is_files and is_list(v) else 1 for v in names.values())
        items = [*map(r_text, value[:len(value) - last]), *(f"`{name}` = {r_text(v)}" for name, v in names.items())]
        return f"{'files' if is_files else 'named'}({', '.join(items)})"
    if isinstance(value, dict):
        return f"list({', '.join(f'`{name}` = {r_text(v)}' for name, v in value.items())})"
    if is_list(value):
        is_vector = all(isinstance(v, (str, int, float)) for v in value)
        return f"{'c' if is_vector else 'list'}({', '.join(map(r_text, value))})"
    return str(value) if isinstance(value, (int, float)) else json.dumps(str(value), ensure_ascii=False)
