"""Imports modules once, and runs each script that it is given in a fork of itself.

    python3 FILE OWNER CLIENT MODULE,...   7>READY  8<>REQUESTS  9<>REPLIES

templates/attempt/preload.sh starts it, as CLIENT, and speaks with it. READY takes one line: `ready PID SECONDS` (which the
imports took), or `failed`, after the reason went to standard error. One that ends without a line can't be used. Then, one
at a time, REQUESTS brings what a client asks for, each field ended by NUL: `PID COUNT SCRIPT ARGUMENT... ISSET GPUS
ENVIRONMENT end`, and REPLIES takes lines for it: `PID started CHILD` and `PID ended STATUS`; or `PID anew`, where this
process is not what a new one would be. It ends with OWNER, or when nobody asks for five minutes.

A child is what `python3 SCRIPT ARGUMENT...` would be, which the client would have started in its own place: in its process
group, folder and environment, with its descriptors 0, 1 and 2. Nothing that a script does reaches this process. Needs
Linux, for /proc, and Python 3.8.
"""
import sys


def main():
    if not is_safe_path():
        del sys.path[0]
    owner, client, modules = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3].split(',')
    del sys.argv[1:]
    hear_as(client)
    os.setpgid(0, 0)
    started = time.monotonic()
    watched = Modules(os.getcwd())
    if not watched.load(modules):
        say(READY, 'failed\n')
        return
    say(READY, 'ready %d %.3f\n' % (os.getpid(), time.monotonic() - started))
    os.close(READY)
    sys.stdout.flush()
    sys.stderr.flush()
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (1, 2):
        os.dup2(nothing, number)
    os.close(nothing)
    # What is there now stays: a child that collects garbage must not touch, and so copy, the pages of all of it.
    gc.collect()
    gc.freeze()
    task = Preloader(owner, watched).serve()
    end_as(0 if task is None else task.run(), task is not None)


def is_safe_path():
    """Whether a script's own folder is not searched for modules (`-P`, since Python 3.11)."""
    return getattr(sys.flags, 'safe_path', False)


READY, REQUESTS, REPLIES = 7, 8, 9
IDLE_SECONDS = 300

# They leave threads, and start new ones where they find themselves in a fork. Sources: numexpr/module.cpp (it compares the
# process id), the manual of jemalloc in pyarrow (its handlers of pthread_atfork).
FORK_AWARE = {'numexpr', 'pyarrow'}


def say(descriptor, text):
    os.write(descriptor, text.encode())


def hear_as(client):
    """Bash lets what it starts aside ignore the keyboard's signals; the client's own command would not."""
    ignored = int(status_of(client)['SigIgn'], 16)
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGQUIT, signal.SIG_DFL)):
        if not ignored >> (number - 1) & 1:
            signal.signal(number, handler)


def status_of(process):
    """The lines of /proc/PID/status, by name. Source: proc(5)."""
    with open('/proc/%d/status' % process) as file:
        return dict(line.rstrip('\n').split(':\t', 1) for line in file if ':\t' in line)


class Modules:
    """What was imported, and whether a fork and a file of the spec's folder leave it as it is."""

    def __init__(self, folder):
        self.folder = os.path.realpath(folder)
        self.files = {}

    def load(self, names):
        """Import all; False where that can't be done, after the reason was told."""
        sys.path.insert(0, os.getcwd())
        for name in names:
            try:
                exec(compile('import ' + name, '<preload>', 'exec'), {})
            except BaseException as error:
                traceback.print_exception(type(error), error, error.__traceback__.tb_next)
                sys.stdout.flush()
                sys.stderr.flush()
                return False
            problem = self.problem()
            if problem is not None:
                sys.stderr.write('wfc: preload: %s %s: it can\'t be preloaded\n' % (name, problem))
                sys.stderr.flush()
                return False
        if os.getcwd() in sys.path:
            sys.path.remove(os.getcwd())
        self.files = {path: stamp(path) for path in self.own_files()}
        return True

    def problem(self):
        """Why a fork would not be what a new process is; None where it would."""
        for link in os.listdir('/proc/self/fd'):
            try:
                if os.readlink('/proc/self/fd/' + link).startswith('/dev/nvidia'):
                    return 'has initialised CUDA, which does not survive a fork'
            except OSError:
                # The one that listed them is gone.
                pass
        names = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
        if not names and not FORK_AWARE & set(sys.modules) and len(os.listdir('/proc/self/task')) > 1:
            # Libraries of linear algebra end their threads before a fork, and start them anew after it.
            child = os.fork()
            if child == 0:
                os._exit(0)
            os.waitpid(child, 0)
            names = ['of a library'] * (len(os.listdir('/proc/self/task')) - 1)
        if not names:
            return None
        listed = ', '.join(sorted(set(names)))
        if len(names) == 1:
            return 'has started 1 thread (%s), which does not survive a fork' % listed
        return 'has started %d threads (%s), which do not survive a fork' % (len(names), listed)

    def own_files(self):
        """Files of imported modules that lie in the spec's folder."""
        for module in list(sys.modules.values()):
            path = getattr(module, '__file__', None)
            if isinstance(path, str) and os.path.realpath(path).startswith(self.folder + os.sep):
                yield path

    def have_changed(self):
        return any(stamp(path) != seen for path, seen in self.files.items())


def stamp(path):
    try:
        seen = os.stat(path)
    except OSError:
        return None
    return seen.st_mtime_ns, seen.st_size, seen.st_ino


class Preloader:
    """Takes requests, until it can't serve one more; in a child `serve` returns the task that the child is to be."""

    def __init__(self, owner, modules):
        self.owner = owner
        self.modules = modules
        self.surroundings = None
        self.handlers = {number: signal.getsignal(number) for number in STOPPING}
        # Who stops a job signals all of its processes: this one ends with its owner.
        for number in STOPPING:
            signal.signal(number, signal.SIG_IGN)
        self.ended, bell = os.pipe()
        for end in (self.ended, bell):
            os.set_blocking(end, False)
        self.own = [self.ended, bell, REQUESTS, REPLIES]
        self.handlers[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(bell, warn_on_full_buffer=False)
        self.poll = select.poll()
        self.poll.register(self.ended, select.POLLIN)
        try:
            self.owner_end = os.pidfd_open(owner)
            self.own.append(self.owner_end)
            self.poll.register(self.owner_end, select.POLLIN)
        except (AttributeError, OSError):
            # Before Python 3.9 or Linux 5.3.
            self.owner_end = None

    def serve(self):
        while True:
            request = self.next_request()
            if request is None:
                return None
            client, script, gpus, environment = request
            try:
                task = Task(client, script, gpus)
            except OSError:
                # The client is gone, or its output is nothing that can be opened again.
                return self.refuse(client)
            surroundings = (environment, task.surroundings)
            if self.surroundings is None:
                self.surroundings = surroundings
            if self.surroundings != surroundings or self.modules.have_changed():
                return self.refuse(client)
            signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
            child = os.fork()
            if child == 0:
                self.forget()
                task.become()
                signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
                return task
            task.take_in(child)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
            say(REPLIES, '%d started %d\n' % (client, child))
            status = self.wait_for(child)
            if status is None:
                task.kill()
                return None
            say(REPLIES, '%d ended %d\n' % (client, status))

    def refuse(self, client):
        say(REPLIES, '%d anew\n' % client)

    def forget(self):
        """In a child: nothing is left of what this process needs for itself."""
        signal.set_wakeup_fd(-1)
        for number, handler in self.handlers.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        for descriptor in self.own:
            os.close(descriptor)

    def owner_is_gone(self, events):
        if self.owner_end is not None:
            return any(descriptor == self.owner_end for descriptor, _ in events)
        try:
            os.kill(self.owner, 0)
            return False
        except OSError:
            return True

    def wait(self, seconds):
        """What can be read within so long (None: for ever); None once the owner is gone."""
        until = None if seconds is None else time.monotonic() + seconds
        while True:
            left = None if until is None else max(0, until - time.monotonic())
            step = left if self.owner_end is not None else 1 if left is None else min(1, left)
            events = self.poll.poll(None if step is None else step * 1000)
            if self.owner_is_gone(events):
                return None
            if events or (left is not None and left <= 0):
                return events

    def wait_for(self, child):
        """Its exit status, 128 + n for a signal n; None once the owner is gone."""
        while True:
            process, status = os.waitpid(child, os.WNOHANG)
            if process != 0:
                return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
            if self.wait(None) is None:
                return None
            self.drain()

    def drain(self):
        try:
            while os.read(self.ended, 512):
                pass
        except BlockingIOError:
            pass

    def next_request(self):
        """(client, [script, arguments...], gpus, environment); None where there is none any more, or half of one."""
        self.poll.register(REQUESTS, select.POLLIN)
        text = b''
        while not text.endswith(b'\0end\0'):
            events = self.wait(IDLE_SECONDS if text == b'' else 1)
            if events is None or (not events and (text == b'' or not is_alive(text))):
                return None
            self.drain()
            if any(descriptor == REQUESTS for descriptor, _ in events):
                text += os.read(REQUESTS, 65536)
        self.poll.unregister(REQUESTS)
        fields = text.split(b'\0')
        count = int(fields[1])
        script = [os.fsdecode(field) for field in fields[2:2 + count]]
        is_set, gpus = fields[2 + count:4 + count]
        return int(fields[0]), script, os.fsdecode(gpus) if is_set else None, fields[4 + count:-2]


def is_alive(request):
    return os.path.exists('/proc/%s' % request.split(b'\0')[0].decode())


class Task:
    """A script to run in the place of a client."""

    def __init__(self, client, script, gpus):
        self.script = script
        self.gpus = gpus
        status = status_of(client)
        with open('/proc/%d/limits' % client) as file:
            limits = file.read()
        # What is the same for a task of the same rule; where it is not, a new interpreter takes it over from its client.
        kept = [status.get(name) for name in ('Umask', 'SigIgn', 'Cpus_allowed')]
        self.surroundings = (os.readlink('/proc/%d/cwd' % client), limits, kept)
        self.group = os.getpgid(client)
        self.session = os.getsid(client)
        self.outputs = [open_again(client, number) for number in (0, 1, 2)]
        if is_same(self.outputs[1], self.outputs[2]):
            # What is written to one must not be overwritten through the other.
            os.dup2(self.outputs[1], self.outputs[2], inheritable=False)

    def become(self):
        """In the child: the place of the client."""
        self.join(0)
        for number, descriptor in enumerate(self.outputs):
            if descriptor is None:
                os.close(number)
                setattr(sys, ('stdin', 'stdout', 'stderr')[number], None)
            else:
                os.dup2(descriptor, number)
        self.close()
        if self.gpus is None:
            os.environ.pop('CUDA_VISIBLE_DEVICES', None)
        else:
            os.environ['CUDA_VISIBLE_DEVICES'] = self.gpus

    def take_in(self, child):
        """Both do it, so that it is done whoever comes first."""
        self.join(child)
        self.close()

    def join(self, process):
        try:
            os.setpgid(process, self.group)
        except OSError:
            # The client is gone, and its group with it.
            os.kill(process or os.getpid(), signal.SIGKILL)

    def close(self):
        for descriptor in self.outputs:
            if descriptor is not None:
                os.close(descriptor)

    def kill(self):
        os.killpg(self.group, signal.SIGKILL)

    def run(self):
        """The exit status of the script. To be called once, where nothing else is to be done."""
        path = self.script[0]
        # Source: what is new in Python 3.9.
        whole = os.path.abspath(path) if sys.version_info >= (3, 9) else path
        program = type(sys)('__main__')
        program.__dict__.update({
            '__file__': whole,
            '__builtins__': builtins,
            '__annotations__': {},
            '__cached__': None,
            '__loader__': importlib.machinery.SourceFileLoader('__main__', whole),
        })
        sys.modules['__main__'] = program
        sys.argv[:] = self.script
        if hasattr(sys, 'orig_argv'):
            sys.orig_argv[:] = [sys.orig_argv[0]] + self.script
        if not is_safe_path():
            sys.path.insert(0, os.path.dirname(os.path.realpath(path)))
        reseed()
        return outcome_of(whole, program.__dict__)


def open_again(client, number):
    """A descriptor like the client's; None where that is closed. Appending stays appending."""
    try:
        with open('/proc/%d/fdinfo/%d' % (client, number)) as file:
            flags = int(dict(line.split(':', 1) for line in file)['flags'], 8)
    except FileNotFoundError:
        return None
    kept = os.O_RDONLY | os.O_WRONLY | os.O_RDWR | os.O_APPEND
    return os.open('/proc/%d/fd/%d' % (client, number), flags & kept | os.O_CLOEXEC)


def is_same(one, other):
    return one is not None and other is not None and os.path.sameopenfile(one, other)


def reseed():
    """What a new process takes from the system. (`random` sees to itself after a fork; a seed of the script's comes later.)"""
    numbers = sys.modules.get('numpy.random')
    if numbers is not None:
        numbers.seed()


def outcome_of(path, program):
    try:
        with open(path, 'rb') as file:
            code = compile(file.read(), path, 'exec', dont_inherit=True)
        exec(code, program)
    except SystemExit as error:
        return status_of_exit(error.code)
    except KeyboardInterrupt as error:
        tell(error)
        return -signal.SIGINT
    except BaseException as error:
        tell(error)
        return 1
    return 0


def status_of_exit(code):
    """Source: the manual of sys.exit()."""
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xff
    sys.stderr.write('%s\n' % (code,))
    return 1


def tell(error):
    """Without the frame of this file, which a new process would not have."""
    error.__traceback__ = error.__traceback__.tb_next if error.__traceback__ else None
    sys.excepthook(type(error), error, error.__traceback__)


def end_as(status, is_task):
    """As an interpreter ends, except that it does not take itself apart: that would copy all that it shares."""
    if is_task:
        threading._shutdown()
        atexit._run_exitfuncs()
        # What only the script knows goes, by its own finalizers.
        sys.modules.pop('__main__', None)
        gc.collect()
        status = flush(status)
        if status < 0:
            signal.signal(-status, signal.SIG_DFL)
            os.kill(os.getpid(), -status)
    os._exit(status)


def flush(status):
    """Source: the manual of Py_FinalizeEx(), and of sys.exit(): 120 where what was printed can't be written."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None and not stream.closed:
                stream.flush()
        except BaseException as error:
            if stream is sys.stdout:
                sys.stderr.write('Exception ignored in: %r\n%s: %s\n' % (stream, type(error).__name__, error))
            status = 120
    return status


if __name__ == '__main__' and sys.version_info >= (3, 8):
    import atexit
    import builtins
    import gc
    import importlib.machinery
    import os
    import select
    import signal
    import threading
    import time
    import traceback

    STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
    main()
