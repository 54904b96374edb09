import Synchronization

/// What makes libcurl give up also where it waits in place and takes no commands.
final class CurlUrgency: Sendable {
    /// The handler whose request has to end, as a number; 0 for none.
    private let stopped = Atomic<UInt>(0)
    private let isClosing = Atomic(false)

    /// Has the request of `handler` end.
    func stop(_ handler: any TransferHandler) { stopped.store(Self.number(handler), ordering: .releasing) }

    /// Has everything end.
    func close() { isClosing.store(true, ordering: .releasing) }

    /// Before each request, as its handler may be where the last one to be stopped was. A stop that comes late holds its
    /// own handler, which is then not at that place.
    func forgetStop() { stopped.store(0, ordering: .releasing) }

    /// Why the request of `handler` has to end; nil when it may go on.
    func reason(for handler: any TransferHandler) -> FTPError? {
        if isClosing.load(ordering: .acquiring) { return .closed }
        return stopped.load(ordering: .acquiring) == Self.number(handler) ? .cancelled : nil
    }

    private static func number(_ handler: any TransferHandler) -> UInt {
        UInt(bitPattern: ObjectIdentifier(handler))
    }
}
