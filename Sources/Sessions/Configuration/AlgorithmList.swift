import Bytes
import SSH

/// A list of algorithms as ssh_config(5) has it: a new list, or with `+`, `-` or `^` in front a change of the usual one.
enum AlgorithmList {
    /// The list that `text` stands for. `usual` is what is offered without it and `find` makes an algorithm of a name, nil
    /// where there is no code for it; such names are added to `unknown`. Nil when nothing is left.
    static func parse<Algorithm: Equatable>(
        _ text: String, usual: [Algorithm], name: (Algorithm) -> String, find: (String) -> Algorithm?,
        unknown: inout [String]
    ) -> [Algorithm]? {
        let operation = text.first
        let hasOperation = operation == "+" || operation == "-" || operation == "^"
        let names = (hasOperation ? text.dropFirst() : text[...]).split(separator: ",").map(String.init)
        var result: [Algorithm]
        if operation == "-" {
            result = usual.filter { algorithm in !names.contains { matches($0, name(algorithm)) } }
        } else {
            var found: [Algorithm] = []
            for text in names {
                guard let algorithm = find(text) else {
                    unknown.append(text.visible())
                    continue
                }
                if !found.contains(algorithm) { found.append(algorithm) }
            }
            switch operation {
            case "+": result = usual + found.filter { !usual.contains($0) }
            case "^": result = found + usual.filter { !found.contains($0) }
            case _: result = found
            }
        }
        return result.isEmpty ? nil : result
    }

    private static func matches(_ pattern: String, _ name: String) -> Bool {
        Wildcard.matches(Array(pattern.utf8)[...], Array(name.utf8))
    }
}
