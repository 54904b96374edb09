/// Where a `ClientCore` puts what arrives. Called while the core is at work: it must not be called back from here.
package protocol ReplySink: ~Copyable {
    /// The server's VERSION; comes once, before everything else.
    mutating func versionReceived(_ hello: Hello)
    /// A whole reply, never DATA. The request is done.
    mutating func replyReceived(_ id: RequestID, _ reply: Reply)
    /// DATA of `count` bytes, no more than were asked for, begins.
    mutating func dataBegan(_ id: RequestID, count: Int)
    /// The next bytes of the data, which belong at `offset` from its start; valid during the call.
    mutating func dataPiece(_ id: RequestID, _ piece: RawSpan, offset: Int)
    /// The data is complete. The request is done.
    mutating func dataEnded(_ id: RequestID)
}
