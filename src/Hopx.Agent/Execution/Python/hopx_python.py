"""The Python of a sandbox: a fork server, kernels that keep their variables, and interpreters for a single run.

Started as `python3 /dev/fd/3 server|child`, with the socket to the agent as descriptor 4 and hopx_shell.py as descriptor 5.
A server forks children when it is asked to; a child is told by its first message what it becomes. Callers wait for the first answer,
so this file imports nothing that the interpreter has not loaded anyway, and leaves what not every run needs to hopx_shell.py.

A message is a length of 4 bytes (big end first), a letter, and fields of 4 bytes length and their bytes.
"""
import builtins
import sys

# Our functions look built-in names up here, so that code which replaces the real ones does not break us.
__builtins__ = dict(vars(builtins))

import _signal
import posix
from _socket import CMSG_SPACE, MSG_CMSG_CLOEXEC, MSG_DONTWAIT, MSG_PEEK, SCM_RIGHTS, socket as Socket
from _thread import RLock, get_ident
from io import BufferedReader, BufferedWriter, FileIO, TextIOWrapper
from posix import _exit, chdir, close, dup2, fork, fstat, getcwd, getpid, register_at_fork, times, waitpid

SCRIPT, CHANNEL, SHELL = 3, 4, 5
# Our own descriptors are up here, so that code finds the low numbers free.
OWN_CHANNEL, OWN_SIDE, OWN_STREAMS = 201, 202, (203, 204)
MARK = b"HOPX_RUN="
MAX_SOURCES = 500
MOST_WAITS = 120  # of a quarter of a second
ONLY_TREE, TOP_LEVEL_AWAIT, IS_COROUTINE = 0x400, 0x2000, 0x80
SCALARS = (int, float, str, bool, bytes, complex)

os_module = sys.modules["os"]
environb = os_module.environb
names = builtins.__dict__
bare_modules = frozenset(sys.modules)


class Channel:
    """The socket to the agent."""

    def __init__(self, descriptor):
        self.socket = Socket(fileno=descriptor)
        self.lock = RLock()
        self.guards = 0
        self.is_interrupted = False

    def send(self, kind, *fields):
        # Half a message would be the end of the channel, so an interruption waits until it is out.
        self.guards += 1
        try:
            with self.lock:
                self.socket.sendall(pack(kind, fields))
        except OSError:
            pass
        finally:
            self.guards -= 1
        if self.is_interrupted and not self.guards:
            self.is_interrupted = False
            raise KeyboardInterrupt

    def receive(self):
        """The next message as letter, fields and descriptors; None when the agent is gone."""
        descriptors = []
        head = b""
        try:
            while len(head) < 4:
                data, ancillary, _, _ = self.socket.recvmsg(4 - len(head), CMSG_SPACE(64), MSG_CMSG_CLOEXEC)
                for _, kind, content in ancillary:
                    if kind == SCM_RIGHTS:
                        descriptors += [int.from_bytes(content[at:at + 4], sys.byteorder) for at in range(0, len(content) & ~3, 4)]
                if not data:
                    return None
                head += data
            body = bytearray(int.from_bytes(head, "big"))
            view = memoryview(body)
            while view:
                count = self.socket.recv_into(view)
                if not count:
                    return None
                view = view[count:]
        except OSError:
            return None
        fields = []
        at = 1
        while at < len(body):
            end = at + 4 + int.from_bytes(body[at:at + 4], "big")
            fields.append(bytes(body[at + 4:end]))
            at = end
        return bytes(body[:1]), fields, descriptors

    def is_quiet(self, seconds=0):
        """Whether that long nothing comes."""
        try:
            if seconds:
                self.socket.settimeout(seconds)
            self.socket.recv(1, MSG_PEEK | (0 if seconds else MSG_DONTWAIT))
            return False
        except (TimeoutError, BlockingIOError):
            return True
        except OSError:
            return False
        finally:
            if seconds:
                self.socket.settimeout(None)


def pack(kind, fields):
    body = b"".join([len(field).to_bytes(4, "big") + field for field in fields])
    return (len(body) + 1).to_bytes(4, "big") + kind + body


class Server:
    """Forks children that begin with what was imported here."""

    def __init__(self):
        self.channel = Channel(CHANNEL)
        self.waiting = []
        self.places = None

    def serve(self):
        """Returns in each child, with the descriptor of its channel."""
        while True:
            if self.waiting and self.channel.is_quiet():
                self.import_next()
                continue
            message = self.channel.receive()
            if message is None:
                _exit(0)
            kind, fields, descriptors = message
            if kind == b"L":
                # Whoever waits for the first answer goes before.
                self.channel.is_quiet(0.3)
                self.waiting = [*shell()["STEPS"], *[name.decode() for name in fields]]
            elif kind == b"V":
                self.channel.send(b"P", b"%d" % (self.places is None or self.places == look_at_path()))
            elif self.places is not None and self.places != look_at_path():
                # Packages came or went since they were imported here.
                self.channel.send(b"P", b"0")
                close(descriptors[0])
            else:
                child = self.fork_twice()
                if child is None:
                    self.channel.socket.close()
                    return descriptors[0]
                close(descriptors[0])
                self.channel.send(b"P", b"%d" % child)

    @staticmethod
    def fork_twice():
        """The number of the new process, which is nobody's child here; None in that process itself; -1 when there can be none."""
        read_end, write_end = posix.pipe()
        try:
            first = fork()
            if first:
                close(write_end)
                number = posix.read(read_end, 16)
                waitpid(first, 0)
                close(read_end)
                return int(number or b"-1")
        except OSError:
            close(read_end)
            close(write_end)
            return -1
        try:
            posix.setsid()
            second = fork()
        except OSError:
            _exit(0)
        if second:
            posix.write(write_end, b"%d" % second)
            _exit(0)
        close(read_end)
        close(write_end)
        return None

    def import_next(self):
        name = self.waiting.pop(0)
        with Niceness():
            shell()["import_quietly"](name)
        if not self.waiting:
            import gc
            gc.collect()
            gc.freeze()
            self.places = look_at_path()
            self.channel.send(b"L")


class Niceness:
    """Steps back behind the others, where one may come forward again: children inherit what they start with."""

    def __enter__(self):
        self.before = None
        try:
            import resource
            if resource.getrlimit(resource.RLIMIT_NICE)[0] >= 20:
                self.before = posix.getpriority(posix.PRIO_PROCESS, 0)
                posix.setpriority(posix.PRIO_PROCESS, 0, 10)
        except (ImportError, OSError):
            pass

    def __exit__(self, *_):
        if self.before is not None:
            posix.setpriority(posix.PRIO_PROCESS, 0, self.before)


def is_busy():
    """Whether others wait for the processors of the machine, while nobody waits for what is done here."""
    try:
        with open("/proc/loadavg", "rb") as load:
            return int(load.read().split()[3].split(b"/")[0]) > (posix.cpu_count() or 1)
    except (OSError, ValueError, IndexError):
        return False


def look_at_path():
    """When what can be imported last changed."""
    found = []
    for place in sys.path:
        try:
            found.append((place, posix.stat(place).st_mtime_ns))
        except OSError:
            pass
    return found


def shell():
    """What hopx_shell.py defines, loaded when it is first needed."""
    if shell.loaded is None:
        loaded = {"__builtins__": __builtins__, "__name__": "hopx", "python": globals()}
        exec(compile(shell.source, "<hopx>", "exec", dont_inherit=True), loaded)
        shell.loaded = loaded
        shell.source = None
    return shell.loaded


shell.loaded = None


class Host:
    """One process that runs code: a single run, or cell after cell."""

    def __init__(self, descriptor):
        dup2(descriptor, OWN_CHANNEL, False)
        close(descriptor)
        self.channel = Channel(OWN_CHANNEL)
        self.side = None
        self.is_fork = False
        self.is_running = False
        self.can_ask = False
        self.count = 0
        self.sources = {}
        self.interactive = None
        self.displays = None
        self.module = type(sys)("__main__")
        self.module.__builtins__ = builtins

    def begin(self):
        message = self.channel.receive()
        if message is None:
            _exit(0)
        kind, fields, descriptors = message
        mark, variables, self.directory, self.limit = fields[0], fields[1], fields[2], int(fields[3])
        for target, descriptor in enumerate(descriptors[:3]):
            dup2(descriptor, target)
            close(descriptor)
        if len(descriptors) > 3:
            self.side = dup2(descriptors[3], OWN_SIDE, False)
            close(descriptors[3])
        self.is_single = kind == b"R"
        self.prepare_process(mark, variables)
        self.prepare_interpreter()
        if self.is_single:
            self.channel.socket.close()
            self.channel = None
            leave(self.run(fields[4], "main.py"))
        self.serve_cells()

    def prepare_process(self, mark, variables):
        write_mark(mark)
        try:
            posix.setsid()
        except OSError:
            pass  # Started alone, it leads its session already.
        wanted = dict(variable.partition(b"=")[::2] for variable in variables.split(b"\0") if variable)
        for name in [name for name in environb if name not in wanted]:
            del environb[name]
        for name, value in wanted.items():
            if environb.get(name) != value:
                environb[name] = value
        chdir(self.directory)
        tzset()

    def prepare_interpreter(self):
        sys.modules["__main__"] = self.module
        sys.argv = [""]
        sys.path[0] = ""
        if self.is_single:
            _signal.signal(_signal.SIGINT, _signal.default_int_handler)
        else:
            for descriptor, own in zip((1, 2), OWN_STREAMS):
                dup2(descriptor, own, False)
            sys.stdin = LazyInput(self)
        self.open_streams()
        self.watch = ModuleWatch(self)
        sys.meta_path.insert(0, self.watch)
        builtins.display = self.shown = self.display
        self.input = self.ask
        if not self.is_single:
            builtins.input = self.input
        register_at_fork(before=self.flush, after_in_child=self.after_fork)
        forget_server(self.directory if self.is_single else None)

    def open_streams(self):
        self.streams = []
        for descriptor, name in ((1, "stdout"), (2, "stderr")):
            try:
                stream = TextIOWrapper(
                    BufferedWriter(FileIO(descriptor, "w", closefd=False)), encoding="utf-8", errors="backslashreplace", line_buffering=True)
            except OSError:
                stream = None
            else:
                stream.mode = "w"
                stream.buffer.raw.name = f"<{name}>"
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)
            self.streams.append(stream)
        if self.is_single:
            sys.stdin = sys.__stdin__ = TextIOWrapper(BufferedReader(FileIO(0, closefd=False)), encoding="utf-8", errors="surrogateescape")

    # Cells

    def serve_cells(self):
        _signal.signal(_signal.SIGINT, self.on_interrupt)
        steps = None
        waits = MOST_WAITS
        while True:
            if steps is not None and self.channel.is_quiet(0.05 if steps == [] else 0):
                if waits and is_busy():
                    waits -= 1
                    self.channel.is_quiet(0.25)
                else:
                    steps = self.grow_in_a_pause(steps)
                continue
            message = self.channel.receive()
            if message is None:
                _exit(0)
            kind, fields, _ = message
            if kind == b"C":
                self.cell(*fields)
                steps = [] if steps is None and self.interactive is None else steps

    def grow_in_a_pause(self, steps):
        """The next step towards IPython; None after the last."""
        if not steps:
            steps = list(shell()["STEPS"])
        if not shell()["import_quietly"](steps.pop(0)):
            return None
        if not steps:
            self.grow()
            return None
        return steps

    def grow(self):
        """IPython's shell, or None where there is no IPython."""
        if self.interactive is None:
            self.interactive = shell()["make_interactive"](self) or False
        return self.interactive or None

    def cell(self, source, directory, lasting, removed, passing, can_ask):
        started = sum(times()[:4])
        self.can_ask = can_ask == b"1"
        self.count += 1
        self.displays = None
        before = {}
        try:
            self.repair()
            change_environment(lasting, removed)
            before = change_environment(passing, b"")
            back = None
            if directory:
                back = getcwd_or_none()
                chdir(directory)
            _signal.signal(_signal.SIGINT, self.on_interrupt)
            code = self.run(source, f"<cell {self.count}>")
        except BaseException as failure:
            code = self.explain(failure)
        if self.is_fork:
            leave(code)
        try:
            if directory and back:
                chdir(back)
        except OSError:
            pass
        restore_environment(before)
        self.channel.is_interrupted = False
        self.channel.send(b"!", b"%d" % code, b"%d" % ((sum(times()[:4]) - started) * 1_000_000))

    def on_interrupt(self, *_):
        if self.is_fork:
            raise KeyboardInterrupt
        if not self.is_running or self.channel is None:
            return
        if self.channel.guards:
            self.channel.is_interrupted = True
        else:
            raise KeyboardInterrupt

    def repair(self):
        """What the code before may have closed or replaced."""
        for name, value in __builtins__.items():
            if names.get(name, self) is not value and name not in CHANGING_NAMES:
                names[name] = value
        if builtins.input is not self.input or builtins.display is not self.shown:
            builtins.input, builtins.display = self.input, self.shown
        if self.watch not in sys.meta_path:
            sys.meta_path.insert(0, self.watch)
        for descriptor, own in zip((1, 2), OWN_STREAMS):
            if not is_same(descriptor, own):
                dup2(own, descriptor)
        for name, own in (("stdout", self.streams[0]), ("stderr", self.streams[1])):
            if own.closed or own.buffer.raw.closed:
                self.open_streams()
                return
            if getattr(sys, name, None) is not own:
                setattr(sys, name, own)
        if not is_ours(sys.stdin):
            sys.stdin = LazyInput(self)

    # Code

    def run(self, source, name):
        """Runs code to its end and returns the exit code."""
        self.is_running = True
        try:
            try:
                code = self.execute(source, name)
            except SystemExit as leaving:
                code = exit_code(leaving)
            except BaseException as failure:
                code = self.explain(failure)
            try:
                if "matplotlib.pyplot" in sys.modules and not self.is_fork:
                    shell()["show_open_figures"](self)
                if self.displays is not None:
                    self.displays.finish()
                self.flush()
            except BaseException as failure:
                code = self.explain(failure) or 1
        except BaseException:
            # Interrupted for a second time.
            code = 1
        finally:
            self.is_running = False
        return code

    def execute(self, source, name):
        if self.interactive:
            return self.interactive.run(source, name)
        self.remember(name, source)
        try:
            tree = compile(source, name, "exec", flags=ONLY_TREE | TOP_LEVEL_AWAIT | self.features(), dont_inherit=True)
        except SyntaxError:
            # Perhaps it is IPython's own syntax.
            if self.grow():
                return self.interactive.run(source, name)
            raise
        last = None
        if tree.body and type(tree.body[-1]).__name__ == "Expr":
            import _ast
            last = _ast.Expression(tree.body.pop().value)
        variables = self.module.__dict__
        code = compile(tree, name, "exec", flags=TOP_LEVEL_AWAIT | self.features(), dont_inherit=True)
        if self.uses_interactive(code, last):
            return self.interactive.run(source, name)
        evaluate(code, variables)
        if last is not None:
            value = evaluate(compile(last, name, "eval", flags=TOP_LEVEL_AWAIT | self.features(), dont_inherit=True), variables)
            if value is not None and not source.rstrip().endswith(b";"):
                variables["_"] = value
                self.show_result(value)
        return 0

    def uses_interactive(self, code, last):
        """Whether code names what only IPython has; then it is there afterwards."""
        used = set()
        pending = [code, compile(last, "", "eval", flags=TOP_LEVEL_AWAIT) if last is not None else None]
        while pending:
            part = pending.pop()
            if part is not None:
                used.update(part.co_names)
                pending += [constant for constant in part.co_consts if type(constant) is type(code)]
        if not used.isdisjoint(INTERACTIVE_NAMES) or any(name.startswith("IPython") for name in used):
            return self.grow() is not None
        return False

    def features(self):
        """Compiler flags of the __future__ features that code before has imported."""
        known = sys.modules.get("__future__")
        flags = 0
        for name in known.all_feature_names if known else ():
            if self.module.__dict__.get(name) is getattr(known, name):
                flags |= getattr(known, name).compiler_flag
        return flags

    def show_result(self, value):
        if is_plain(value) and len(text := repr(value)) < 80:
            self.send(b"D", b"r", b"", b"text/plain", text.encode("utf-8", "backslashreplace"))
        elif not self.is_fork:
            shell()["show_result"](self, value)

    def display(self, *values, **options):
        """Shows values richly; IPython's display where it is installed."""
        return shell()["display"](self, *values, **options)

    def explain(self, failure):
        return shell()["explain"](self, failure)

    def ask(self, prompt="", /):
        """Stands for input()."""
        return shell()["ask"](self, str(prompt), b"0")

    def remember(self, name, source):
        """Keeps a source for tracebacks."""
        self.sources[name] = source
        if len(self.sources) > MAX_SOURCES:
            del self.sources[next(iter(self.sources))]
        if "linecache" in sys.modules:
            self.fill_line_cache()

    def fill_line_cache(self):
        lines = sys.modules["linecache"].cache
        for name, source in self.sources.items():
            if name not in lines or self.is_single:
                text = source.decode("utf-8", "replace") if isinstance(source, bytes) else source
                lines[name] = (len(text), None, text.splitlines(True), name)

    # Messages

    def send(self, kind, *fields):
        """Tells the agent something; a fork shares the way there, and must not speak on it."""
        if self.is_fork:
            return
        self.flush()
        if self.channel is not None:
            self.channel.send(kind, *fields)
        elif self.side is not None:
            frame = memoryview(pack(kind, fields))
            try:
                while frame:
                    frame = frame[posix.write(OWN_SIDE, frame):]
            except OSError:
                self.side = None

    def flush(self):
        for stream in (sys.stdout, sys.stderr, *self.streams):
            try:
                stream.flush()
            except Exception:
                pass
        if "_ctypes" in sys.modules and shell.loaded:
            shell.loaded["flush_libc"]()

    def after_fork(self):
        self.is_fork = True
        if self.channel is not None:
            self.channel.socket.close()
            self.channel = None
        if self.side is not None:
            close(OWN_SIDE)
            self.side = None


CHANGING_NAMES = {"_", "__doc__", "__name__", "__spec__", "__loader__", "__build_class__", "input", "display", "get_ipython", "exit", "quit"}
INTERACTIVE_NAMES = {
    "get_ipython", "In", "Out", "_", "__", "___", "_i", "_ii", "_iii", "_ih", "_oh", "_dh",
}


class LazyInput:
    """Stands for sys.stdin until code reads from it."""

    is_ours = True

    def __init__(self, host):
        self.host = host

    def __getattr__(self, name):
        if sys.stdin is self:
            sys.stdin = shell()["Input"](self.host)
        return getattr(sys.stdin, name)

    def __iter__(self):
        return iter(self.readline, "")


class ModuleWatch:
    """Touches up some modules when the code imports them."""

    watched = {"matplotlib.pyplot", "getpass", "linecache", "plotly.basedatatypes"}

    def __init__(self, host):
        self.host = host
        for name in self.watched.intersection(sys.modules):
            self.adapt(sys.modules[name])

    def find_spec(self, name, path=None, target=None):
        if name not in self.watched:
            return None
        for finder in sys.meta_path:
            spec = finder.find_spec(name, path, target) if finder is not self and hasattr(finder, "find_spec") else None
            if spec is not None:
                run = spec.loader.exec_module

                def exec_module(module):
                    run(module)
                    self.adapt(module)

                spec.loader.exec_module = exec_module
                return spec
        return None

    def adapt(self, module):
        if module.__name__ == "linecache":
            self.host.fill_line_cache()
        else:
            shell()["adapt"](self.host, module)


def evaluate(code, variables):
    value = eval(code, variables)
    if code.co_flags & IS_COROUTINE:
        return shell()["run_coroutine"](value)
    return value


def is_plain(value, depth=3):
    """Whether repr() shows a value as IPython would."""
    kind = type(value)
    if kind in SCALARS:
        return True
    if not depth or kind not in (list, tuple, dict) or len(value) > 20:
        return False
    return all(is_plain(item, depth - 1) for item in (value if kind is not dict else [*value.keys(), *value.values()]))


def is_ours(stream):
    try:
        return type(stream).is_ours
    except AttributeError:
        return False


def exit_code(leaving):
    code = leaving.code
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    try:
        print(code, file=sys.stderr)
    except BaseException:
        pass
    return 1


def leave(code):
    """Ends the process as the interpreter would, without taking down each module."""
    try:
        threading = sys.modules.get("threading")
        if threading is not None:
            threading._shutdown()
    except BaseException:
        pass
    try:
        import atexit
        atexit._run_exitfuncs()
    except BaseException:
        pass
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:
            pass
    if "_ctypes" in sys.modules and shell.loaded:
        shell.loaded["flush_libc"]()
    _exit(code)


def write_mark(mark):
    """Changes the process's mark where the agent reads it: in the environment as it was at the start."""
    try:
        with open("/proc/self/stat", "rb") as stat:
            fields = stat.read().rpartition(b")")[2].split()
        begin, end = int(fields[47]), int(fields[48])
        memory = posix.open("/proc/self/mem", posix.O_RDWR)
        try:
            at = posix.pread(memory, end - begin, begin).find(MARK)
            if at >= 0:
                posix.pwrite(memory, mark, begin + at + len(MARK))
        finally:
            close(memory)
    except (OSError, ValueError, IndexError):
        pass


def forget_server(directory):
    """What a child must not have from the server, or from the child before."""
    numpy = sys.modules.get("numpy.random")
    if numpy is not None:
        numpy.seed()
    tempfile = sys.modules.get("tempfile")
    if tempfile is not None:
        tempfile.tempdir = None
    if directory is None or len(sys.modules) == len(bare_modules):
        return
    # A file of the code's own goes before a module that only the server has imported.
    try:
        found = posix.listdir(os_module.fsdecode(directory))
    except OSError:
        return
    if "matplotlibrc" in found:
        found.append("matplotlib")
    for name in found:
        base = name[:-3] if name.endswith(".py") else name
        if base in sys.modules and base not in bare_modules:
            for loaded in [loaded for loaded in sys.modules if loaded == base or loaded.startswith(base + ".")]:
                del sys.modules[loaded]


def is_same(descriptor, other):
    try:
        mine, theirs = fstat(descriptor), fstat(other)
        return (mine.st_dev, mine.st_ino) == (theirs.st_dev, theirs.st_ino)
    except OSError:
        return False


def getcwd_or_none():
    try:
        return getcwd()
    except OSError:
        return None


def change_environment(variables, removed):
    """Sets and removes variables; returns what was there before."""
    before = {}
    for name in removed.split(b"\0"):
        if name:
            environb.pop(name, None)
    for variable in variables.split(b"\0"):
        if variable:
            name, _, value = variable.partition(b"=")
            before[name] = environb.get(name)
            environb[name] = value
    if b"TZ" in before:
        tzset()
    return before


def restore_environment(before):
    for name, value in before.items():
        if value is None:
            environb.pop(name, None)
        else:
            environb[name] = value
    if b"TZ" in before:
        tzset()


def tzset():
    if "time" in sys.modules:
        sys.modules["time"].tzset()


def main():
    # An interruption that comes before its run does has nothing to interrupt; children inherit this.
    _signal.signal(_signal.SIGINT, _signal.SIG_IGN)
    sys.path[0] = ""
    shell.source = posix.pread(SHELL, 1 << 20, 0)
    close(SHELL)
    close(SCRIPT)
    Host(Server().serve() if sys.argv[1:] == ["server"] else CHANNEL).begin()


main()
