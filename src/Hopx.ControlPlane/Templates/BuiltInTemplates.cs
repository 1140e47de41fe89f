namespace Hopx.ControlPlane.Templates;

/// <summary>The templates that come with the program.</summary>
internal static class BuiltInTemplates
{
    /// <summary>Name of the template that a sandbox is made from when its creator names none.</summary>
    public const string Default = "code-interpreter";

    private static readonly string[] BasePackages =
    [
        "bash", "bzip2", "ca-certificates", "coreutils", "curl", "file", "findutils", "git", "gzip", "iproute2", "jq", "less", "openssl",
        "procps", "python3", "python3-pip", "python3-venv", "sqlite3", "tar", "unzip", "wget", "xz-utils", "zip",
    ];

    private static readonly string[] BaseExcludedFiles =
    [
        "/usr/share/man/*", "/usr/share/info/*", "/usr/share/locale/*", "/usr/share/lintian/*", "/usr/share/bug/*",
        "/usr/share/doc/*",
    ];

    private static readonly string[] BaseSteps =
    [
        // Without this file pip installs into the system's Python as it does everywhere else; a sandbox is thrown away.
        "rm -f /usr/lib/python3*/EXTERNALLY-MANAGED",
        "git config --system init.defaultBranch main",
        "git config --system --add safe.directory '*'",
    ];

    private static readonly TemplateCheck[] BaseChecks =
    [
        new("bash", "bash -c 'echo $((6 * 7))'", "42"),
        new("Python", "python3 -c 'import ssl, sqlite3, venv; print(6 * 7)'", "42"),
        new("pip", "pip --version", "pip "),
        new("git", "cd /tmp && git init -q x && cd x && git -c user.name=a -c user.email=a@b commit -q --allow-empty -m works && git log --format=%s", "works"),
        new("curl", "curl --version", "https"),
        new("procps", "ps -o comm= -p 1", "sh"),
        new("SQLite", "sqlite3 :memory: 'select 6 * 7'", "42"),
    ];

    private static readonly Dictionary<string, string> BaseEnvironment = new()
    {
        ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        ["HOME"] = "/root",
        ["LANG"] = "C.UTF-8",
    };

    public static IReadOnlyList<TemplateRecipe> All { get; } =
    [
        new()
        {
            Id = "72",
            Name = "base",
            DisplayName = "Base",
            Description = "Debian 12 with a shell, Python 3, git and curl.",
            Category = "operating-system",
            Language = "bash",
            DefaultResources = new() { Vcpu = 1, MemoryMb = 1_024, DiskGb = 5 },
            MinResources = new() { Vcpu = 1, MemoryMb = 128, DiskGb = 1 },
            MaxResources = new() { Vcpu = 8, MemoryMb = 16_384, DiskGb = 100 },
            Features = ["bash", "python", "git", "curl"],
            Tags = ["debian", "linux", "shell"],
            Packages = BasePackages,
            ExcludedFiles = BaseExcludedFiles,
            Steps = BaseSteps,
            Checks = BaseChecks,
            Environment = BaseEnvironment,
            NeededDiskMib = 1_024,
        },
        new()
        {
            Id = "73",
            Name = Default,
            DisplayName = "Code Interpreter",
            Description = "Debian 12 with Python (IPython, numpy, pandas, matplotlib, plotly), Node.js, Go, Bash, git and curl.",
            Category = "development",
            Language = "python",
            DefaultResources = new() { Vcpu = 2, MemoryMb = 2_048, DiskGb = 10 },
            MinResources = new() { Vcpu = 1, MemoryMb = 256, DiskGb = 1 },
            MaxResources = new() { Vcpu = 16, MemoryMb = 32_768, DiskGb = 200 },
            Features = ["python", "ipython", "numpy", "pandas", "matplotlib", "plotly", "nodejs", "go", "bash", "git", "curl"],
            Tags = ["python", "javascript", "go", "bash", "data-analysis"],
            Packages =
            [
                .. BasePackages, "golang-go", "make", "nodejs", "poppler-utils", "python3-bs4", "python3-ipython", "python3-jinja2", "python3-matplotlib", "python3-matplotlib-inline",
                "python3-numpy", "python3-openpyxl", "python3-pandas", "python3-plotly", "python3-requests", "python3-scipy", "python3-tabulate", "weasyprint",
            ],
            ExcludedFiles =
            [
                .. BaseExcludedFiles,
                // C++ headers that only a compiler for numerical Python reads, archives for static linking, the parts of Go's own compiler.
                "/usr/include/boost/*", "/usr/share/unicode/*", "/usr/bin/*-lto-dump-12",
                "/usr/lib/*/openblas-pthread/*.a", "/usr/lib/python3.11/config-3.11-*/*.a",
                "/usr/lib/go-1.19/pkg/linux_*/cmd/*", "/usr/share/go-1.19/test/*", "/usr/share/go-1.19/api/*",
            ],
            Steps =
            [
                .. BaseSteps,
                // The libraries' own tests. Left out of the packages they would fail their set-up, which compiles them.
                "find /usr/lib/python3/dist-packages -type d -name tests -prune -exec rm -rf {} +",
                // The list of fonts takes seconds to make; made here, the first plot of every sandbox is fast.
                "python3 -c 'import matplotlib.font_manager, matplotlib.pyplot'",
                // Go's own cache learns that the standard library is compiled already, which it checks once at length.
                "HOME=/root go build std",
            ],
            Checks =
            [
                .. BaseChecks,
                new("numpy", "python3 -c 'import numpy; print(int(numpy.arange(7).reshape(1, 7).sum() * 2))'", "42"),
                new("pandas", "python3 -c 'import pandas; print(int(pandas.DataFrame({\"a\": [20, 22]})[\"a\"].sum()))'", "42"),
                new("matplotlib", "MPLBACKEND=agg python3 -c 'import matplotlib.pyplot as p; p.plot([1, 2]); p.savefig(\"/tmp/a.png\"); print(open(\"/tmp/a.png\", \"rb\").read(4))'", "PNG"),
                new("IPython", "python3 -c 'from IPython.core.interactiveshell import InteractiveShell as S; print(S.instance().run_cell(\"6 * 7\").result)'", "42"),
                new("plotly", "python3 -c 'import plotly.express as p; print(len(p.bar(y=[42]).to_html()) > 42, 42)'", "True 42"),
                new("SciPy", "python3 -c 'import scipy.optimize, scipy.stats; print(round(scipy.optimize.brentq(lambda x: x - 42, 0, 100)))'", "42"),
                new("Excel files", "python3 -c 'import pandas, io; b = io.BytesIO(); pandas.DataFrame({\"a\": [42]}).to_excel(b); print(pandas.read_excel(b)[\"a\"][0])'", "42"),
                new("HTML tables", "python3 -c 'import weasyprint as w; open(\"/tmp/a.pdf\", \"wb\").write(w.HTML(string=\"<table><td>42</table>\").write_pdf())' && pdftotext /tmp/a.pdf -", "42"),
                new("Node.js", "node -e 'console.log([6, 7].reduce((a, b) => a * b))'", "42"),
                new("Go", "printf 'package main\\nimport \"fmt\"\\nfunc main() { fmt.Println(6 * 7) }\\n' > /tmp/a.go && GOCACHE=/tmp/go go run /tmp/a.go", "42"),
            ],
            Environment = BaseEnvironment,
            NeededDiskMib = 3_072,
        },
        new()
        {
            Id = "399",
            Name = "desktop",
            DisplayName = "Desktop",
            Description = "Debian 12 with a desktop: Chromium, terminal, editor, file manager, spreadsheet; seen and used through screenshots, mouse and keyboard, or VNC.",
            Category = "desktop",
            Language = "bash",
            DefaultResources = new() { Vcpu = 2, MemoryMb = 4_096, DiskGb = 10 },
            MinResources = new() { Vcpu = 1, MemoryMb = 1_024, DiskGb = 2 },
            MaxResources = new() { Vcpu = 16, MemoryMb = 32_768, DiskGb = 200 },
            Features = ["desktop", "vnc", "chromium", "bash", "python", "git", "curl"],
            Tags = ["desktop", "computer-use", "browser", "vnc"],
            Packages = [.. BasePackages, .. DesktopTemplate.Packages],
            ExcludedFiles = [.. BaseExcludedFiles, .. DesktopTemplate.ExcludedFiles],
            Steps = [.. BaseSteps, .. DesktopTemplate.Steps],
            Checks = [.. BaseChecks, .. DesktopTemplate.Checks],
            Environment = new Dictionary<string, string>(BaseEnvironment) { ["DISPLAY"] = ":1" },
            NeededDiskMib = 5_120,
        },
    ];
}
