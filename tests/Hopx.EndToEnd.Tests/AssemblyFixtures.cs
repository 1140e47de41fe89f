using Hopx.EndToEnd.Tests.Node;
using Hopx.Testing;

[assembly: AssemblyFixture(typeof(PreparedMachine))]
[assembly: AssemblyFixture(typeof(NodePackages))]
