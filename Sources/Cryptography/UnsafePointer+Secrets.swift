// How the key encapsulation methods, whose arithmetic runs over pointers, reach the memory of arrays, spans and secrets.

extension Array {
    /// Lets `body` read the elements; an array that is not empty has a base address.
    @unsafe
    func withPointer<Result, Failure: Error>(
        _ body: (UnsafePointer<Element>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe withUnsafeBufferPointer { buffer throws(Failure) in
            guard let base = buffer.baseAddress else { preconditionFailure("an empty array") }
            return try unsafe body(base)
        }
    }

    /// Lets `body` change the elements.
    @unsafe
    mutating func withPointer<Result, Failure: Error>(
        _ body: (UnsafeMutablePointer<Element>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe withUnsafeMutableBufferPointer { buffer throws(Failure) in
            guard let base = buffer.baseAddress else { preconditionFailure("an empty array") }
            return try unsafe body(base)
        }
    }
}

extension Secret {
    /// Lets `body` read the bytes; the pointer is valid until it returns.
    @unsafe
    func withPointer<Result, Failure: Error>(
        _ body: (UnsafePointer<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withBytes { span throws(Failure) in
            try unsafe span.withUnsafeBytes { bytes throws(Failure) in
                guard let base = bytes.baseAddress else { preconditionFailure("an empty secret") }
                return try unsafe body(base.assumingMemoryBound(to: UInt8.self))
            }
        }
    }
}

extension MutableRawSpan {
    /// Lets `body` change the bytes; the pointer is valid until it returns.
    @unsafe
    mutating func withPointer<Result, Failure: Error>(
        _ body: (UnsafeMutablePointer<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe withUnsafeMutableBytes { bytes throws(Failure) in
            guard let base = bytes.baseAddress else { preconditionFailure("an empty span") }
            return try unsafe body(base.assumingMemoryBound(to: UInt8.self))
        }
    }
}

/// 0xFF where the `count` bytes of both differ anywhere, else 0, in a time that depends on `count` only.
func maskOfDifference(_ a: UnsafePointer<UInt8>, _ b: UnsafePointer<UInt8>, count: Int) -> UInt8 {
    var difference: UInt8 = 0
    for index in 0..<count { unsafe difference |= a[index] ^ b[index] }
    return 0 &- UInt8(truncatingIfNeeded: (UInt32(difference) &+ 255) &>> 8)
}
