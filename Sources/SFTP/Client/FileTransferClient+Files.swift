package import Bytes

/// Open files (draft-ietf-secsh-filexfer-02 §6.3 and §6.4).
extension FileTransferClient {
    /// Opens a file; `attributes` are those of a file that is created. Close the handle.
    package func open(
        _ path: RawPath, _ flags: OpenFlags, attributes: Attributes = Attributes()
    ) async throws(RequestError) -> Handle {
        try await ask(.open(path, flags, attributes), orphaned: { self.abandon($0) }) { reply throws(RequestError) in
            try reply.handle()
        }
    }

    /// Closes a file or directory; the handle is of no use afterwards, even when this fails.
    package func close(_ handle: Handle) async throws(RequestError) {
        try await ask(.close(handle)) { reply throws(RequestError) in try reply.done() }
    }

    /// Reads up to `length` bytes at `offset`: fewer when the server gives fewer, none at the end of the file.
    package func read(_ handle: Handle, offset: UInt64, length: Int) async throws(RequestError) -> ByteBuffer {
        try await perform { call in
            self.read(handle, offset: offset, length: length) { call.finish($0) }
        }
    }

    /// Writes all of `data` at `offset`, in one request.
    package func write(_ handle: Handle, offset: UInt64, _ data: ByteBuffer) async throws(RequestError) {
        try await perform { call in
            self.write(handle, offset: offset, data) { call.finish($0) }
        }
    }

    /// The attributes of an open file.
    package func attributes(of handle: Handle) async throws(RequestError) -> Attributes {
        try await ask(.fstat(handle)) { reply throws(RequestError) in try reply.attributes() }
    }

    /// Sets those attributes of an open file that are there; a size cuts it or fills it up.
    package func setAttributes(of handle: Handle, _ attributes: Attributes) async throws(RequestError) {
        try await ask(.fsetstat(handle, attributes)) { reply throws(RequestError) in try reply.done() }
    }

    /// Has the server bring a file to its disk (`fsync@openssh.com`).
    package func synchronize(_ handle: Handle) async throws(RequestError) {
        try await askExtension(.fsync(handle)) { reply throws(RequestError) in try reply.done() }
    }

    /// Has the server copy between open files (`copy-data`).
    package func copyData(_ copy: DataCopy) async throws(RequestError) {
        try await askExtension(.copyData(copy)) { reply throws(RequestError) in try reply.done() }
    }

    /// Statistics of the file system that an open file is on (`fstatvfs@openssh.com`).
    package func statistics(of handle: Handle) async throws(RequestError) -> FileSystemStatistics {
        try await askExtension(.fstatvfs(handle)) { reply throws(RequestError) in try reply.fileSystemStatistics() }
    }

    /// Hashes of an open file; `unsupported` when the server has no `check-file-handle`, which it need not announce.
    package func hashes(of handle: Handle, _ check: FileCheck) async throws(RequestError) -> FileHashes {
        try await ask(.extended(.checkFileHandle(handle, check))) { reply throws(RequestError) in try reply.fileHashes()
        }
    }
}
