import Bytes
internal import CTLS

/// One connection's TLS without I/O: what the peer sent goes in, what it has to get comes out.
@safe
final class TLSSession {
    enum ReadResult: Equatable {
        /// Something was appended.
        case data
        /// More has to come.
        case needsMore
        /// The peer has said that nothing more comes.
        case ended
    }

    private let ssl: OpaquePointer
    /// What the peer sent, and what it is to get; both belong to `ssl`.
    private let input: OpaquePointer
    private let output: OpaquePointer

    /// A server's.
    convenience init(server context: TLSContextHandle) throws(TLSError) {
        try self.init(context)
        unsafe SSL_set_accept_state(ssl)
    }

    /// A client's, for the server called `host`, a name or an address, whose certificate has to be for it.
    convenience init(client context: TLSContextHandle, host: String) throws(TLSError) {
        try self.init(context)
        unsafe SSL_set_connect_state(ssl)
        let isAddress = unsafe X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1
        if !isAddress {
            // The name goes out with the first message (RFC 6066 §3), as a C string, and is compared with the certificate.
            let isNamed = unsafe host.withCString { name in
                unsafe SSL_ctrl(
                    ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, Int(TLSEXT_NAMETYPE_host_name),
                    UnsafeMutableRawPointer(mutating: name)) == 1 && SSL_set1_host(ssl, name) == 1
            }
            guard isNamed else { throw .configuration("host name: \(TLSError.reason("refused"))") }
        }
        let list = TLSProtocols.http1.list
        // Zero is success here, unlike elsewhere in libssl.
        guard unsafe SSL_set_alpn_protos(ssl, list.utf8Start, UInt32(list.utf8CodeUnitCount)) == 0 else {
            throw .configuration("protocols: \(TLSError.reason("refused"))")
        }
    }

    private init(_ context: TLSContextHandle) throws(TLSError) {
        ERR_clear_error()
        guard let ssl = unsafe SSL_new(context.pointer) else {
            throw .configuration("session: \(TLSError.reason("out of memory"))")
        }
        guard let input = unsafe BIO_new(BIO_s_mem()) else {
            unsafe SSL_free(ssl)
            throw .configuration("session: out of memory")
        }
        guard let output = unsafe BIO_new(BIO_s_mem()) else {
            unsafe BIO_free(input)
            unsafe SSL_free(ssl)
            throw .configuration("session: out of memory")
        }
        unsafe self.ssl = ssl
        unsafe self.input = input
        unsafe self.output = output
        // Takes both over.
        unsafe SSL_set_bio(ssl, input, output)
    }

    deinit {
        unsafe SSL_free(ssl)
    }

    /// Takes bytes that the peer sent.
    func receive(_ bytes: RawSpan) {
        unsafe bytes.withUnsafeBytes { bytes in
            // A memory BIO takes everything, and callers give it no more than a read's worth.
            _ = unsafe BIO_write(input, bytes.baseAddress, Int32(clamping: bytes.count))
        }
    }

    /// What the peer has to get.
    func takeOutput() -> ByteBuffer {
        var buffer = ByteBuffer()
        while true {
            let pending = unsafe BIO_ctrl_pending(output)
            guard pending > 0 else { return buffer }
            unsafe buffer.withFreeSpace(minimum: pending) { space in
                Int(max(0, unsafe BIO_read(output, space.baseAddress, Int32(clamping: space.count))))
            }
        }
    }

    /// Goes on with the handshake; whether it is done.
    func handshake() throws(TLSError) -> Bool {
        ERR_clear_error()
        let status = unsafe SSL_do_handshake(ssl)
        if status == 1 { return true }
        switch unsafe SSL_get_error(ssl, status) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return false
        default:
            let verification = unsafe SSL_get_verify_result(ssl)
            if verification != Int(X509_V_OK) {
                ERR_clear_error()
                throw .failed(unsafe String(cString: X509_verify_cert_error_string(verification)))
            }
            throw .failed(TLSError.reason("the handshake failed"))
        }
    }

    /// Appends what has been decrypted to `buffer`.
    func read(into buffer: inout ByteBuffer) throws(TLSError) -> ReadResult {
        ERR_clear_error()
        var status: Int32 = 0
        // One record holds 16 KiB at most.
        unsafe buffer.withFreeSpace(minimum: 16 << 10) { space in
            status = unsafe SSL_read(ssl, space.baseAddress, Int32(clamping: space.count))
            return Int(max(0, status))
        }
        if status > 0 { return .data }
        switch unsafe SSL_get_error(ssl, status) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .needsMore
        case SSL_ERROR_ZERO_RETURN: return .ended
        default: throw .failed(TLSError.reason("a record is wrong"))
        }
    }

    /// Encrypts all of `bytes`; the handshake is done.
    func write(_ bytes: RawSpan) throws(TLSError) {
        var position = 0
        while position < bytes.byteCount {
            ERR_clear_error()
            let rest = bytes.extracting(position..<bytes.byteCount)
            let status = unsafe rest.withUnsafeBytes { rest in
                unsafe SSL_write(ssl, rest.baseAddress, Int32(clamping: rest.count))
            }
            guard status > 0 else { throw .failed(TLSError.reason("nothing can be written")) }
            position += Int(status)
        }
    }

    /// Says that nothing more comes (RFC 8446 §6.1).
    func shutdown() {
        ERR_clear_error()
        _ = unsafe SSL_shutdown(ssl)
        ERR_clear_error()
    }

    /// The protocol that ALPN chose; empty for none.
    var chosenProtocol: String {
        var start: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        unsafe SSL_get0_alpn_selected(ssl, &start, &count)
        // The bytes belong to the session, which outlives this call.
        return unsafe String(decoding: UnsafeBufferPointer(start: start, count: Int(count)), as: UTF8.self)
    }

    /// The version in use, such as `TLSv1.3`.
    var version: String { unsafe String(cString: SSL_get_version(ssl)) }
}
