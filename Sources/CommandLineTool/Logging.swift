internal import Logging

/// How much the program says beside its results.
enum Verbosity {
  /// Errors only.
  case quiet
  /// Warnings and what was chosen.
  case normal
  /// Everything.
  case verbose

  /// Makes a logger that writes to standard error at this level.
  func makeLogger() -> Logger {
    var logger = Logger(label: "qchem-nqs", factory: { _ in StandardErrorHandler() })
    switch self {
    case .quiet: logger.logLevel = .error
    case .normal: logger.logLevel = .notice
    case .verbose: logger.logLevel = .debug
    }
    return logger
  }
}

/// Writes log lines to standard error without time stamps; warnings and errors say so.
private struct StandardErrorHandler: LogHandler {
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level = .notice

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let isWarning = event.level >= .warning
    Console.note((isWarning ? "\(event.level): " : "") + event.message.description)
  }
}
