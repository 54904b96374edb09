import Bytes

/// The sending half of the binary packet protocol (RFC 4253 §6): payloads in, sealed packets out.
struct PacketWriter: ~Copyable, PacketSink {
    /// Sealed packets that were not handed to the socket yet.
    var outbound = ByteBuffer()
    private(set) var sequence: UInt32 = 0
    /// Bytes and packets under the present key.
    private(set) var byteCount: UInt64 = 0
    private(set) var packetCount: UInt64 = 0
    /// What went wrong in sealing; nothing is sent afterwards.
    private(set) var failure: TransportError?
    private var protection = PacketProtection()
    private var compressor: PayloadCompressor?
    /// The lengths and the first fields of a packet that is sealed from pieces; kept for its storage.
    private var front = ByteBuffer()

    mutating func sendPacket(_ write: (inout ByteBuffer) -> Void) {
        guard failure == nil else { return }
        let start = outbound.count
        outbound.append(0 as UInt32)
        outbound.append(0 as UInt8)
        if let compressor {
            var payload = ByteBuffer(capacity: 1024)
            write(&payload)
            guard compressor.compress(payload.bytes, into: &outbound) else {
                failure = .violation("zlib could not compress a payload")
                outbound.dropLast(outbound.count - start)
                return
            }
        } else {
            write(&outbound)
        }
        do throws(TransportError) {
            try protection.seal(&outbound, from: start, sequence: sequence)
        } catch {
            return fail(error, start)
        }
        countPacket(from: start)
    }

    mutating func sendPacket(
        _ count: Int, from queue: inout OutboundQueue, behind write: (inout ByteBuffer) -> Void
    ) {
        guard failure == nil else { return }
        guard compressor == nil, protection.sealsPieces else {
            sendPacket { buffer in
                write(&buffer)
                queue.move(count, to: &buffer)
            }
            return
        }
        front.removeAll()
        front.append(0 as UInt32)
        front.append(0 as UInt8)
        write(&front)
        let start = outbound.count
        do throws(TransportError) {
            try protection.seal(&front, count, from: &queue, onto: &outbound, sequence: sequence)
        } catch {
            return fail(error, start)
        }
        countPacket(from: start)
    }

    /// Takes back the packet that begins at `start`, and sends none any more.
    private mutating func fail(_ error: TransportError, _ start: Int) {
        failure = error
        outbound.dropLast(outbound.count - start)
    }

    private mutating func countPacket(from start: Int) {
        sequence &+= 1
        packetCount += 1
        byteCount += UInt64(outbound.count - start)
    }

    /// Takes new keys into use, behind our NEWKEYS; strict key exchange begins the sequence anew (OpenSSH PROTOCOL §1.10).
    mutating func change(to next: PacketProtection, resettingSequence: Bool) {
        protection = next
        byteCount = 0
        packetCount = 0
        if resettingSequence { sequence = 0 }
    }

    /// Begins to compress payloads, as a new stream: each key exchange starts one (RFC 4253 §6.2).
    mutating func startCompression() {
        compressor = PayloadCompressor()
        if compressor == nil { failure = .violation("zlib has no memory") }
    }

    /// Sends payloads as they are again: new keys came with `none`.
    mutating func stopCompression() {
        compressor = nil
    }
}
