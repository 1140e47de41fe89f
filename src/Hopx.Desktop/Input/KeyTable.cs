namespace Hopx.Desktop;

/// <summary>
/// Which key gives which symbol. Symbols that the layout lacks are put on keys that it does not use; they stay there, so that text in any
/// script soon needs no change at all, and the key that was needed longest ago is used again last.
/// </summary>
internal sealed unsafe class KeyTable(XConnection x)
{
    private const int FirstKey = 8;
    private const int KeyCount = 248;

    private readonly Dictionary<uint, (byte Key, bool Shifted)> _keys = [];
    private readonly List<byte> _spare = [];
    private readonly Dictionary<byte, uint> _lent = [];
    private readonly LinkedList<byte> _lentOrder = [];
    private volatile bool _isStale = true;

    /// <summary>Symbols that can be lent keys at the same time.</summary>
    public int Capacity { get; private set; }

    /// <summary>Someone changed the layout, maybe we did.</summary>
    public void SetStale() => _isStale = true;

    public (byte Key, bool Shifted) Find(uint symbol) => _keys[symbol];

    public bool Has(uint symbol)
    {
        Refresh();
        return _keys.ContainsKey(symbol);
    }

    /// <summary>Whether the symbol is on a key that the layout does not use.</summary>
    public bool IsLent(uint symbol) => _keys.TryGetValue(symbol, out var found) && _lent.ContainsKey(found.Key);

    /// <summary>Notes that the symbol is needed now, so that its key is lent to another last.</summary>
    public void Touch(uint symbol)
    {
        if (IsLent(symbol))
        {
            var found = _keys[symbol];
            _lentOrder.Remove(found.Key);
            _lentOrder.AddLast(found.Key);
        }
    }

    /// <summary>Whether lending that many keys takes some from symbols that were typed before, perhaps a moment ago.</summary>
    public bool MustTakeBack(int count) => count > _spare.Count;

    /// <summary>Puts symbols on keys. Programs learn of it in order with the keys that are pressed later.</summary>
    public void Lend(IReadOnlyCollection<uint> symbols)
    {
        var changes = new SortedDictionary<byte, uint>();
        foreach (var symbol in symbols)
        {
            byte key;
            if (_spare.Count > 0)
            {
                key = _spare[^1];
                _spare.RemoveAt(_spare.Count - 1);
            }
            else
            {
                key = _lentOrder.First!.Value;
                _lentOrder.RemoveFirst();
                _keys.Remove(_lent[key]);
            }

            _lent[key] = symbol;
            _lentOrder.AddLast(key);
            _keys[symbol] = (key, false);
            changes[key] = symbol;
        }

        // Each run of neighbours is one change, since every change costs every program a new look at the layout.
        var keys = changes.Keys.ToArray();
        for (var from = 0; from < keys.Length;)
        {
            var to = from + 1;
            while (to < keys.Length && keys[to] == keys[to - 1] + 1)
            {
                to++;
            }

            // The same on both levels, so that it does not matter whether Shift is held.
            var values = keys[from..to].SelectMany(key => new[] { changes[key], changes[key] }).ToArray();
            fixed (uint* pointer = values)
            {
                _ = Xcb.ChangeKeyboardMapping(x.Handle, (byte)(to - from), keys[from], 2, pointer);
            }

            from = to;
        }

        x.Sync();
        // What we did ourselves is known.
        _isStale = false;
    }

    public void Refresh()
    {
        if (!_isStale)
        {
            return;
        }

        _isStale = false;
        byte* error = null;
        using var mapping = x.Require(Xcb.GetKeyboardMappingReply(x.Handle, Xcb.GetKeyboardMapping(x.Handle, FirstKey, KeyCount), &error), error);
        error = null;
        using var modifiers = x.Require(Xcb.GetModifierMappingReply(x.Handle, Xcb.GetModifierMapping(x.Handle), &error), error);
        var modifierKeys = modifiers.Rest.ToArray().ToHashSet();
        var perKey = mapping.Byte(1);
        var symbols = mapping.Rest;
        _keys.Clear();
        _spare.Clear();
        for (var i = 0; i < KeyCount; i++)
        {
            var key = (byte)(FirstKey + i);
            var first = XReply.NumberAt(symbols, i * perKey);
            var second = perKey > 1 ? XReply.NumberAt(symbols, (i * perKey) + 1) : 0;
            if (_lent.TryGetValue(key, out var lent))
            {
                if (first == lent)
                {
                    _keys.TryAdd(lent, (key, false));
                    continue;
                }

                _lent.Remove(key);
                _lentOrder.Remove(key);
            }

            if (IsEmpty(symbols, i * perKey, perKey))
            {
                if (!modifierKeys.Contains(key))
                {
                    _spare.Add(key);
                }

                continue;
            }

            // A letter key may name only its capital or only its small letter.
            if (second == 0 && first is >= 'a' and <= 'z')
            {
                second = first - 32;
            }

            _keys.TryAdd(first, (key, false));
            if (second != 0)
            {
                _keys.TryAdd(second, (key, true));
            }
        }

        Capacity = _spare.Count + _lent.Count;
    }

    private static bool IsEmpty(ReadOnlySpan<byte> symbols, int from, int count)
    {
        for (var i = 0; i < count; i++)
        {
            if (XReply.NumberAt(symbols, from + i) != 0)
            {
                return false;
            }
        }

        return true;
    }
}
