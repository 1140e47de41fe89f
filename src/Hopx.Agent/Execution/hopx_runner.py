"""Runs the code of descriptor 4 as __main__ and shows its last value and its figures on descriptor 5.

A frame on descriptor 5 is a line "<bundle> <mime> <length>" and that many bytes; frames of one bundle show the same thing.
Nothing is imported that the code does not import itself: start-up time is what callers wait for.
"""
import os
import sys

CODE = 4
CHANNEL = 5
FILE = "main.py"
MAX_FIGURES = 50
MAX_TEXT = 1 << 20


def main():
    with open(CODE, "rb") as source_file:
        source = source_file.read()
    os.close(3)
    os.set_inheritable(CHANNEL, False)
    show = Display(open(CHANNEL, "wb", buffering=0))

    # The code must meet a fresh interpreter: its own __main__, its directory first on the path, no arguments.
    module = type(sys)("__main__")
    module.__builtins__ = __builtins__
    own = sys.modules["__main__"]
    sys.modules["__main__"] = module
    sys.argv = [""]
    sys.path[0] = ""
    for stream in (sys.stdout, sys.stderr):
        # What was printed before a kill must not be lost in a buffer.
        stream.reconfigure(line_buffering=True, errors="backslashreplace")
    sys.meta_path.insert(0, PyplotWatch(show))

    code = 0
    try:
        value = execute(source, module)
        if value is not None:
            show.value(value)
    except SystemExit as leaving:
        code = leaving.code
        if code is None:
            code = 0
        elif not isinstance(code, int):
            print(code, file=sys.stderr)
            code = 1
    except BaseException as failure:
        explain(failure, source)
        code = 1
    show.open_figures()
    del own
    return code


def execute(source, module):
    """Runs all statements; the value is the last one's when it is an expression."""
    tree = compile(source, FILE, "exec", flags=0x400, dont_inherit=True)  # 0x400: only the syntax tree
    last = None
    if tree.body and type(tree.body[-1]).__name__ == "Expr":
        import _ast
        last = _ast.Expression(tree.body.pop().value)
    exec(compile(tree, FILE, "exec", dont_inherit=True), module.__dict__)
    if last is None:
        return None
    flags = 0
    for name, feature in vars(sys.modules.get("__future__")).items() if "__future__" in sys.modules else ():
        if module.__dict__.get(name) is feature and hasattr(feature, "compiler_flag"):
            flags |= feature.compiler_flag
    return eval(compile(last, FILE, "eval", flags=flags, dont_inherit=True), module.__dict__)


def explain(failure, source):
    """Prints the traceback that the code would get from an interpreter of its own."""
    import linecache
    import traceback
    text = source.decode("utf-8", "replace")
    linecache.cache[FILE] = (len(text), None, text.splitlines(True), FILE)
    trace = failure.__traceback__
    while trace is not None and trace.tb_frame.f_globals is globals():
        trace = trace.tb_next
    try:
        traceback.print_exception(type(failure), failure, trace)
    except BaseException:
        # A hostile __str__ may fail in any way.
        print(type(failure).__name__, file=sys.stderr)


class Display:
    """Writes frames; an agent that no longer listens is no reason to fail."""

    def __init__(self, channel):
        self.channel = channel
        self.bundles = 0
        self.owner = os.getpid()

    def send(self, bundle, parts):
        # A fork shares the channel, and must not speak in it.
        if os.getpid() != self.owner:
            return
        for mime, data in parts:
            if isinstance(data, str):
                data = data.encode("utf-8", "replace")
            frame = memoryview(f"{bundle} {mime} {len(data)}\n".encode() + bytes(data))
            try:
                while frame:
                    frame = frame[self.channel.write(frame):]
            except (OSError, TypeError):
                return

    def bundle(self, parts):
        self.send(self.bundles, parts)
        self.bundles += 1

    def value(self, value):
        parts = [("text/plain", repr(value)[:MAX_TEXT])]
        if not isinstance(value, type):
            parts += self.rich_parts(value)
        self.send("result", parts)

    @staticmethod
    def rich_parts(value):
        found = {}
        try:
            make = getattr(value, "_repr_mimebundle_", None)
            if make is not None:
                made = make()
                found.update(made[0] if isinstance(made, tuple) else made or {})
        except Exception:
            pass
        for mime, name in (
            ("image/png", "_repr_png_"), ("image/svg+xml", "_repr_svg_"), ("text/html", "_repr_html_"),
            ("text/markdown", "_repr_markdown_"), ("application/json", "_repr_json_"),
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
        for mime, data in found.items():
            if mime == "text/plain" or " " in mime or "\n" in mime:
                continue
            if mime == "image/png" and isinstance(data, str):
                import base64
                data = base64.b64decode(data)
            elif not isinstance(data, (str, bytes)):
                import json
                data = json.dumps(data)
            yield mime, data

    def figures(self, pyplot):
        for number in pyplot.get_fignums()[:MAX_FIGURES]:
            import io
            picture = io.BytesIO()
            pyplot.figure(number).savefig(picture, format="png", bbox_inches="tight")
            self.bundle([("image/png", picture.getvalue())])
        pyplot.close("all")

    def open_figures(self):
        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot is not None and hasattr(pyplot, "get_fignums"):
            try:
                self.figures(pyplot)
            except Exception as failure:
                print(f"The open figures could not be drawn: {failure!r}", file=sys.stderr)


class PyplotWatch:
    """Gives matplotlib.pyplot, when the code imports it, a show() that shows."""

    def __init__(self, display):
        self.display = display

    def find_spec(self, name, path=None, target=None):
        if name != "matplotlib.pyplot":
            return None
        sys.meta_path.remove(self)
        for finder in sys.meta_path:
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                run = spec.loader.exec_module

                def exec_module(module):
                    run(module)
                    module.show = lambda *args, **kwargs: self.display.figures(module)

                spec.loader.exec_module = exec_module
                return spec
        return None


sys.exit(main())
