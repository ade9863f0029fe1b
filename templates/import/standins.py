"""Modules that are not installed here, for a Snakefile that only hands on what they give."""

import importlib.machinery
import re
import sys
import types


class StandInUsed(Exception):
    """The Snakefile computes with what a missing module would give."""

    def __init__(self, stand_in):
        super().__init__(stand_in._wfc_name)
        self.name = stand_in._wfc_name

    def told(self):
        """(what is wrong, what to do)."""
        module = self.name.split(".")[0]
        if is_of_snakemake(self.name):
            return (f"{self.name} is needed here: files of a remote storage are no files of a spec",
                    "let a rule fetch the file, as in  shell: \"curl -fsSL URL -o {output}\"")
        return (f"the value of {self.name} is needed here, and {module} is not installed for this python3",
                "install it, or have the python3 of its environment first on the PATH")


def is_of_snakemake(name):
    """Whether it is a part of Snakemake that gives files from elsewhere."""
    return re.split(r"\W", name)[0] in ("snakemake", "storage")


def refuse(self, *_):
    raise StandInUsed(self)


def hand_on(self, *_, **__):
    return StandIn(self._wfc_name)


class StandIn:
    """What a missing module gives: an object whose parts and results are such objects, and which has no value."""

    # Whether one was called: what the module makes when it is imported can't be tried here.
    called = False

    def __init__(self, name):
        self.__dict__["_wfc_name"] = name

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return StandIn(f"{self._wfc_name}.{name}")

    def __call__(self, *args, **kwargs):
        StandIn.called = True
        return StandIn(f"{self._wfc_name}()")

    def __setattr__(self, name, value):
        pass

    def __mro_entries__(self, bases):
        return ()

    def __instancecheck__(self, instance):
        return isinstance(instance, StandIn)

    def __repr__(self):
        return f"<stand-in for {self._wfc_name}>"

    def __hash__(self):
        return id(self)

    def __exit__(self, *_):
        return False

    __enter__ = __getitem__ = hand_on
    __setitem__ = __delitem__ = lambda self, *_: None


for operator in ("add sub mul matmul truediv floordiv mod pow and or xor lshift rshift").split():
    setattr(StandIn, f"__{operator}__", hand_on)
    setattr(StandIn, f"__r{operator}__", hand_on)
for operator in "eq ne lt le gt ge neg pos abs invert".split():
    setattr(StandIn, f"__{operator}__", hand_on)
for use in "bool int float complex index str bytes format fspath len iter next contains round".split():
    setattr(StandIn, f"__{use}__", refuse)


class StandInModule(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return StandIn(f"{self.__name__}.{name}")


class Finder:
    """Comes after all others. `names`: the modules that were found missing; what lies in them comes with them."""

    def __init__(self):
        self.names = set()

    def find_spec(self, name, path=None, target=None):
        if any(name == missing or name.startswith(f"{missing}.") for missing in self.names):
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        return StandInModule(spec.name)

    def exec_module(self, module):
        pass


def quiet(function):
    """A print that has no value of a stand-in to show."""
    def shown(*args, **kwargs):
        return function(*(repr(arg) if isinstance(arg, StandIn) else arg for arg in args), **kwargs)

    return shown


FINDER = Finder()
sys.meta_path.append(FINDER)
