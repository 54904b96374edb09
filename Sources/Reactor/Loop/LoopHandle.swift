import CUV

/// The owner of one libuv handle: keeps itself alive until libuv has let the handle go, and then frees it.
///
/// Everything is called on the loop's thread.
@safe
package class LoopHandle: @unchecked Sendable {
    // Sendable because the loop's thread alone touches what can change; the entries check that.

    enum HandleState {
        case open
        /// Asked to close; libuv still holds it.
        case closing
        case closed
    }

    package let loop: EventLoop
    private let memory: UnsafeMutableRawPointer
    private(set) var handleState: HandleState
    /// What libuv said when the handle was made: 0, or why it failed.
    let initializationStatus: CInt

    /// Makes a handle of `kind` by `initialize`, which gets libuv's loop and the memory.
    init(
        loop: EventLoop, kind: uv_handle_type,
        _ initialize: (UnsafeMutablePointer<uv_loop_t>, UnsafeMutableRawPointer) -> CInt
    ) {
        loop.preconditionCurrent()
        self.loop = loop
        unsafe memory = .allocate(byteCount: uv_handle_size(kind), alignment: 16)
        initializationStatus = unsafe initialize(loop.uv, memory)
        handleState = initializationStatus == 0 ? .open : .closed
        if handleState == .open {
            // Balanced in the callback of `uv_close`.
            unsafe handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
        }
    }

    deinit {
        unsafe memory.deallocate()
    }

    /// The handle; valid as long as this object.
    var handle: UnsafeMutablePointer<uv_handle_t> { unsafe pointer() }

    /// The handle as the libuv type that it was initialised as.
    func pointer<Handle>(as type: Handle.Type = Handle.self) -> UnsafeMutablePointer<Handle> {
        unsafe memory.assumingMemoryBound(to: type)
    }

    /// The owner of `handle`; nil for the loop's own handles.
    static func of(_ handle: UnsafeMutablePointer<uv_handle_t>?) -> LoopHandle? {
        guard let data = unsafe handle?.pointee.data else { return nil }
        return unsafe Unmanaged<LoopHandle>.fromOpaque(data).takeUnretainedValue()
    }

    /// The owner, known to be a `Self`, of a handle that libuv's callback names.
    static func owner<Handle>(of handle: UnsafeMutablePointer<Handle>?) -> Self {
        // Only owners of this type install the callback that calls this, and libuv passes their handle.
        let handle = unsafe UnsafeMutableRawPointer(handle).unsafelyUnwrapped.assumingMemoryBound(to: uv_handle_t.self)
        return unsafe Unmanaged<Self>.fromOpaque(handle.pointee.data.unsafelyUnwrapped).takeUnretainedValue()
    }

    /// Gives the handle back; `handleDidClose` follows in a later turn. Does nothing the second time.
    func closeHandle() {
        unsafe closeHandle { handle, callback in unsafe uv_close(handle, callback) }
    }

    /// Gives the handle back by `close`, which has to call libuv with the callback.
    func closeHandle(by close: (UnsafeMutablePointer<uv_handle_t>, uv_close_cb?) -> Void) {
        loop.preconditionCurrent()
        guard handleState == .open else { return }
        handleState = .closing
        unsafe close(handle) { handle in
            guard let data = unsafe handle?.pointee.data else { return }
            let owner = unsafe Unmanaged<LoopHandle>.fromOpaque(data).takeRetainedValue()
            owner.handleState = .closed
            owner.handleDidClose()
        }
    }

    /// Libuv has let go of the handle. For subclasses.
    func handleDidClose() {}

    /// The loop shuts down: close.
    func loopIsStopping() { closeHandle() }
}
