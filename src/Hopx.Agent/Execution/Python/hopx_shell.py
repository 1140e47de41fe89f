"""What not every run of Python needs: rich display, input, tracebacks, and the shell of IPython. Loaded by hopx_python.py, as `python` here."""
import builtins
import sys

MAX_BUNDLES = 1000
MAX_FIGURES = 50
MAX_TEXT = 1 << 20
PLAIN = "text/plain"
TEXTS = ("image/svg+xml",)
FIGURES = ("image/png", "image/jpeg", "image/svg+xml", "application/pdf")

# Imported one after the other in the pauses between requests.
STEPS = (
    "linecache", "traceback", "ast", "inspect", "json", "base64", "ctypes", "asyncio", "IPython", "traitlets.config", "pygments.formatters",
    "pygments.lexers.python", "IPython.core.formatters", "IPython.core.ultratb", "IPython.core.completer", "IPython.core.history",
    "IPython.core.magics", "IPython.core.interactiveshell",
)


def import_quietly(name):
    """Whether a module could be imported."""
    try:
        if name.startswith("IPython"):
            stand_in_for_ipython()
        __import__(name)
        return True
    except BaseException:
        return False


def stand_in_for_ipython():
    """The package itself imports its terminal, which takes longer than all the rest together. So it is executed when somebody asks for a part of it."""
    if "IPython" in sys.modules:
        return
    import importlib.util
    spec = importlib.util.find_spec("IPython")
    if spec is None:
        raise ImportError("IPython is not installed.")
    module = importlib.util.module_from_spec(spec)

    def find(name):
        if name.startswith("__") and name not in ("__version__", "__author__", "__license__"):
            raise AttributeError(name)
        if name == "get_ipython":
            from IPython.core.getipython import get_ipython
            return get_ipython
        try:
            return importlib.import_module("IPython." + name)
        except ImportError:
            pass
        module.__dict__.pop("__getattr__", None)
        spec.loader.exec_module(module)
        return getattr(module, name)

    module.__getattr__ = find
    sys.modules["IPython"] = module
    # Completion is of no use here, and its library is large.
    is_blocked = "jedi" not in sys.modules
    if is_blocked:
        sys.modules["jedi"] = None
    try:
        import IPython.core.completer
    finally:
        if is_blocked:
            del sys.modules["jedi"]


def flush_libc():
    """What C code has printed and not flushed."""
    global fflush
    if fflush is None:
        try:
            import ctypes
            fflush = ctypes.CDLL(None).fflush
        except Exception:
            fflush = lambda _: None
    fflush(None)


fflush = None


def run_coroutine(coroutine):
    import asyncio
    global loop
    if loop is None or loop.is_closed():
        loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    return loop.run_until_complete(coroutine)


loop = None


# Display

class Displays:
    """What one run shows, within bounds. What is beyond them is only counted."""

    def __init__(self, host):
        self.host = host
        self.clear()
        self.omitted = 0
        self.clears_next = False

    def clear(self):
        self.count = 0
        self.used = 0
        self.sizes = {}

    def is_full(self):
        if self.clears_next or (self.count < MAX_BUNDLES and self.used < self.host.limit):
            return False
        self.omitted += 1
        return True

    def show(self, kind, data, identifier=""):
        if self.clears_next:
            self.clears_next = False
            self.clear()
            self.host.send(b"X")
        fields = []
        for mime, content in data.items():
            content = to_bytes(mime, content)
            if content is not None and mime.isascii() and mime.isprintable() and " " not in mime and len(mime) < 100:
                fields += [mime.encode(), content]
        size = sum(map(len, fields))
        replaced = self.sizes.get(identifier, 0) if kind == b"u" else 0
        if not fields:
            return
        if self.used - replaced + size > self.host.limit or (kind != b"u" and self.count >= MAX_BUNDLES):
            self.omitted += 1
            if kind == b"r" and len(fields) > 2 and data.get(PLAIN):
                self.show(kind, {PLAIN: data[PLAIN]})
            return
        self.used += size - replaced
        self.count += kind != b"u" or not replaced
        if identifier:
            self.sizes[identifier] = size
        self.host.send(b"D", kind, identifier.encode("utf-8", "replace"), *fields)

    def finish(self):
        if self.omitted:
            self.host.send(b"O", b"%d" % self.omitted)


def displays(host):
    if host.displays is None:
        host.displays = Displays(host)
    return host.displays


def to_bytes(mime, content):
    if content is None:
        return None
    if isinstance(content, str):
        if mime.startswith(("image/", "audio/", "video/")) and mime not in TEXTS or mime == "application/pdf":
            import base64
            try:
                return base64.b64decode(content)
            except ValueError:
                return None
        if mime == PLAIN:
            content = content[:MAX_TEXT]
        if mime != "application/json" or is_json(content):
            return content.encode("utf-8", "replace")
    elif isinstance(content, (bytes, bytearray, memoryview)):
        return bytes(content)
    import json
    try:
        return json.dumps(content, default=str).encode()
    except Exception:
        return None


def is_json(text):
    import json
    try:
        json.loads(text)
        return True
    except ValueError:
        return False


def rich_parts(value):
    """All that a value can be shown as, where there is no IPython to ask."""
    found = {}
    figures = sys.modules.get("matplotlib.figure")
    if figures is not None and isinstance(value, figures.Figure):
        found["image/png"] = draw(value)
    if isinstance(value, type):
        return found
    try:
        make = getattr(value, "_repr_mimebundle_", None)
        if make is not None:
            made = make()
            found.update((made[0] if isinstance(made, tuple) else made) or {})
    except Exception:
        pass
    for mime, name in (
        ("image/png", "_repr_png_"), ("image/jpeg", "_repr_jpeg_"), ("image/svg+xml", "_repr_svg_"), ("text/html", "_repr_html_"),
        ("text/markdown", "_repr_markdown_"), ("text/latex", "_repr_latex_"), ("application/json", "_repr_json_"),
    ):
        try:
            make = getattr(value, name, None)
            made = make() if make is not None and mime not in found else None
            if isinstance(made, tuple):
                made = made[0]
            if made is not None:
                found[mime] = made
        except Exception:
            pass
    return found


def show_result(host, value):
    interactive = host.grow()
    if interactive is not None:
        interactive.show_result(value)
        return
    displays(host).show(b"r", {PLAIN: repr(value), **rich_parts(value)})


def display(host, *values, **options):
    interactive = host.grow()
    if interactive is not None:
        return interactive.display(*values, **options)
    for value in values:
        if not displays(host).is_full():
            data = value if options.get("raw") else {PLAIN: repr(value), **rich_parts(value)}
            displays(host).show(b"d", data, str(options.get("display_id") or ""))
    return None


def draw(figure):
    import io
    picture = io.BytesIO()
    figure.savefig(picture, format="png", bbox_inches="tight")
    note_shown(figure)
    return picture.getvalue()


def note_shown(figure):
    try:
        figure._hopx_shown = True
    except Exception:
        pass


def show_figures(host, pyplot):
    for number in pyplot.get_fignums()[:MAX_FIGURES]:
        figure = pyplot.figure(number)
        if not getattr(figure, "_hopx_shown", False) and not displays(host).is_full():
            displays(host).show(b"d", pictures_of(host, figure))
        figure.__dict__.pop("_hopx_shown", None)
    pyplot.close("all")


def pictures_of(host, figure):
    """A figure in the formats that the code has asked for."""
    if host.interactive is None:
        return {"image/png": draw(figure)}
    return host.interactive.shell.display_formatter.format(figure, include=FIGURES)[0]


def show_open_figures(host):
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None and hasattr(pyplot, "get_fignums"):
        try:
            show_figures(host, pyplot)
        except Exception as failure:
            print(f"The open figures could not be drawn: {failure!r}", file=sys.stderr)


def adapt(host, module):
    """Touches up a module that the code has imported."""
    if module.__name__ == "matplotlib.pyplot":
        module.show = lambda *args, **kwargs: show_figures(host, module)
        if host.interactive:
            host.interactive.show_figures_as_pictures()
    elif module.__name__ == "getpass" and not host.is_single:
        module.getpass = lambda prompt="Password: ", stream=None: ask(host, prompt, b"1")
    elif module.__name__ == "plotly.basedatatypes":
        figure = module.BaseFigure
        figure._ipython_display_ = None
        figure._repr_html_ = None
        figure._repr_mimebundle_ = lambda self, *args, **kwargs: {
            PLAIN: f"{type(self).__name__} with {len(self.data)} traces",
            "application/vnd.plotly.v1+json": self.to_json(),
            "text/html": self.to_html(include_plotlyjs="cdn", full_html=False),
        }
        show = figure.show
        figure.show = lambda self, *args, **kwargs: show(self, *args, **kwargs) if args or kwargs else display(host, self) and None


# Input

def ask(host, prompt, is_secret):
    """One line from whoever follows the run."""
    python_globals = python
    if prompt:
        sys.stdout.write(prompt)
    host.flush()
    if host.is_fork or host.channel is None or not host.can_ask:
        raise EOFError("EOF when reading a line: this run has no standard input. Ask for an interactive run if somebody is to answer.")
    if python_globals["get_ident"]() != main_thread:
        raise EOFError("EOF when reading a line: only the main thread can ask for input.")
    host.channel.send(b"?", prompt.encode("utf-8", "replace"), is_secret)
    # Looked at without taking it, so that an interruption cannot tear a message apart.
    while host.channel.is_quiet(3600):
        pass
    host.channel.guards += 1
    try:
        message = host.channel.receive()
    finally:
        host.channel.guards -= 1
    if message is None:
        python_globals["_exit"](0)
    if message[0] != b"I":
        raise EOFError("EOF when reading a line")
    return message[1][0].decode("utf-8", "replace")


main_thread = python["get_ident"]()


def make_input():
    import io

    class Input(io.TextIOBase):
        """Stands for sys.stdin."""

        is_ours = True
        encoding = "utf-8"
        name = "<stdin>"

        def __init__(self, host):
            self.host = host
            self.rest = ""

        def readable(self):
            return True

        def fileno(self):
            return 0

        def isatty(self):
            return False

        def close(self):
            pass

        def readline(self, size=-1):
            if not self.rest:
                try:
                    self.rest = ask(self.host, "", b"0") + "\n"
                except EOFError:
                    return ""
            size = len(self.rest) if size is None or size < 0 else size
            line, self.rest = self.rest[:size], self.rest[size:]
            return line

        def read(self, size=-1):
            if size is not None and size >= 0:
                return self.readline(size)
            return "".join(iter(self.readline, ""))

    return Input


Input = make_input()


# Failures

def explain(host, failure):
    """Prints the traceback that the code would get from an interpreter of its own; returns the exit code."""
    try:
        import linecache
        import traceback
        host.fill_line_cache()
        strip(host, failure, set())
        hook = sys.excepthook
        if hook is not sys.__excepthook__ and getattr(hook, "__module__", "").startswith("IPython") is False:
            hook(type(failure), failure, failure.__traceback__)
        else:
            traceback.print_exception(type(failure), failure, failure.__traceback__)
        if isinstance(failure, SyntaxError) and failure.filename in host.sources and not host.interactive and (failure.text or "").lstrip()[:1] in ("%", "!"):
            print("Lines that begin with % or ! are for IPython, which is not installed here.", file=sys.stderr)
    except BaseException:
        # A hostile __str__ may fail in any way.
        try:
            print(type(failure).__name__, file=sys.stderr)
        except BaseException:
            pass
    return 130 if isinstance(failure, KeyboardInterrupt) else 1


def strip(host, failure, seen):
    """Takes the frames that are not the code's from a failure and from those that it came from."""
    while failure is not None and id(failure) not in seen:
        seen.add(id(failure))
        first = trace = failure.__traceback__
        while first is not None and not is_code(host, first.tb_frame.f_code.co_filename):
            first = first.tb_next
        if first is None and not (isinstance(failure, SyntaxError) and is_code(host, failure.filename)):
            first = trace
        failure.__traceback__ = without_own(first)
        for other in getattr(failure, "exceptions", ()):
            if isinstance(other, BaseException):
                strip(host, other, seen)
        if failure.__cause__ is not None:
            strip(host, failure.__cause__, seen)
        failure = failure.__context__


def without_own(trace):
    """Skips our own frames wherever they are."""
    while trace is not None and is_own(trace):
        trace = trace.tb_next
    at = trace
    while at is not None and at.tb_next is not None:
        if is_own(at.tb_next):
            at.tb_next = at.tb_next.tb_next
        else:
            at = at.tb_next
    return trace


def is_own(trace):
    return trace.tb_frame.f_globals is python or trace.tb_frame.f_globals is globals()


def is_code(host, name):
    return name is not None and (name in host.sources or name.startswith("<cell "))


# IPython

def make_interactive(host):
    """IPython's shell around the variables that there are; None when it cannot be had."""
    try:
        stand_in_for_ipython()
        return Interactive(host)
    except ImportError:
        return None
    except Exception as failure:
        print(f"IPython could not be started: {failure!r}", file=sys.stderr)
        return None


class Interactive:
    """Runs code in IPython."""

    def __init__(self, host):
        from traitlets import Type
        from traitlets.config import Config
        from IPython.core import interactiveshell
        from IPython.core.compilerop import CachingCompiler
        from IPython.core.displayhook import DisplayHook
        from IPython.core.displaypub import DisplayPublisher
        from IPython.core.error import UsageError
        from IPython.core.formatters import DisplayFormatter
        from IPython.core.profiledir import ProfileDir

        class Profile(ProfileDir):
            """A profile that leaves no directories behind."""

            def check_dirs(self):
                pass

            def _location_changed(self, change):
                pass

        class Compiler(CachingCompiler):
            def get_code_name(self, raw_code, transformed_code, number):
                name, host.cell_name = host.cell_name, None
                return name or super().get_code_name(raw_code, transformed_code, number)

        class Formatter(DisplayFormatter):
            def format(self, value, include=None, exclude=None):
                if displays(host).is_full():
                    return {}, {}
                made = super().format(value, include, exclude)
                figures = sys.modules.get("matplotlib.figure")
                if figures is not None and isinstance(value, figures.Figure) and any(mime in made[0] for mime in FIGURES):
                    note_shown(value)
                return made

        class Publisher(DisplayPublisher):
            def publish(self, data, metadata=None, source=None, *, transient=None, update=False, **others):
                identifier = str((transient or {}).get("display_id", ""))
                displays(host).show(b"u" if update else b"d", data, identifier)

            def clear_output(self, wait=False):
                shown = displays(host)
                if wait:
                    shown.clears_next = True
                else:
                    shown.clear()
                    host.send(b"X")

        class Hook(DisplayHook):
            def write_output_prompt(self):
                pass

            def write_format_data(self, format_dict, md_dict=None):
                displays(host).show(b"r", format_dict)

            def finish_displayhook(self):
                pass

        class Shell(interactiveshell.InteractiveShell):
            display_pub_class = Type(Publisher)
            displayhook_class = Type(Hook)
            compiler_class = Type(Compiler)

            def init_profile_dir(self, profile_dir):
                self.profile_dir = Profile()

            def init_display_formatter(self):
                self.display_formatter = Formatter(parent=self)
                self.configurables.append(self.display_formatter)

            def init_completer(self):
                self.Completer = None

            def showtraceback(self, exc_tuple=None, *args, **kwargs):
                failure = exc_tuple[1] if exc_tuple else sys.exc_info()[1]
                if isinstance(failure, UsageError):
                    print(f"UsageError: {failure}", file=sys.stderr)
                elif failure is not None and not isinstance(failure, SystemExit):
                    explain(host, failure)

            def showsyntaxerror(self, *args, **kwargs):
                self.showtraceback()

            def showindentationerror(self):
                self.showtraceback()

            def enable_gui(self, gui=None):
                pass

            def enable_matplotlib(self, gui=None):
                # Figures are shown in any case, and once; the backend that is asked for would show a figure that is the result a second time.
                return ("inline", "inline") if gui == "inline" else super().enable_matplotlib(gui)

            def ask_exit(self):
                raise SystemExit

            def system(self, command):
                import subprocess
                host.flush()
                line = self.var_expand(command, depth=1)
                code = subprocess.call(line, shell=True, executable="/bin/bash" if python["posix"].access("/bin/bash", 1) else "/bin/sh")
                self.user_ns["_exit_code"] = code

            system_piped = system_raw = system

        config = Config()
        config.HistoryManager.enabled = False
        config.HistoryManager.hist_file = ":memory:"
        config.InteractiveShell.colors = "NoColor"
        variables = host.module.__dict__
        last = variables.get("_")
        hook, excepthook = sys.displayhook, sys.excepthook
        Shell.clear_instance()
        host.cell_name = None
        interactiveshell.warn = lambda *args, **kwargs: None
        self.host = host
        self.shell = Shell.instance(config=config, user_module=host.module, user_ns=variables)
        sys.displayhook, sys.excepthook = hook, excepthook
        self.vital = {
            "display_formatter": (DisplayFormatter, self.shell.display_formatter), "displayhook": (DisplayHook, self.shell.displayhook),
            "display_pub": (DisplayPublisher, self.shell.display_pub), "compile": (CachingCompiler, self.shell.compile),
        }
        self.formatters = dict(self.shell.display_formatter.formatters)
        self.count = 0
        builtins.get_ipython = lambda: self.shell
        variables["exit"] = variables["quit"] = self.shell.user_ns_hidden["exit"] = self.shell.user_ns_hidden["quit"] = leave
        history = self.shell.history_manager
        for name, source in list(host.sources.items())[: host.count - 1]:
            self.shell.history_manager.input_hist_parsed.append(source.decode("utf-8", "replace"))
            self.shell.history_manager.input_hist_raw.append(source.decode("utf-8", "replace"))
        if last is not None:
            variables["_"] = last
            history.output_hist[max(host.count - 1, 1)] = last
        self.pictures = False
        if "matplotlib.pyplot" in sys.modules:
            self.show_figures_as_pictures()

    def repair(self):
        """What the code before has taken from the shell, without which results would be lost silently; what it has put in its place stays."""
        for name, (kind, own) in self.vital.items():
            if not isinstance(getattr(self.shell, name, None), kind):
                setattr(self.shell, name, own)
        formatters = self.shell.display_formatter.formatters
        if PLAIN not in formatters:
            formatters.update(self.formatters)
        for name, value in list(vars(self.shell).items()):
            if not callable(value) and callable(getattr(type(self.shell), name, None)):
                delattr(self.shell, name)

    def run(self, source, name):
        text = source.decode("utf-8", "replace")
        self.repair()
        if "InlineBackend" in text:
            self.offer_figure_formats()
        self.host.sources.setdefault(name, source)
        self.host.cell_name = name
        self.shell.execution_count = max(self.host.count, 1)
        try:
            result = type(self.shell).run_cell(self.shell, text, store_history=True)
        except Exception as failure:
            # The code has broken the shell, so the next run gets a new one around the same variables.
            self.host.interactive = None
            return explain(self.host, failure)
        failure = result.error_before_exec or result.error_in_exec
        if isinstance(failure, SystemExit):
            return python["exit_code"](failure)
        return 0 if failure is None else 130 if isinstance(failure, KeyboardInterrupt) else 1

    def show_result(self, value):
        self.shell.execution_count = max(self.host.count, 1)
        data, metadata = self.shell.display_formatter.format(value)
        self.shell.displayhook.update_user_ns(value)
        if data:
            displays(self.host).show(b"r", data)

    def display(self, *values, **options):
        from IPython.display import display
        return display(*values, **options)

    def show_figures_as_pictures(self):
        figures = sys.modules.get("matplotlib.figure")
        if figures is not None and not self.pictures:
            self.shell.display_formatter.formatters["image/png"].for_type(figures.Figure, draw)
            self.pictures = True

    def offer_figure_formats(self):
        """Has %config know the settings of figures, as in a notebook, before anything is drawn."""
        try:
            import matplotlib.figure
            from matplotlib_inline.config import InlineBackend
        except ImportError:
            return
        self.show_figures_as_pictures()
        settings = InlineBackend.instance(parent=self.shell)
        settings.shell = self.shell
        if settings not in self.shell.configurables:
            self.shell.configurables.append(settings)


def leave(code=None):
    """Ends the run, not the kernel."""
    raise SystemExit(code)
