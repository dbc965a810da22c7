import Foundation

// fuzz TARGET [OPTION VALUE]…: feeds mutated integral files to the readers; see Benchmarks/README.md.
// Exit code 1 where an input crashes a reader, takes too long or gives a faulty answer.

do throws(UsageError) {
  let plan = try Plan(arguments: Array(CommandLine.arguments.dropFirst()))
  exit(plan.run() ? 0 : 1)
} catch {
  FileHandle.standardError.write(Data("error: \(error.message)\n\(Plan.usage)\n".utf8))
  exit(2)
}
