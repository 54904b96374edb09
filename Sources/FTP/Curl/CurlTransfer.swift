import Bytes
import CCurl

/// A request that runs, and what was said for it.
final class CurlTransfer {
    let request: FTPRequest
    let handler: any TransferHandler
    /// Whether it waits for its handler.
    var isPaused = false
    /// Why it has to end, once that is known.
    var failure: FTPError?
    /// When something last moved.
    var moved = ContinuousClock.now
    private var exchanges: [FTPExchange] = []
    private var replyBytes = 0
    /// libcurl uses them as long as the request runs.
    private var lists: [CommandList] = []

    init(_ request: FTPRequest, _ handler: any TransferHandler) {
        self.request = request
        self.handler = handler
    }

    var hasSpoken: Bool { !exchanges.isEmpty }

    func apply(to options: inout CurlOptions, _ configuration: FTPConfiguration) {
        switch request.body {
        case .none:
            options.set(CURLOPT_URL, configuration.url(of: nil))
            options.set(CURLOPT_NOBODY, 1)
        case .listing(let command):
            options.set(CURLOPT_URL, configuration.url(of: nil))
            options.set(CURLOPT_CUSTOMREQUEST, command.bytes)
        case .download(let path, let offset):
            options.set(CURLOPT_URL, configuration.url(of: path))
            if offset > 0 { options.set(CURLOPT_RESUME_FROM_LARGE, offset: offset) }
        case .upload(let path, let start):
            options.set(CURLOPT_URL, configuration.url(of: path))
            options.set(CURLOPT_UPLOAD, 1)
            switch start {
            case .anew: break
            case .appending(let offset): options.set(CURLOPT_RESUME_FROM_LARGE, offset: offset)
            case .at(let offset):
                if let command = try? FTPCommand("REST", RawPath("\(offset)")) {
                    add([command], CURLOPT_PREQUOTE, &options)
                }
            }
        }
        add(request.before, CURLOPT_QUOTE, &options)
        add(request.after, CURLOPT_POSTQUOTE, &options)
    }

    private func add(_ commands: [FTPCommand], _ option: CURLoption, _ options: inout CurlOptions) {
        guard !commands.isEmpty else { return }
        let list = CommandList(commands)
        lists.append(list)
        options.set(option, list)
    }

    // MARK: What is said

    func sent(_ bytes: RawSpan) {
        var line = [UInt8](bytes)
        while line.last == 0x0A || line.last == 0x0D { line.removeLast() }
        let exchange = FTPExchange(command: line)
        let isSecret = ["PASS", "ACCT"].contains(exchange.verb)
        exchanges.append(isSecret ? FTPExchange(command: Array(exchange.verb.utf8)) : exchange)
    }

    func heard(_ bytes: RawSpan) {
        replyBytes += bytes.byteCount
        guard replyBytes <= Limits.replyBytes else {
            failure = failure ?? .protocolViolation("a reply has no end")
            return
        }
        var line = [UInt8](bytes)
        while line.last == 0x0A || line.last == 0x0D { line.removeLast() }
        if exchanges.isEmpty { exchanges.append(FTPExchange(command: [])) }
        exchanges[exchanges.count - 1].lines.append(line)
    }

    // MARK: The end

    /// What came of it when libcurl ended with `code` and said `text`, for `reason` if this side wanted it to end.
    func result(_ code: CURLcode, _ text: String, _ reason: FTPError?) -> Result<FTPOutcome, FTPError> {
        if let failure { return .failure(failure) }
        if code == CURLE_OK { return .success(FTPOutcome(exchanges: exchanges)) }
        if let reason { return .failure(reason) }
        return .failure(error(code, text))
    }

    private func error(_ code: CURLcode, _ text: String) -> FTPError {
        let last = exchanges.last
        let refusal = last?.reply.flatMap { $0.code >= 400 ? $0 : nil }
        let isSignedIn = exchanges.contains { !["", "USER", "PASS", "AUTH", "PBSZ", "PROT", "ACCT"].contains($0.verb) }
        // The server closes the connection with these words.
        if let refusal, refusal.code == 421 {
            return isSignedIn ? .connectionLost("\(refusal)") : .login(refusal)
        }
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: return .nameResolution(text)
        case CURLE_COULDNT_CONNECT: return isSignedIn ? .connectionLost(text) : .unreachable(text)
        case CURLE_OPERATION_TIMEDOUT: return .timedOut(text)
        case CURLE_LOGIN_DENIED: return refusal.map { .login($0) } ?? .protocolViolation(text)
        case CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CRL_BADFILE: return .configuration(text)
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR: return .certificate(text)
        case CURLE_SSL_PINNEDPUBKEYNOTMATCH: return .wrongPin
        case CURLE_USE_SSL_FAILED:
            return .tls(refusal.map { "the server offers none: \($0)" } ?? text)
        case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CIPHER, CURLE_SSL_ENGINE_INITFAILED: return .tls(text)
        case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_FTP_ACCEPT_FAILED:
            if let refusal, let last { return .refused(refusal, command: last.verb) }
            return .connectionLost(text)
        case CURLE_WEIRD_SERVER_REPLY, CURLE_FTP_WEIRD_PASS_REPLY, CURLE_FTP_WEIRD_PASV_REPLY,
            CURLE_FTP_WEIRD_227_FORMAT, CURLE_FTP_CANT_GET_HOST:
            return refusal.flatMap { refusal in last.map { .refused(refusal, command: $0.verb) } }
                ?? .protocolViolation(text)
        case CURLE_BAD_DOWNLOAD_RESUME: return .unsupported("an offset behind the end")
        default:
            if let refusal, let last { return .refused(refusal, command: last.verb) }
            return .protocolViolation(text)
        }
    }
}
