import API
import Bytes
import FuzzDriver

// What a request's body, a configuration file or a WebSocket's text says: whatever is taken comes back the same.

fuzz { input in
    let text = input.array
    _ = try? ConfigurationDocument(ByteBuffer(text))
    guard let value = try? JSONParser.parse(text) else { return }
    guard let again = try? JSONParser.parse(value.bytes) else { preconditionFailure("what was written cannot be read") }
    precondition(again == value, "what was written is read as something else")
}
