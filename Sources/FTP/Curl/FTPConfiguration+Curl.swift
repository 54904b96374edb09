import Bytes
import CCurl
import Cryptography

extension FTPConfiguration {
    /// Sets what all requests have in common.
    func apply(to options: inout CurlOptions) {
        options.set(CURLOPT_NOSIGNAL, 1)
        // No proxy of the environment: it would speak HTTP, and see the password.
        options.set(CURLOPT_PROXY, [])
        options.set(CURLOPT_USERNAME, user.utf8)
        password.withBytes { bytes in options.set(CURLOPT_PASSWORD, [UInt8](bytes)) }
        options.set(CURLOPT_PATH_AS_IS, 1)
        options.set(CURLOPT_FTP_FILEMETHOD, Int(CURLFTPMETHOD_NOCWD.rawValue))
        options.set(CURLOPT_FTP_USE_EPSV, 1)
        // The address that PASV names could be anybody's.
        options.set(CURLOPT_FTP_SKIP_PASV_IP, 1)
        options.set(CURLOPT_TCP_KEEPALIVE, 1)
        options.set(CURLOPT_BUFFERSIZE, Limits.pieceLength)
        options.set(CURLOPT_UPLOAD_BUFFERSIZE, Limits.pieceLength)
        options.set(CURLOPT_CONNECTTIMEOUT_MS, connectTimeout.wholeMilliseconds)
        options.set(CURLOPT_SERVER_RESPONSE_TIMEOUT, max(1, responseTimeout.wholeMilliseconds / 1000))
        guard security != .none else { return }
        options.set(CURLOPT_USE_SSL, Int(CURLUSESSL_ALL.rawValue))
        options.set(CURLOPT_FTPSSLAUTH, Int(CURLFTPAUTH_TLS.rawValue))
        options.set(
            CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2) | (usesNewestTLS ? 0 : Int(CURL_SSLVERSION_MAX_TLSv1_2)))
        switch trust {
        case .system: break
        case .authorities(let file):
            options.set(CURLOPT_CAINFO, file.bytes)
            // Nothing but the file counts.
            options.clear(CURLOPT_CAPATH)
        case .nobody:
            options.set(CURLOPT_SSL_VERIFYPEER, 0)
            options.set(CURLOPT_SSL_VERIFYHOST, 0)
        }
        if let pinnedKey { options.set(CURLOPT_PINNEDPUBLICKEY, "sha256//\(Base64.encode(pinnedKey))".utf8) }
    }

    /// The URL of `path`, which is one to libcurl: from the directory of the user, or from the root.
    func url(of path: RawPath?) -> [UInt8] {
        var url = Array((security == .implicit ? "ftps://" : "ftp://").utf8)
        if host.utf8.contains(UInt8(ascii: ":")) {
            // A zone stands behind a %, which is %25 here (RFC 6874).
            url += Array("[\(host.split(separator: "%", maxSplits: 1).joined(separator: "%25"))]".utf8)
        } else {
            url += Array(host.utf8)
        }
        url += Array(":\(port)/".utf8)
        for byte in path?.bytes ?? [] {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "/"):
                url.append(byte)
            default: url += Array("%\(Hexadecimal.encode([byte]))".utf8)
            }
        }
        return url
    }
}

extension Duration {
    /// Whole milliseconds, at least 1 and at most a day.
    var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        return max(1, Int(min(max(seconds, 0), 86_400)) * 1000 + Int(max(attoseconds, 0) / 1_000_000_000_000_000))
    }
}
