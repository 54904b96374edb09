package import Bytes
import Sessions

/// The configuration file: one JSON object, every member optional.
///
/// | member | holds |
/// |---|---|
/// | `listen` | `ADDRESS:PORT` |
/// | `allowed_hosts` | names that `Host` may have |
/// | `tls` | `certificate`, `key`: PEM files |
/// | `sessions` | `maximum`, `idle_minutes`, `warning_minutes`, `terminals` |
/// | `limits` | a class of endpoints → `burst`, `rate` (requests a second) |
/// | `commands` | `allow`, `deny`: patterns |
/// | `preludes` | a host, or `*` → commands |
/// | `folders` | `files`, `keys`: on this machine; `remote`: on hosts |
/// | `audit` | `commands`: `program` or `full` |
package struct ConfigurationDocument: Sendable {
    /// What is wrong with it, in one sentence.
    package struct Defect: Error, Sendable, Equatable, CustomStringConvertible {
        package let description: String
    }

    private static let patterns = Schema.array(of: .string(.line), maximum: 1000)
    private static let paths = Schema.array(of: .string(.path), maximum: 100)
    private static let rule = Schema.object([
        .init("burst", .integer(1...1_000_000)), .init("rate", .number),
    ])
    private static let schema = Schema.object([
        .init("listen", .string(.line), required: false),
        .init("allowed_hosts", .array(of: .string(.host), maximum: 100), required: false),
        .init(
            "tls", .object([.init("certificate", .string(.path)), .init("key", .string(.path))]), required: false),
        .init(
            "sessions",
            .object([
                .init("maximum", .integer(1...10_000), required: false),
                .init("idle_minutes", .integer(1...43_200), required: false),
                .init("warning_minutes", .integer(0...43_200), required: false),
                .init("terminals", .integer(1...10_000), required: false),
            ]), required: false),
        .init(
            "limits",
            .object(LimitClass.allCases.map { Schema.Field($0.rawValue, rule, required: false) }), required: false),
        .init(
            "commands",
            .object([.init("allow", patterns, required: false), .init("deny", patterns, required: false)]),
            required: false),
        .init("preludes", .texts(maximum: 1000), required: false),
        .init(
            "folders",
            .object([
                .init("files", paths, required: false), .init("keys", paths, required: false),
                .init("remote", paths, required: false),
            ]), required: false),
        .init(
            "audit",
            .object([
                .init("commands", .choice(ServiceSettings.CommandRecord.allCases.map(\.rawValue)), required: false)
            ]), required: false),
    ])

    private let value: JSONValue

    /// Reads the text; what is unknown in it is an error too.
    package init(_ text: ByteBuffer) throws(Defect) {
        do throws(JSONError) { value = try JSONParser.parse(text) } catch {
            throw Defect(description: "it is no JSON: \(error)")
        }
        if let misfit = Self.schema.misfits(in: value).first {
            throw Defect(description: "\(misfit.field.isEmpty ? "it" : "'\(misfit.field)'") \(misfit.message)")
        }
        if let name = Self.unknown(in: value, Self.schema, "") {
            throw Defect(description: "'\(name)' is not known")
        }
    }

    /// The first member that the schema has not.
    private static func unknown(in value: JSONValue, _ schema: Schema, _ prefix: String) -> String? {
        guard case .object(let fields) = schema else { return nil }
        for member in value.members ?? [] {
            guard let field = fields.first(where: { $0.name == member.name }) else { return prefix + member.name }
            if let name = unknown(in: member.value, field.schema, prefix + member.name + ".") { return name }
        }
        return nil
    }

    /// The address to listen at.
    package var listen: String? { value["listen"]?.string }

    package var tls: (certificate: String, key: String)? {
        guard let tls = value["tls"], let certificate = tls["certificate"]?.string, let key = tls["key"]?.string else {
            return nil
        }
        return (certificate, key)
    }

    /// Changes what it has something to say about.
    package func apply(to configuration: inout ServiceConfiguration) {
        if let sessions = value["sessions"] {
            if let number = sessions["maximum"]?.integer { configuration.sessions.maximumSessions = Int(number) }
            if let minutes = sessions["idle_minutes"]?.integer {
                configuration.sessions.idleLimit = .seconds(60 * minutes)
            }
            if let minutes = sessions["warning_minutes"]?.integer {
                configuration.sessions.warning = .seconds(60 * minutes)
            }
            if let number = sessions["terminals"]?.integer { configuration.sessions.maximumTerminals = Int(number) }
        }
        if let tls { configuration.tls = tls }
        configuration.settings = settings
    }

    /// What can be told a running service.
    package var settings: ServiceSettings {
        var settings = ServiceSettings()
        settings.hosts = Self.texts(value["allowed_hosts"]).map { $0.lowercased() }
        for limit in LimitClass.allCases {
            guard let rule = value["limits"]?[limit.rawValue], let burst = rule["burst"]?.integer else { continue }
            settings.limits[limit] = TokenBucket.Rule(burst: Int(burst), rate: Self.number(rule["rate"]))
        }
        settings.commands = CommandRules(
            allowed: Self.texts(value["commands"]?["allow"]), denied: Self.texts(value["commands"]?["deny"]))
        for member in value["preludes"]?.members ?? [] {
            settings.preludes[member.name.lowercased()] = member.value.string
        }
        settings.fileFolders = Self.texts(value["folders"]?["files"]).map { RawPath($0) }
        settings.keyFolders = Self.texts(value["folders"]?["keys"]).map { RawPath($0) }
        settings.remoteFolders = Self.texts(value["folders"]?["remote"]).map { RawPath($0) }
        settings.commandRecord =
            value["audit"]?["commands"]?.string.flatMap(ServiceSettings.CommandRecord.init(rawValue:)) ?? .program
        return settings
    }

    private static func texts(_ value: JSONValue?) -> [String] { (value?.array ?? []).compactMap(\.string) }

    private static func number(_ value: JSONValue?) -> Double {
        switch value {
        case .integer(let number): Double(number)
        case .number(let number): number
        case .null, .bool, .string, .array, .object, nil: 1
        }
    }
}
