using Hopx.ControlPlane.Admission;
using Hopx.ControlPlane.Sandboxes;
using Microsoft.Data.Sqlite;

namespace Hopx.ControlPlane.WarmPool;

/// <summary>A sandbox that was kept ready, taken out for one create. Goes back if that comes to nothing before it is the creator's.</summary>
internal sealed class WarmSandboxClaim(WarmSandboxPool pool, WarmSandbox sandbox, AdmissionPlace place) : IDisposable
{
    private bool _isOver;

    public SandboxRecord Record => sandbox.Record;

    /// <summary>Makes it somebody's for good, in the transaction that writes the new owner's record: it serves nobody else, whatever happens from here on.</summary>
    public void Write(SqliteConnection connection, SqliteTransaction transaction) => WarmSandboxStore.Remove(connection, transaction, sandbox.Id);

    /// <summary>That transaction is through.</summary>
    /// <returns>Its share of the machine, now the claimer's to give up.</returns>
    public AdmissionPlace Take()
    {
        _isOver = true;
        return place;
    }

    public void Dispose()
    {
        if (!_isOver)
        {
            _isOver = true;
            pool.PutBack(sandbox, place);
        }
    }
}
