/// Holds a noncopyable value in one place, so that a case of a state can carry it and change it in place.
final class Held<Value: ~Copyable> {
    var value: Value

    init(_ value: consuming Value) {
        self.value = value
    }
}
