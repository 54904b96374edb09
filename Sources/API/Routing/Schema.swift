/// The shape of a JSON value: checked in requests, and told to clients in the OpenAPI document.
package indirect enum Schema: Sendable {
    case string(StringRule = .any)
    case choice([String])
    case integer(ClosedRange<Int64>)
    case number
    case boolean
    case array(of: Schema, maximum: Int)
    case object([Field])
    /// Any names, each with a text.
    case texts(maximum: Int)
    /// A shape that is described once, by name.
    case named(String)
    case optional(Schema)
    /// Anything.
    case any

    /// One member of an object.
    package struct Field: Sendable {
        package let name: String
        package let schema: Schema
        package let isRequired: Bool
        package let description: String?

        package init(_ name: String, _ schema: Schema, required: Bool = true, _ description: String? = nil) {
            self.name = name
            self.schema = schema
            isRequired = required
            self.description = description
        }
    }

    /// What does not fit, and why.
    package struct Misfit: Sendable, Hashable {
        /// Such as `env.PATH`; empty for the whole.
        package let field: String
        package let message: String
    }

    /// How many misfits are told at once.
    private static let maximumMisfits = 20

    /// What does not fit in `value`. Members that the schema does not know are passed over.
    package func misfits(in value: JSONValue, at field: String = "") -> [Misfit] {
        var misfits: [Misfit] = []
        check(value, field, &misfits)
        return misfits
    }

    private func check(_ value: JSONValue, _ field: String, _ misfits: inout [Misfit]) {
        guard misfits.count < Self.maximumMisfits else { return }
        func complain(_ message: String) { misfits.append(Misfit(field: field, message: message)) }
        switch (self, value) {
        case (.any, _), (.named, _), (.boolean, .bool), (.number, .integer), (.number, .number): return
        case (.optional(let schema), _): if value != .null { schema.check(value, field, &misfits) }
        case (.string(let rule), .string(let text)):
            let count = text.unicodeScalars.count
            if count > rule.maximumLength {
                complain("may have at most \(rule.maximumLength) characters")
            } else if count < rule.minimumLength || !rule.permits(text) {
                complain(rule.wish)
            }
        case (.choice(let choices), .string(let text)):
            if !choices.contains(text) { complain("has to be one of \(choices.joined(separator: ", "))") }
        case (.integer(let range), .integer(let number)):
            if !range.contains(number) { complain("has to be from \(range.lowerBound) to \(range.upperBound)") }
        case (.array(let schema, let maximum), .array(let elements)):
            guard elements.count <= maximum else { return complain("may have at most \(maximum) elements") }
            for (index, element) in elements.enumerated() { schema.check(element, "\(field)[\(index)]", &misfits) }
        case (.object(let fields), .object):
            for known in fields {
                let name = field.isEmpty ? known.name : "\(field).\(known.name)"
                if let member = value[known.name] {
                    known.schema.check(member, name, &misfits)
                } else if known.isRequired {
                    misfits.append(Misfit(field: name, message: "is missing"))
                }
            }
        case (.texts(let maximum), .object(let members)):
            guard members.count <= maximum else { return complain("may have at most \(maximum) members") }
            for member in members {
                Schema.string().check(member.value, "\(field).\(member.name)", &misfits)
            }
        case (.string, _): complain("has to be a text")
        case (.choice(let choices), _): complain("has to be one of \(choices.joined(separator: ", "))")
        case (.integer, _): complain("has to be a whole number")
        case (.number, _): complain("has to be a number")
        case (.boolean, _): complain("has to be true or false")
        case (.array, _): complain("has to be a list")
        case (.object, _), (.texts, _): complain("has to be an object")
        }
    }

    /// As JSON Schema 2020-12, which OpenAPI 3.1 uses.
    package var document: JSONValue {
        switch self {
        case .any: return [:]
        case .string(let rule):
            var members: [(name: String, value: JSONValue)] = [("type", "string")]
            if rule.minimumLength > 0 { members.append(("minLength", .integer(Int64(rule.minimumLength)))) }
            members.append(("maxLength", .integer(Int64(rule.maximumLength))))
            if let pattern = rule.pattern { members.append(("pattern", .string(pattern))) }
            if let format = rule.format { members.append(("format", .string(format))) }
            return .object(members)
        case .choice(let choices): return ["type": "string", "enum": .array(choices.map { .string($0) })]
        case .integer(let range):
            return [
                "type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound),
            ]
        case .number: return ["type": "number"]
        case .boolean: return ["type": "boolean"]
        case .array(let schema, let maximum):
            return ["type": "array", "items": schema.document, "maxItems": .integer(Int64(maximum))]
        case .object(let fields):
            let properties = fields.map { field -> (name: String, value: JSONValue) in
                guard let description = field.description, case .object(let members) = field.schema.document else {
                    return (field.name, field.schema.document)
                }
                return (field.name, .object(members + [("description", .string(description))]))
            }
            var members: [(name: String, value: JSONValue)] = [
                ("type", "object"), ("properties", .object(properties)),
            ]
            let required = fields.filter(\.isRequired).map { JSONValue.string($0.name) }
            if !required.isEmpty { members.append(("required", .array(required))) }
            return .object(members)
        case .texts(let maximum):
            return [
                "type": "object", "additionalProperties": Schema.string().document,
                "maxProperties": .integer(Int64(maximum)),
            ]
        case .named(let name): return ["$ref": .string("#/components/schemas/\(name)")]
        case .optional(let schema): return ["anyOf": [schema.document, ["type": "null"]]]
        }
    }
}
