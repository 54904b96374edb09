package import Bytes

extension ByteBuffer {
    /// Appends the name and the fields behind it.
    package mutating func append(_ request: ExtendedRequest) {
        append(string: request.name.rawValue)
        switch request {
        case .posixRename(let from, let to):
            append(from)
            append(to)
        case .statvfs(let path), .expandPath(let path): append(path)
        case .fstatvfs(let handle), .fsync(let handle): append(handle)
        case .hardlink(let existing, let link):
            append(existing)
            append(link)
        case .lsetstat(let path, let attributes):
            append(path)
            append(attributes)
        case .limits: break
        case .copyData(let copy):
            append(copy.source)
            append(copy.sourceOffset)
            append(copy.length)
            append(copy.destination)
            append(copy.destinationOffset)
        case .homeDirectory(let user): append(string: user)
        case .usersGroupsByID(let users, let groups):
            appendString { list in for id in users { list.append(id) } }
            appendString { list in for id in groups { list.append(id) } }
        case .checkFileHandle(let handle, let check):
            append(handle)
            append(check)
        case .checkFileName(let path, let check):
            append(path)
            append(check)
        case .other(_, let data): append(data)
        }
    }
}

extension WireReader {
    /// The next extended request: its name and the fields behind it.
    @_lifetime(self: copy self)
    package mutating func extendedRequest() throws(WireError) -> ExtendedRequest {
        let name = ExtensionName(rawValue: try text(limit: Limits.maximumExtensionNameLength))
        switch name {
        case .posixRename: return .posixRename(from: try path(), to: try path())
        case .statvfs: return .statvfs(try path())
        case .fstatvfs: return .fstatvfs(try handle())
        case .hardlink: return .hardlink(existing: try path(), link: try path())
        case .fsync: return .fsync(try handle())
        case .lsetstat: return .lsetstat(try path(), try attributes())
        case .limits: return .limits
        case .expandPath: return .expandPath(try path())
        case .copyData:
            let (source, sourceOffset, length) = (try handle(), try integer(UInt64.self), try integer(UInt64.self))
            return .copyData(
                DataCopy(
                    from: source, offset: sourceOffset, length: length, to: try handle(), offset: try integer()))
        case .homeDirectory: return .homeDirectory(user: try bytes(limit: Limits.maximumAccountNameLength))
        case .usersGroupsByID: return .usersGroupsByID(users: try identifiers(), groups: try identifiers())
        case .checkFileHandle: return .checkFileHandle(try handle(), try fileCheck())
        case .checkFileName: return .checkFileName(try path(), try fileCheck())
        case _: return .other(name, [UInt8](rest()))
        }
    }

    @_lifetime(self: copy self)
    private mutating func identifiers() throws(WireError) -> [UInt32] {
        let block = try string(limit: Limits.maximumIdentifierCount * 4)
        guard block.byteCount % 4 == 0 else { throw .malformed("a list of ids that ends within one") }
        return stride(from: 0, to: block.byteCount, by: 4).map { block.integer(at: $0) }
    }
}
