// swift-tools-version: 6.2
import Foundation
import PackageDescription

/// `FAIRLEAD_FUZZ=1` adds the fuzz targets and instruments everything (Scripts/fuzz).
let isFuzzing = Context.environment["FAIRLEAD_FUZZ"] == "1"
let fuzzing: [SwiftSetting] = isFuzzing ? [.unsafeFlags(["-sanitize=fuzzer,address"])] : []

/// The one list of Swift settings, shared by every target (docs/decisions/0001-package.md).
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableExperimentalFeature("Lifetimes"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
] + fuzzing

func path(of name: String) -> String {
    switch name {
    case _ where name.hasSuffix("Fuzz"): "Fuzz/\(name.dropLast(4))"
    case "TestHosts": "Tests/TestHosts"
    case _ where name.hasSuffix("Tests"): "Tests/\(name)"
    case _ where name.hasPrefix("C") && name != "Cryptography": "Sources/System/\(name)"
    default: "Sources/\(name)"
    }
}

func exists(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: Context.packageDirectory + "/" + path(of: name))
}

func library(_ name: String, leansOn dependencies: [String]) -> Target {
    .target(
        name: name, dependencies: dependencies.filter(exists).map { .init(stringLiteral: $0) }, path: path(of: name),
        swiftSettings: settings)
}

func tests(_ name: String, leansOn dependencies: [String]) -> Target {
    .testTarget(
        name: name, dependencies: dependencies.filter(exists).map { .init(stringLiteral: $0) }, path: path(of: name),
        swiftSettings: settings)
}

/// A fuzz target in `Fuzz/Name`, whose program is `NameFuzz`.
func fuzz(_ name: String, leansOn dependencies: [String]) -> Target {
    .executableTarget(
        name: name + "Fuzz", dependencies: (["FuzzDriver"] + dependencies).map { .init(stringLiteral: $0) }, path: path(of: name + "Fuzz"),
        swiftSettings: settings, linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])])
}

let fuzzTargets: [Target] = [
    .target(name: "FuzzDriver", dependencies: ["Bytes"], path: "Fuzz/Driver", swiftSettings: settings),
    fuzz("WireReader", leansOn: ["Bytes"]),
]

let package = Package(
    name: "Fairlead",
    platforms: [.macOS(.v26)],
    products: [],
    targets: [
        .systemLibrary(
            name: "CUV", path: "Sources/System/CUV", pkgConfig: "libuv",
            providers: [.apt(["libuv1-dev"]), .brew(["libuv"])]),
        .systemLibrary(
            name: "COpenSSL", path: "Sources/System/COpenSSL", pkgConfig: "libcrypto",
            providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]),
        .systemLibrary(
            name: "CSodium", path: "Sources/System/CSodium", pkgConfig: "libsodium",
            providers: [.apt(["libsodium-dev"]), .brew(["libsodium"])]),
        .systemLibrary(
            name: "CZlib", path: "Sources/System/CZlib", pkgConfig: "zlib",
            providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),

        library("Bytes", leansOn: []),
        library("Errors", leansOn: ["Bytes"]),
        library("Reactor", leansOn: ["Bytes", "CUV"]),
        library("Cryptography", leansOn: ["Bytes", "COpenSSL", "CSodium"]),
        library("SSH", leansOn: ["Bytes", "Errors", "Reactor", "Cryptography", "CZlib"]),
        library("SFTP", leansOn: ["SSH"]),
        library("Transfer", leansOn: ["SFTP"]),
        library("Sessions", leansOn: ["Transfer"]),
        library("Fairlead", leansOn: ["Sessions"]),
        .executableTarget(
            name: "FairleadCommand", dependencies: ["Errors", "Reactor", "Fairlead"].filter(exists).map { .init(stringLiteral: $0) },
            swiftSettings: settings),
        library("TestHosts", leansOn: []),
        tests("TestHostsTests", leansOn: ["TestHosts"]),
        tests("BytesTests", leansOn: ["Bytes"]),
        tests("ErrorsTests", leansOn: ["Errors"]),
        tests("ReactorTests", leansOn: ["Reactor"]),
        tests("CryptographyTests", leansOn: ["Cryptography"]),
        tests("SSHTests", leansOn: ["SSH", "TestHosts"]),
        tests("SFTPTests", leansOn: ["SFTP", "TestHosts"]),
        tests("TransferTests", leansOn: ["Transfer", "TestHosts"]),
        tests("SessionsTests", leansOn: ["Sessions", "TestHosts"]),
        tests("FairleadCommandTests", leansOn: ["FairleadCommand", "TestHosts"]),
    ].filter { exists($0.name) } + (isFuzzing ? fuzzTargets : [])
)
