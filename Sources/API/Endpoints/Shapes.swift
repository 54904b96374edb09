import Sessions

/// The shapes of what goes in and comes out, as `api.md` has them.
enum Shapes {
    static let named: [(name: String, schema: Schema)] = [
        ("Problem", problem), ("Session", session), ("File", file),
    ]

    private static let port = Schema.integer(1...65_535)
    private static let count = Schema.integer(0...Int64.max)

    static let problem = Schema.object([
        .init("type", .string()), .init("title", .string()), .init("status", .integer(400...599)),
        .init("detail", .string(), "What happened and what to do, in one sentence."),
        .init(
            "category",
            .choice(["network", "authentication", "permission", "fileSystem", "protocol", "timeout", "internal"])),
        .init("retryable", .boolean), .init("request_id", .string()),
        .init(
            "errors",
            .array(of: .object([.init("field", .string()), .init("message", .string())]), maximum: 100),
            required: false),
        .init("fingerprint", .string(), required: false, "Of a host key that is not known, or has changed."),
        .init("randomart", .string(), required: false),
    ])

    static let session = Schema.object([
        .init("session_id", .string(.uuid)), .init("type", .choice(["ssh", "ftp"])), .init("host", .string()),
        .init("port", port), .init("username", .string()), .init("session_name", .optional(.string())),
        .init("connected_at", .string(.time)), .init("expires_at", .optional(.string(.time))),
        .init("last_activity", .string(.time)), .init("is_active", .boolean),
        .init("time_remaining_seconds", count),
        .init("state", .choice(ConnectionState.allCases.map(\.rawValue))), .init("owner", .string()),
        .init("host_key", .optional(.string())), .init("cipher", .optional(.string())),
        .init("kex", .optional(.string())), .init("terminals", count), .init("can_reconnect", .boolean),
    ])

    static let file = Schema.object([
        .init("name", .string()), .init("path", .string()), .init("is_directory", .boolean), .init("size", count),
        .init("size_formatted", .string()), .init("modified", .optional(.string(.time))),
        .init("permissions", .optional(.string())), .init("is_symlink", .boolean),
        .init("link_target", .optional(.string())), .init("owner", .optional(.string())),
        .init("group", .optional(.string())),
    ])

    // MARK: Requests

    private static let credentials: [Schema.Field] = [
        .init("password", .string(), required: false),
        .init("passphrase", .string(), required: false, "Of the key file."),
        .init("otp", .string(.line), required: false, "A one-time code, used once."),
        .init(
            "hostKey", .string(.fingerprint), required: false,
            "The fingerprint of the host's key: accepts it where it is not known yet."),
    ]

    static let connectSSH = Schema.object(
        [
            .init("host", .string(.host)), .init("username", .string(.account)), .init("port", port, required: false),
            .init("keyPath", .string(.path), required: false, "A key file on the service's machine."),
            .init("timeout", .integer(1...300), required: false, "Seconds for connecting; 30 when missing."),
            .init("sessionName", .string(.line), required: false),
            .init("jump", .string(.line), required: false, "Hosts to go through: user@host:22,…"),
        ] + credentials)

    static let connectFTP = Schema.object([
        .init("host", .string(.host)), .init("username", .string(.account)), .init("password", .string()),
        .init("port", port, required: false, "21 when missing, 990 with implicitTLS."),
        .init("useTLS", .boolean, required: false, "AUTH TLS, and nothing without it."),
        .init("implicitTLS", .boolean, required: false, "TLS from the first byte."),
        .init("timeout", .integer(1...300), required: false, "Seconds for connecting; 30 when missing."),
        .init("sessionName", .string(.line), required: false),
    ])

    static let reconnect = Schema.object(credentials)

    static let execute = Schema.object([
        .init("command", .string(.path), "For the user's shell on the host."),
        .init("timeout", .integer(1...86_400), required: false, "Seconds; 60 when missing."),
        .init("stdin", .string(), required: false), .init("env", .texts(maximum: 100), required: false),
        .init("cwd", .string(.path), required: false),
    ])

    static let download = Schema.object([
        .init("remotePath", .string(.path)),
        .init("localPath", .string(.path), required: false, "In the service's folder; the file's name when missing."),
    ])

    static let upload = Schema.object([
        .init("localPath", .string(.path), "In the service's folder."), .init("remotePath", .string(.path)),
    ])

    static let signIn = Schema.object([.init("username", .string(.line)), .init("password", .string(.line))])

    static let newUser = Schema.object([
        .init("name", .string(.userName)), .init("role", .choice(Role.allCases.map(\.rawValue))),
        .init("password", .string(.password), required: false),
    ])

    static let changedUser = Schema.object([
        .init("role", .choice(Role.allCases.map(\.rawValue)), required: false),
        .init("password", .string(.password), required: false),
    ])

    static let newToken = Schema.object([
        .init("name", .string(.line)), .init("days", .integer(1...3650), required: false, "No end when missing."),
    ])

    // MARK: Answers

    static let message = Schema.object([.init("message", .string())])

    static let sessions = Schema.object([.init("sessions", .array(of: .named("Session"), maximum: 10_000))])

    static let files = Schema.object([
        .init("current_path", .string()), .init("files", .array(of: .named("File"), maximum: 100_000)),
    ])

    static let executed = Schema.object([
        .init("output", .string(), "Both streams, as they came."),
        .init("exit_code", .optional(.integer(0...0xFFFF_FFFF))),
        .init("stdout", .string()), .init("stderr", .string()), .init("duration_ms", count),
        .init("signal", .optional(.string())), .init("truncated", .boolean),
    ])

    static let downloaded = Schema.object([
        .init("local_path", .string()), .init("size", count), .init("sha256", .optional(.string())),
    ])

    static let uploaded = Schema.object([
        .init("message", .string()), .init("size", count), .init("sha256", .optional(.string())),
    ])

    static let content = Schema.object([
        .init("path", .string()), .init("offset", count, "Bytes that are there."), .init("complete", .boolean),
        .init("sha256", .optional(.string())),
    ])

    static let cleaned = Schema.object([.init("cleaned", count), .init("message", .string())])

    static let health = Schema.object([.init("status", .choice(["ok"])), .init("service", .choice(["fairlead"]))])

    static let terminals = Schema.object([
        .init(
            "terminals",
            .array(
                of: .object([
                    .init("terminal_id", .string()), .init("columns", count), .init("rows", count),
                    .init("is_running", .boolean), .init("attached", count),
                ]), maximum: 10_000))
    ])

    static let whoami = Schema.object([
        .init("username", .string()), .init("role", .choice(Role.allCases.map(\.rawValue))),
        .init("csrf_token", .optional(.string()), "To be sent as X-CSRF-Token by pages."),
    ])

    static let user = Schema.object([
        .init("name", .string()), .init("role", .choice(Role.allCases.map(\.rawValue))),
        .init("has_password", .boolean),
        .init("created", .string(.time)),
    ])

    static let users = Schema.object([.init("users", .array(of: user, maximum: 100_000))])

    private static let tokenFields: [Schema.Field] = [
        .init("id", .string()), .init("name", .string()), .init("user", .string()), .init("created", .string(.time)),
        .init("expires", .optional(.string(.time))), .init("last_used", .optional(.string(.time))),
    ]

    static let tokens = Schema.object([.init("tokens", .array(of: .object(tokenFields), maximum: 100_000))])

    static let madeToken = Schema.object([
        .init("id", .string()), .init("token", .string(), "Shown this once."), .init("name", .string()),
    ])

    static let madeLink = Schema.object([.init("path", .string(), "Signs in once; below the service's address.")])
}
