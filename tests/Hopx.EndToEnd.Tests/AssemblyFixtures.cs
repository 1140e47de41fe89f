using Hopx.Testing;

[assembly: AssemblyFixture(typeof(PreparedMachine))]
