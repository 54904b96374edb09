/// One connection to an FTP server through libcurl: one request at a time, on a thread of its own.
///
/// Its own, because libcurl waits in place for TLS on a data connection and for the reply behind a transfer: that must not
/// hold up anybody else's bytes. Everything may be called from any thread.
final class CurlConnection: Sendable {
    private let driver: CurlDriver

    init(_ configuration: FTPConfiguration) {
        driver = CurlDriver(configuration)
        driver.launch()
    }

    deinit {
        // Nothing runs, or somebody would hold this; so nobody waits for it either.
        _ = driver.post(.close(nil))
    }

    /// Begins a request; the one before has ended.
    func start(_ request: FTPRequest, _ handler: any TransferHandler) {
        driver.urgency.forgetStop()
        handler.begin(on: self, as: handler)
        if !driver.post(.start(request, handler)) { handler.end(.failure(.closed)) }
    }

    /// Gives the request of `handler` up, if it is the one that runs.
    func stop(_ handler: any TransferHandler, _ error: FTPError) {
        driver.urgency.stop(handler)
        _ = driver.post(.stop(handler, error))
    }

    /// Goes on with a request that waits for its handler.
    func resume(_ handler: any TransferHandler) {
        _ = driver.post(.resume(handler))
    }

    /// Ends it without a word to the server, and its thread.
    func close() async {
        driver.urgency.close()
        await withCheckedContinuation { continuation in
            if !driver.post(.close(continuation)) { continuation.resume() }
        }
    }
}
