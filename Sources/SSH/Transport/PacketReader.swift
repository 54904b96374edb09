import Bytes

/// The receiving half of the binary packet protocol (RFC 4253 §6): opens packets in place, in the receive buffer.
struct PacketReader: ~Copyable {
    /// Sequence number of the packet that was opened last.
    private(set) var lastSequence: UInt32 = 0
    /// Bytes and packets under the present key.
    private(set) var byteCount: UInt64 = 0
    private(set) var packetCount: UInt64 = 0
    /// Set once the sequence number went round, which must not happen in the first key exchange (OpenSSH PROTOCOL §1.10).
    private(set) var hasWrapped = false
    private var sequence: UInt32 = 0
    private var protection = PacketProtection()
    private var decompressor: PayloadDecompressor?
    /// `packet_length` of the packet at the front, once known.
    private var pendingLength: Int?

    /// A packet that was opened: `total` bytes at the front of the buffer, its payload at `payload` within them, or in
    /// `inflated` when it was compressed.
    struct Packet {
        let total: Int
        let payload: Range<Int>
        let isCompressed: Bool
    }

    /// Opens the packet at the front of `buffer` in place; nil while it is not all there.
    mutating func next(
        _ buffer: inout ByteBuffer, inflated: inout ByteBuffer
    ) throws(TransportError) -> Packet? {
        if pendingLength == nil {
            pendingLength = try protection.packetLength(&buffer, sequence: sequence)
        }
        guard let length = pendingLength else { return nil }
        let total = 4 + length + protection.tagLength
        guard buffer.count >= total else { return nil }
        try protection.open(&buffer, length: length, sequence: sequence)
        pendingLength = nil
        lastSequence = sequence
        sequence &+= 1
        if sequence == 0 { hasWrapped = true }
        packetCount += 1
        byteCount += UInt64(total)
        let padding = Int(buffer[4])
        // At least one byte of payload: the message number.
        guard padding >= 4, padding <= length - 2 else {
            throw .violation("\(padding) bytes of padding in a packet of \(length)")
        }
        let payload = 5..<4 + length - padding
        guard let decompressor else { return Packet(total: total, payload: payload, isCompressed: false) }
        inflated.removeAll()
        try decompressor.decompress(
            buffer.bytes.extracting(payload), into: &inflated, limit: TransportLimits.payloadLength)
        guard !inflated.isEmpty else { throw .violation("an empty payload") }
        return Packet(total: total, payload: payload, isCompressed: true)
    }

    /// How many more bytes the packet at the front of `buffer` needs, as far as that is known.
    func missing(in buffer: borrowing ByteBuffer) -> Int {
        guard let pendingLength else { return 0 }
        return max(0, 4 + pendingLength + protection.tagLength - buffer.count)
    }

    /// Takes new keys into use, behind the peer's NEWKEYS.
    mutating func change(to next: PacketProtection, resettingSequence: Bool) {
        protection = next
        byteCount = 0
        packetCount = 0
        if resettingSequence { sequence = 0 }
    }

    /// Begins to decompress payloads, afresh under new keys (RFC 4253 §6.2).
    mutating func startCompression() throws(TransportError) {
        decompressor = PayloadDecompressor()
        if decompressor == nil { throw .violation("zlib has no memory") }
    }

    mutating func stopCompression() {
        decompressor = nil
    }
}
