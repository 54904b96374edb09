internal import CSodium

/// Memory for the intermediate values of a computation with secrets: wiped when the computation ends, and never moved.
enum WorkingMemory {
    /// Lets `body` use `count` elements, all of them zero; the pointer is valid until `body` returns, and only then.
    static func with<Element: FixedWidthInteger & BitwiseCopyable, Result, Failure: Error>(
        _ type: Element.Type, count: Int, _ body: (UnsafeMutablePointer<Element>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let memory = UnsafeMutablePointer<Element>.allocate(capacity: count)
        unsafe memory.initialize(repeating: 0, count: count)
        defer {
            // Allocated above with this many bytes, all of them initialised.
            unsafe sodium_memzero(memory, count * MemoryLayout<Element>.stride)
            unsafe memory.deallocate()
        }
        return try unsafe body(memory)
    }
}
