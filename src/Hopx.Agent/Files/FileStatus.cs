namespace Hopx.Agent;

/// <summary>What the file system knows of a file.</summary>
internal sealed record FileStatus(ushort Mode, long Size, DateTimeOffset Modified, uint UserId, uint GroupId)
{
    private const int TypeMask = 0xF000;

    /// <summary>Names that it has; a directory that was removed while somebody held it open has none.</summary>
    public uint Links { get; init; }

    public bool IsDirectory => (Mode & TypeMask) == 0x4000;

    public bool IsRegular => (Mode & TypeMask) == 0x8000;

    public bool IsLink => (Mode & TypeMask) == 0xA000;

    /// <summary>As <c>ls -l</c> shows it.</summary>
    public string Permissions
    {
        get
        {
            const string Letters = "rwxrwxrwx";
            var type = (Mode & TypeMask) switch
            {
                0x4000 => 'd',
                0xA000 => 'l',
                0x1000 => 'p',
                0xC000 => 's',
                0x2000 => 'c',
                0x6000 => 'b',
                _ => '-',
            };
            return type + string.Create(Letters.Length, Mode, (text, mode) =>
            {
                for (var i = 0; i < text.Length; i++)
                {
                    text[i] = (mode & (0x100 >> i)) != 0 ? Letters[i] : '-';
                }
            });
        }
    }
}
