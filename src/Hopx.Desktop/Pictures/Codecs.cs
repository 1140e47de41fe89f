using System.Runtime.InteropServices;
using Hopx.Client;

namespace Hopx.Desktop;

/// <summary>JPEG and WebP as the template's own libraries write them.</summary>
internal static unsafe partial class Codecs
{
    private const int BlueGreenRedPadded = 3;
    private const int FullColor = 0;

    public static byte[] Jpeg(Frame frame, int quality)
    {
        var compressor = InitJpeg();
        byte* result = null;
        nuint size = 0;
        try
        {
            fixed (byte* pixels = frame.Pixels)
            {
                if (CompressJpeg(compressor, pixels, frame.Width, frame.Stride, frame.Height, BlueGreenRedPadded, &result, &size, FullColor, quality, 0) != 0)
                {
                    throw new HopxException(HopxErrorCode.InternalError, "The picture could not be written as JPEG. Ask for PNG.");
                }
            }

            return new ReadOnlySpan<byte>(result, checked((int)size)).ToArray();
        }
        finally
        {
            FreeJpeg(result);
            _ = DestroyJpeg(compressor);
        }
    }

    public static byte[] WebP(Frame frame, int quality)
    {
        var rgb = new byte[frame.Width * frame.Height * 3];
        for (int from = 0, to = 0; to < rgb.Length; from += 4, to += 3)
        {
            frame.Pixels.Slice(from, 3).CopyTo(rgb.AsSpan(to));
        }

        byte* result = null;
        try
        {
            nuint size;
            fixed (byte* pixels = rgb)
            {
                size = EncodeWebP(pixels, frame.Width, frame.Height, frame.Width * 3, quality, &result);
            }

            return size > 0
                ? new ReadOnlySpan<byte>(result, checked((int)size)).ToArray()
                : throw new HopxException(HopxErrorCode.InternalError, "The picture could not be written as WebP. Ask for PNG.");
        }
        finally
        {
            FreeWebP(result);
        }
    }

    [LibraryImport("libturbojpeg.so.0", EntryPoint = "tjInitCompress")]
    private static partial nint InitJpeg();

    [LibraryImport("libturbojpeg.so.0", EntryPoint = "tjCompress2")]
    private static partial int CompressJpeg(
        nint handle, byte* source, int width, int pitch, int height, int pixelFormat, byte** target, nuint* size, int subsampling, int quality, int flags);

    [LibraryImport("libturbojpeg.so.0", EntryPoint = "tjFree")]
    private static partial void FreeJpeg(byte* memory);

    [LibraryImport("libturbojpeg.so.0", EntryPoint = "tjDestroy")]
    private static partial int DestroyJpeg(nint handle);

    [LibraryImport("libwebp.so.7", EntryPoint = "WebPEncodeBGR")]
    private static partial nuint EncodeWebP(byte* source, int width, int height, int stride, float quality, byte** target);

    [LibraryImport("libwebp.so.7", EntryPoint = "WebPFree")]
    private static partial void FreeWebP(byte* memory);
}
