internal import CTLS

/// The owner of one of libssl's contexts, which connections share; constant once it is made.
@safe
final class TLSContextHandle: @unchecked Sendable {
    // Sendable because it is not changed after `init`, and libssl counts references and locks its session cache.
    let pointer: OpaquePointer

    /// A context for TLS 1.2 and later, without renegotiation and compression.
    init(isServer: Bool) throws(TLSError) {
        ERR_clear_error()
        let context = unsafe SSL_CTX_new(isServer ? TLS_server_method() : TLS_client_method())
        guard let context = unsafe context else {
            throw .configuration("context: \(TLSError.reason("out of memory"))")
        }
        unsafe pointer = context
        // The macros of libssl that Swift does not see are calls of this kind.
        unsafe SSL_CTX_ctrl(pointer, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_2_VERSION), nil)
        unsafe SSL_CTX_ctrl(
            pointer, SSL_CTRL_MODE,
            Int(
                SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
                    | UInt32(SSL_MODE_RELEASE_BUFFERS)), nil)
        unsafe SSL_CTX_set_options(pointer, Self.options)
        guard unsafe SSL_CTX_set_cipher_list(pointer, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1 else {
            throw .configuration("ciphers: \(TLSError.reason("refused"))")
        }
    }

    deinit {
        unsafe SSL_CTX_free(pointer)
    }

    /// `SSL_OP_NO_COMPRESSION` and `SSL_OP_NO_RENEGOTIATION` (ssl.h), macros that Swift does not see.
    private static let options: UInt64 = 1 << 17 | 1 << 30

    /// Takes the chain and the key, in PEM, of the files at these paths.
    func use(certificateFile: String, keyFile: String) throws(TLSError) {
        ERR_clear_error()
        guard unsafe SSL_CTX_use_certificate_chain_file(pointer, certificateFile) == 1 else {
            throw .configuration("certificate: \(TLSError.reason("cannot be read"))")
        }
        guard unsafe SSL_CTX_use_PrivateKey_file(pointer, keyFile, SSL_FILETYPE_PEM) == 1 else {
            throw .configuration("key: \(TLSError.reason("cannot be read"))")
        }
        guard unsafe SSL_CTX_check_private_key(pointer) == 1 else {
            throw .configuration("key: \(TLSError.reason("does not belong to the certificate"))")
        }
    }

    /// Chooses one of `protocols`, in our order of preference, for clients that offer any (RFC 7301).
    func offer(_ protocols: TLSProtocols) {
        // Static bytes: they live as long as the process.
        let list = unsafe UnsafeMutableRawPointer(mutating: protocols.list.utf8Start)
        let choose: SSL_CTX_alpn_select_cb_func = { _, output, count, offered, offeredCount, list in
            guard let list = unsafe list, let output = unsafe output else { return SSL_TLSEXT_ERR_ALERT_FATAL }
            let bytes = unsafe list.assumingMemoryBound(to: UInt8.self)
            // The lists differ in their length: the one with `h2` begins with its length 2.
            let length: UInt32 = unsafe bytes.pointee == 2 ? 12 : 9
            var chosen: UnsafeMutablePointer<UInt8>?
            let status = unsafe SSL_select_next_proto(&chosen, count, bytes, length, offered, offeredCount)
            guard status == OPENSSL_NPN_NEGOTIATED else { return SSL_TLSEXT_ERR_ALERT_FATAL }
            unsafe output.pointee = UnsafePointer(chosen)
            return SSL_TLSEXT_ERR_OK
        }
        unsafe SSL_CTX_set_alpn_select_cb(pointer, choose, list)
    }

    /// Trusts the authorities in the file at `path`, or the system's.
    func trust(_ path: String?) throws(TLSError) {
        ERR_clear_error()
        let status =
            if let path { unsafe SSL_CTX_load_verify_locations(pointer, path, nil) } else {
                unsafe SSL_CTX_set_default_verify_paths(pointer)
            }
        guard status == 1 else { throw .configuration("authorities: \(TLSError.reason("cannot be read"))") }
        unsafe SSL_CTX_set_verify(pointer, SSL_VERIFY_PEER, nil)
    }
}

/// What is offered by ALPN.
enum TLSProtocols: Sendable {
    case http1
    case http1And2

    /// Each name behind its length (RFC 7301 §3.1).
    var list: StaticString {
        switch self {
        case .http1: "\u{08}http/1.1"
        case .http1And2: "\u{02}h2\u{08}http/1.1"
        }
    }
}
