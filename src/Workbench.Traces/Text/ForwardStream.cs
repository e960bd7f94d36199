namespace Workbench.Traces.Text;

/// <summary>A stream that is read once from front to back and does nothing else.</summary>
internal abstract class ForwardStream : Stream
{
    private const string OnlyForward = "this stream is read from front to back and does nothing else";

    public sealed override bool CanRead => true;
    public sealed override bool CanSeek => false;
    public sealed override bool CanWrite => false;
    public sealed override long Length => throw new NotSupportedException(OnlyForward);
    public sealed override long Position { get => throw new NotSupportedException(OnlyForward); set => throw new NotSupportedException(OnlyForward); }

    public sealed override void Flush() { }
    public sealed override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException(OnlyForward);
    public sealed override void SetLength(long value) => throw new NotSupportedException(OnlyForward);
    public sealed override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException(OnlyForward);
}
