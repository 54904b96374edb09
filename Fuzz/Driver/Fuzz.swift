package import Bytes

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Runs `body` on one input after the other, as libFuzzer's options in the arguments say; never returns.
///
/// `body` must neither trap nor hang, whatever the input is. It runs on the main thread, one input at a time.
package func fuzz(_ body: @escaping (borrowing ByteBuffer) -> Void) -> Never {
    unsafe target = body
    var count = CommandLine.argc
    var arguments = unsafe Optional(CommandLine.unsafeArgv)
    exit(unsafe runDriver(&count, &arguments) { unsafe callTarget($0, $1) })
}

/// libFuzzer's own `main`, which is linked and never runs, refers to this name.
@_cdecl("LLVMFuzzerTestOneInput")
func callTarget(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    unsafe target(ByteBuffer(Array(UnsafeBufferPointer(start: start, count: count))))
    return 0
}

// Written once, before libFuzzer starts, and libFuzzer has one thread.
nonisolated(unsafe) private var target: (borrowing ByteBuffer) -> Void = { _ in }

/// libFuzzer's way to be called by a program with a `main` of its own (FuzzerInterface.h).
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt
