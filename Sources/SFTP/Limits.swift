/// What this module allows a peer, in one place. Lengths are in bytes, counts in elements.
package enum Limits {
    /// The largest payload of one READ or WRITE that is asked for: OpenSSH's message limit of 256 KiB less its allowance
    /// of 1 KiB for the fields around it.
    package static let maximumTransferLength = 256 * 1024 - 1024
    /// The payload of one READ or WRITE when the server names no limits: what every server has to take
    /// (draft-ietf-secsh-filexfer-02 §3).
    package static let defaultTransferLength = 32_768
    /// The longest message, without its length field: 256 KiB of payload and 1 KiB for the fields around it.
    package static let maximumMessageLength = 256 * 1024 + 1024
    /// The shortest message, without its length field: a type and a request id or version.
    package static let minimumMessageLength = 5
    /// The longest handle (draft-ietf-secsh-filexfer-02 §6.3).
    package static let maximumHandleLength = 256
    /// The longest path or file name; names for local use are held to less (`NameValidator`).
    package static let maximumPathLength = 32_768
    /// The longest line of text about a file in a NAME reply: a path and the columns before it.
    package static let maximumLongNameLength = maximumPathLength + 1024
    /// The most pairs of extension names and data in INIT and VERSION.
    package static let maximumExtensionCount = 128
    /// The longest name of an extension, or type of an extended attribute.
    package static let maximumExtensionNameLength = 256
    /// The longest data of an extension in INIT and VERSION.
    package static let maximumExtensionDataLength = 16 * 1024
    /// The most extended attributes of one file.
    package static let maximumExtendedAttributeCount = 256
    /// How much of a STATUS reply's message is kept; the rest is dropped.
    package static let maximumStatusMessageLength = 4096
    /// How much of a STATUS reply's language tag is kept; the rest is dropped.
    package static let maximumLanguageTagLength = 64
    /// The fewest bytes of one entry in a NAME reply: two empty strings and the flags.
    package static let minimumNameEntryLength = 12
    /// The most user or group ids in one request for their names.
    package static let maximumIdentifierCount = 16_384
    /// The longest name of a user or group.
    package static let maximumAccountNameLength = 1024
    /// The most hash algorithms offered in one check-file request.
    package static let maximumHashAlgorithmCount = 32
    /// The most requests that a client may ever have in flight: a slot is 16 bits of the request id.
    package static let maximumRequestsInFlight = 65_536
    /// How many requests a client has in flight unless told otherwise.
    package static let defaultRequestsInFlight = 16_384
    /// The largest buffer that an idle core keeps for its next message.
    package static let retainedBufferLength = 64 * 1024
    /// From this length on, the payload of a WRITE goes to the carrier by itself instead of being copied behind its header.
    package static let separatePayloadLength = 4096
    /// How many bytes a component of a path may have on the file systems we write to (NAME_MAX).
    package static let maximumNameLength = 255
    /// The most entries that a listing gathers unless told otherwise.
    package static let defaultListingCount = 1_000_000
    /// The most bytes of names and attributes that a listing gathers.
    package static let maximumListingLength = 256 * 1024 * 1024
    /// How many READDIR requests a listing keeps in flight.
    package static let listingRequestsInFlight = 8
    /// How much of what a server's program writes to standard error is kept for the error message.
    package static let maximumStandardErrorLength = 4096
    /// The longest message that our server announces: OpenSSH's.
    package static let announcedMessageLength = 256 * 1024
    /// The most files and directories that one client of our server has open, unless told otherwise.
    package static let defaultOpenHandles = 1024
    /// How many requests of one client our server works on at a time unless told otherwise; others wait unread.
    package static let defaultServedRequests = 256
    /// How many bytes of WRITE requests our server takes in before they are on the disk; one request more may exceed it.
    package static let maximumPendingWriteLength = 4 * 1024 * 1024
    /// How many bytes of replies, at most, our server has work under way for when it begins more.
    package static let maximumPendingReplyLength = 1024 * 1024
    /// The longest entry in an answer of our server to READDIR: two names, attributes and the columns of the line.
    package static let directoryEntryLength = 2 * maximumNameLength + 256
    /// The longest reply of our server without data: a path or a text.
    package static let shortReplyLength = 10 * 1024
    /// From how many queued bytes of replies on our server starts nothing more, unless the carrier's mark is higher.
    package static let replyHighWaterMark = 1024 * 1024
    /// How many pieces of work of one client are in the thread pool at a time.
    package static let jobsInPool = 4
    /// How many of them may be long: hashes, copies, names of accounts, and waiting for the disk.
    package static let longJobsInPool = 3
    /// How many bytes of a READ or WRITE burst one piece of work takes.
    package static let jobLength = 512 * 1024
    /// How many requests one piece of work takes.
    package static let requestsPerJob = 32
    /// How many bytes READ or WRITE requests have together, at most, that are done on the loop itself (`DiskPace`), and how
    /// many they are: OpenSSH's `sftp` asks for 32 KiB at a time, and for the end of a small file by two at once.
    package static let directLength = 65_536
    package static let directCount = 4
    /// How large a file may be, in bytes, that is cut off or closed on the loop itself: freeing more takes a while.
    package static let directFileLength: UInt64 = 1024 * 1024
    /// How long the loop works on the requests of one client before others have their turn, in nanoseconds.
    package static let directTime: UInt64 = 200_000
    /// The most entries in one answer to READDIR.
    package static let directoryBatchCount = 256
    /// How many bytes a hash or a copy goes on for before others have their turn.
    package static let longOperationSlice = 8 * 1024 * 1024
    /// The smallest block of a hash by blocks (draft-ietf-secsh-filexfer-extensions-00 §3).
    package static let minimumHashBlockLength = 256
    /// The most names of users and groups that a server keeps in mind.
    package static let rememberedAccountCount = 1024
    /// Levels of a path that the order of requests tells apart.
    package static let pathKeyDepth = 64
    /// Paths by which one file is open that the order of requests tells apart.
    package static let keysPerFile = 16
    /// How many buffers a server keeps for the next replies and payloads while files are open.
    package static let spareBufferCount = 8
    /// How long a server that sends nothing more may take to close the channel.
    package static let closingTime = Duration.seconds(1)
}
