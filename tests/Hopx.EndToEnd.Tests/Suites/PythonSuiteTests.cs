using System.Collections.Concurrent;
using System.Diagnostics;
using Hopx.Client;

namespace Hopx.EndToEnd.Tests.Suites;

/// <summary>CPython's own tests: what passes on the host passes in a sandbox.</summary>
public sealed class PythonSuiteTests(SuiteSandbox sandbox) : IClassFixture<SuiteSandbox>
{
    private const string Package = "libpython3.11-testsuite";
    private const string Files = "usr/lib/python3.11/test";
    private const int AtOnce = 2;
    private const int SecondsEach = 300;

    private static readonly string[] Modules =
    [
        "test_abc", "test_array", "test_base64", "test_binascii", "test_bisect", "test_bool", "test_bufio", "test_bytes", "test_calendar", "test_call", "test_cmath",
        "test_codeop", "test_collections", "test_colorsys", "test_compare", "test_complex", "test_configparser", "test_contains", "test_context",
        "test_contextlib", "test_copy", "test_copyreg", "test_datetime", "test_decimal", "test_decorators", "test_defaultdict", "test_deque", "test_descr",
        "test_dict", "test_dictcomps", "test_dictviews", "test_difflib", "test_dis", "test_dynamic", "test_enum", "test_enumerate", "test_eof", "test_errno",
        "test_exception_group", "test_exceptions", "test_extcall", "test_file", "test_fileinput", "test_float", "test_fnmatch", "test_format", "test_fractions", "test_frame",
        "test_fstring", "test_functools", "test_future", "test_gc", "test_generators", "test_genericpath", "test_getopt", "test_glob", "test_global", "test_grammar",
        "test_graphlib", "test_gzip", "test_hash", "test_hashlib", "test_heapq", "test_hmac", "test_html", "test_index", "test_int", "test_io",
        "test_isinstance", "test_iter", "test_iterlen", "test_itertools", "test_json", "test_keyword", "test_linecache", "test_list", "test_listcomps", "test_long",
        "test_lzma", "test_math", "test_memoryview", "test_mimetypes", "test_netrc", "test_opcodes", "test_operator", "test_ordered_dict", "test_pathlib", "test_pickle",
        "test_plistlib", "test_posixpath", "test_pow", "test_pprint", "test_queue", "test_random", "test_range", "test_re", "test_reprlib", "test_sched", "test_set",
        "test_shlex", "test_signal", "test_slice", "test_sort", "test_statistics", "test_string", "test_struct", "test_subprocess", "test_tempfile", "test_textwrap",
        "test_threading", "test_time", "test_tokenize", "test_tuple", "test_types", "test_unpack", "test_uuid", "test_weakref", "test_zipfile", "test_zlib",
    ];

    [Fact]
    public async Task A_hundred_modules_that_pass_on_the_host_pass_inside()
    {
        var directory = Require();
        var modules = SuiteSandbox.Share(Modules);
        var failed = await FailingAsync(modules, module => CommandAsync($"cd $(mktemp -d) && exec python3 -m test -q {module}"));
        // Only what fails inside is tried outside.
        var worse = failed.Where(failure => PassesOnHost(directory, failure.Key)).ToDictionary();
        Assert.True(worse.Count == 0, $"Inside alone fail {string.Join(", ", worse.Keys)}.\n{string.Join('\n', worse.Values)}");
        Assert.True(modules.Count - failed.Count >= 100 / SuiteSandbox.Every, $"Only {modules.Count - failed.Count} pass at all; {string.Join(", ", failed.Keys)} do not, neither here nor there.");
    }

    [Fact]
    public async Task A_clean_run_is_as_good_as_an_interpreter_of_its_own()
    {
        Require();
        string[] modules = ["test_array", "test_contextlib", "test_decimal", "test_dict", "test_exceptions", "test_functools", "test_generators", "test_io", "test_itertools", "test_pickle", "test_random", "test_re", "test_signal", "test_subprocess", "test_tempfile", "test_threading", "test_weakref"];
        var failed = await FailingAsync(SuiteSandbox.Share(modules), async module =>
        {
            var run = await sandbox.Agent.Execution.RunAsync(
                new ExecuteRequest { Code = $"import os, runpy, sys, tempfile\nos.chdir(tempfile.mkdtemp())\nsys.argv = ['test', '-q', '{module}']\nrunpy.run_module('test', run_name='__main__')", Clean = true, Timeout = SecondsEach },
                TestContext.Current.CancellationToken);
            return (run.ExitCode == 0, run.Stdout + run.Stderr);
        });
        Assert.True(failed.IsEmpty, string.Join('\n', failed.Values));
    }

    private static string Require()
    {
        var directory = SuiteSandbox.Find(Package);
        Assert.SkipWhen(directory is null, $"The files of {Package} are not there: tests/Hopx.EndToEnd.Tests/Suites/fetch.sh brings them.");
        return directory!;
    }

    private async Task<ConcurrentDictionary<string, string>> FailingAsync(List<string> modules, Func<string, Task<(bool, string)>> runAsync)
    {
        await sandbox.OpenAsync(Require(), Files);
        var failed = new ConcurrentDictionary<string, string>();
        await Parallel.ForEachAsync(modules, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = TestContext.Current.CancellationToken }, async (module, _) =>
        {
            var (passes, text) = await runAsync(module);
            if (!passes)
            {
                failed[module] = $"{module}: {(text.Length > 2000 ? text[^2000..] : text)}";
            }
        });
        return failed;
    }

    private async Task<(bool, string)> CommandAsync(string line)
    {
        var run = await sandbox.Agent.Commands.RunAsync(new CommandRequest { Command = line, Timeout = SecondsEach }, TestContext.Current.CancellationToken);
        return (run.Success, run.Stdout + run.Stderr);
    }

    private static bool PassesOnHost(string directory, string module)
    {
        // The package holds the modules, the host's library what they stand on.
        var merged = Directory.CreateTempSubdirectory("hopx-suite-").FullName;
        try
        {
            using var shell = Process.Start("/bin/sh", ["-c",
                $"cd '{merged}' && cp -r /usr/lib/python3.11/test . && cp -rn '{directory}/{Files}/.' test/ && mkdir work && cd work && PYTHONPATH='{merged}' exec timeout {SecondsEach} /usr/bin/python3 -m test -q {module} > /dev/null 2>&1"]);
            shell.WaitForExit();
            return shell.ExitCode == 0;
        }
        finally
        {
            Directory.Delete(merged, recursive: true);
        }
    }
}
