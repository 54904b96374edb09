/// A queue of bytes: written at the back, read from the front, with spans over what is in between.
///
/// A value with copy-on-write storage; a buffer that one owner keeps is never copied. Space that reading freed at the
/// front is used again before the storage grows. Not bounded by itself: whoever fills one from a peer names the limit.
@safe
package struct ByteBuffer: @unchecked Sendable {
    // Sendable by copy-on-write: a storage that two values share is never written (`makeRoom`, `makeUnique`).
    @usableFromInline
    @safe
    final class Storage {
        @usableFromInline let base: UnsafeMutableRawPointer
        @usableFromInline let capacity: Int

        @usableFromInline
        init(capacity: Int) {
            unsafe base = .allocate(byteCount: capacity, alignment: 16)
            self.capacity = capacity
        }

        deinit {
            unsafe base.deallocate()
        }
    }

    @usableFromInline var storage: Storage
    @usableFromInline var lower = 0
    @usableFromInline var upper = 0

    /// An empty buffer with room for `capacity` bytes.
    package init(capacity: Int = 0) {
        storage = Storage(capacity: capacity)
    }

    /// A buffer that holds a copy of `bytes`.
    package init(_ bytes: RawSpan) {
        self.init(capacity: bytes.byteCount)
        append(bytes)
    }

    /// A buffer that holds a copy of `bytes`.
    package init(_ bytes: [UInt8]) {
        self.init(bytes.rawSpan)
    }

    /// How many bytes are there to read.
    @inlinable package var count: Int { upper - lower }

    @inlinable package var isEmpty: Bool { upper == lower }

    /// How many bytes fit before the storage has to move or grow.
    @inlinable package var freeCapacity: Int { storage.capacity - upper }

    /// The readable bytes.
    @inlinable package var bytes: RawSpan {
        @_lifetime(borrow self)
        get {
            // The storage lives as long as the borrow of `self`, and is not written while it lasts.
            let span = unsafe RawSpan(_unsafeStart: UnsafeRawPointer(storage.base + lower), byteCount: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// The readable bytes, to be changed in place.
    @inlinable package var mutableBytes: MutableRawSpan {
        @_lifetime(&self)
        mutating get {
            makeUnique()
            // `self` is borrowed exclusively for as long as the span lives.
            let span = unsafe MutableRawSpan(_unsafeStart: storage.base + lower, byteCount: count)
            return unsafe _overrideLifetime(span, mutating: &self)
        }
    }

    /// The byte at `offset` from the front; `offset` is in `0 ..< count`.
    @inlinable package subscript(offset: Int) -> UInt8 {
        get {
            precondition(offset >= 0 && offset < count, "offset is outside the buffer")
            return unsafe (storage.base + lower + offset).load(as: UInt8.self)
        }
        set {
            precondition(offset >= 0 && offset < count, "offset is outside the buffer")
            makeUnique()
            unsafe (storage.base + lower + offset).storeBytes(of: newValue, as: UInt8.self)
        }
    }

    /// Copies `bytes` to the back.
    @inlinable package mutating func append(_ bytes: RawSpan) {
        guard !bytes.isEmpty else { return }
        makeRoom(for: bytes.byteCount)
        unsafe bytes.withUnsafeBytes { source in
            // Not empty, so it has a base address.
            unsafe (storage.base + upper).copyMemory(from: source.baseAddress!, byteCount: source.count)
        }
        upper += bytes.byteCount
    }

    /// Copies `bytes` to the back.
    @inlinable package mutating func append(_ bytes: [UInt8]) {
        append(bytes.rawSpan)
    }

    /// Appends `value` in network byte order.
    @inlinable package mutating func append<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value) {
        makeRoom(for: MemoryLayout<Value>.size)
        unsafe (storage.base + upper).storeBytes(of: value.bigEndian, as: Value.self)
        upper += MemoryLayout<Value>.size
    }

    /// Appends `count` bytes of value `byte`.
    package mutating func append(repeating byte: UInt8, count: Int) {
        guard count > 0 else { return }
        makeRoom(for: count)
        unsafe (storage.base + upper).initializeMemory(as: UInt8.self, repeating: byte, count: count)
        upper += count
    }

    /// Overwrites the integer at `offset` from the front, in network byte order; all of it lies within the buffer.
    @inlinable package mutating func overwrite<Value: FixedWidthInteger & BitwiseCopyable>(
        _ value: Value, at offset: Int
    ) {
        precondition(offset >= 0 && offset + MemoryLayout<Value>.size <= count, "offset is outside the buffer")
        makeUnique()
        unsafe (storage.base + lower + offset).storeBytes(of: value.bigEndian, as: Value.self)
    }

    /// Drops `count` bytes from the front; `count` is in `0 ... self.count`.
    @inlinable package mutating func consume(_ count: Int) {
        precondition(count >= 0 && count <= self.count, "cannot consume more than there is")
        lower += count
        if lower == upper, isKnownUniquelyReferenced(&storage) {
            lower = 0
            upper = 0
        }
    }

    /// Drops `count` bytes from the back; `count` is in `0 ... self.count`.
    @inlinable package mutating func dropLast(_ count: Int) {
        precondition(count >= 0 && count <= self.count, "cannot drop more than there is")
        upper -= count
    }

    /// Drops everything and keeps the storage.
    package mutating func removeAll() {
        consume(count)
    }

    /// Overwrites the whole storage with zeros and drops everything.
    package mutating func wipe() {
        if isKnownUniquelyReferenced(&storage) {
            unsafe storage.base.initializeMemory(as: UInt8.self, repeating: 0, count: storage.capacity)
        }
        removeAll()
    }

    /// Overwrites `range`, counted from the front, with zeros, unless another value shares the storage: for a secret that
    /// has been copied out.
    package mutating func wipe(_ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "range is outside the buffer")
        guard isKnownUniquelyReferenced(&storage) else { return }
        unsafe (storage.base + lower + range.lowerBound)
            .initializeMemory(as: UInt8.self, repeating: 0, count: range.count)
    }

    /// Whether no other buffer shares the storage, so that writing to this one moves nothing.
    package mutating func isUnique() -> Bool {
        isKnownUniquelyReferenced(&storage)
    }

    /// Makes room for `count` more bytes without a further move or growth.
    package mutating func reserve(_ count: Int) {
        makeRoom(for: count)
    }

    /// Lets `fill` write into at least `minimum` bytes of free space at the back.
    ///
    /// `fill` returns how many bytes it wrote, from the start of the space; they become readable.
    /// For the modules that call C (`Reactor`, `Cryptography`, wrappers).
    @inlinable
    @discardableResult
    package mutating func withFreeSpace<E: Error>(
        minimum: Int, _ fill: (UnsafeMutableRawBufferPointer) throws(E) -> Int
    ) throws(E) -> Int {
        makeRoom(for: minimum)
        let space = unsafe UnsafeMutableRawBufferPointer(start: storage.base + upper, count: storage.capacity - upper)
        let written = try unsafe fill(space)
        precondition(written >= 0 && written <= space.count, "more was written than there is space")
        upper += written
        return written
    }

    /// Takes the first `count` bytes out as a buffer of their own, without a copy when that is all there is.
    package mutating func split(_ count: Int) -> ByteBuffer {
        precondition(count >= 0 && count <= self.count, "cannot split more than there is")
        if count == self.count {
            let whole = self
            self = ByteBuffer()
            return whole
        }
        let front = ByteBuffer(bytes.extracting(first: count))
        consume(count)
        return front
    }

    /// The readable bytes as an array.
    package var array: [UInt8] { [UInt8](bytes) }

    /// Ensures unique storage with `count` free bytes at the back: slides the bytes down where that is enough and cheap,
    /// else moves to larger storage.
    @usableFromInline
    mutating func makeRoom(for count: Int) {
        precondition(count >= 0, "cannot make room for less than nothing")
        if isKnownUniquelyReferenced(&storage) {
            if storage.capacity - upper >= count { return }
            // Slide only when the gap in front is at least as large as what moves, so that each byte moves O(1) times.
            if storage.capacity - self.count >= count, lower >= self.count {
                unsafe storage.base.copyMemory(from: storage.base + lower, byteCount: self.count)
                upper -= lower
                lower = 0
                return
            }
        }
        let needed = self.count + count
        move(toCapacity: Swift.max(needed, needed > storage.capacity ? storage.capacity * 2 : storage.capacity, 64))
    }

    @usableFromInline
    mutating func makeUnique() {
        if !isKnownUniquelyReferenced(&storage) { move(toCapacity: Swift.max(count, 64)) }
    }

    private mutating func move(toCapacity capacity: Int) {
        let larger = Storage(capacity: capacity)
        unsafe larger.base.copyMemory(from: storage.base + lower, byteCount: count)
        upper = count
        lower = 0
        storage = larger
    }
}

extension ByteBuffer: Equatable {
    package static func == (left: ByteBuffer, right: ByteBuffer) -> Bool {
        left.bytes.elementsEqual(right.bytes)
    }
}
