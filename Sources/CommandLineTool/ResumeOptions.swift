internal import Foundation
internal import Results
internal import Training

extension [GivenSetting] {
  /// Sets the values that a run that goes on may be given anew.
  ///
  /// A run that has converged does all the steps that the command line asks for: it would otherwise
  /// stop at once.
  ///
  /// - Parameters:
  ///   - settings: The run's settings.
  ///   - record: The run.
  /// - Throws: ``ToolError`` where another setting would change.
  func apply(to settings: inout Settings, goingOnWith record: RunRecord) throws(ToolError) {
    let positions = record.problem.positions
    // A preset that the run has says nothing new; applied, it would set network and optimiser.
    let news = latest.filter {
      $0.setting.name != Setting.basis.name || $0.text != record.settings.basis.rawValue
    }
    for given in news where !given.setting.canChange {
      var changed = record.settings
      try [given].apply(to: &changed, positions: positions)
      guard changed == record.settings else {
        throw ToolError(
          "--\(given.setting.name) \(given.text): --resume goes on with the run's own settings, of "
            + "which only \(withFlags(Setting.changeableNames.map { "`\($0)`" }.joined(separator: ", "))) "
            + "may change; leave it out, or start a new run.")
      }
    }
    try news.apply(to: &settings, positions: positions)
    let givesMinimum = contains { $0.setting.name == Setting.minimumSteps.name }
    if record.isConverged, !givesMinimum, let steps = askedSteps(in: settings),
      steps > record.snapshot.step
    {
      settings.convergence.minimumSteps = steps
    }
  }

  /// The number of steps, if the command line gives it.
  private func askedSteps(in settings: Settings) -> Int? {
    contains { $0.setting.name == Setting.steps.name && $0.file == nil }
      ? settings.convergence.steps : nil
  }

  /// Says what a run that goes on will do, where that is not simply the rest of its steps.
  ///
  /// - Parameters:
  ///   - record: The run.
  ///   - settings: Its settings from now on.
  /// - Returns: Lines for the log.
  /// - Throws: ``ToolError`` where the settings are out of range.
  func notices(of record: RunRecord, goingOnWith settings: Settings) throws(ToolError) -> [String] {
    let done = record.snapshot.step
    let asked = askedSteps(in: settings)
    let more = "--steps N with N above \(done) trains on"
    if let asked, asked <= done {
      return [
        "\(done) steps are done and --steps \(asked) asks for no more: evaluating only; \(more)"
      ]
    }
    if (settings.convergence.steps ?? .max) <= done {
      return ["all \(done) steps are done: evaluating only; \(more)"]
    }
    var lines: [String] = []
    if record.isConverged {
      if let asked, settings.convergence.minimumSteps == asked {
        lines.append(
          "converged after step \(done), but --steps \(asked) asks for more: training on")
      } else if settings.convergence == record.settings.convergence {
        return ["converged after step \(done): evaluating only; \(more)"]
      }
    }
    do throws(TrainingError) {
      return lines
        + (try settings.scheduleChanges(
          from: record.settings, problem: record.problem,
          sectorDimension: record.sectorDimension, step: record.snapshot.step))
    } catch {
      throw ToolError(error)
    }
  }

  /// The settings without those that a later one of the same name replaces.
  var latest: [GivenSetting] {
    var seen: Set<String> = []
    return reversed().filter { seen.insert($0.setting.name).inserted }.reversed()
  }
}

/// Throws where the path of a run to go on with is a folder.
func checkResumePath(_ path: String) throws(ToolError) {
  var isFolder: ObjCBool = false
  guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue
  else { return }
  let names = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [])
    .filter { $0.hasSuffix(".nqs.h5") }.sorted()
  let found =
    names.isEmpty
    ? "it has no file NAME.nqs.h5, which is how 'qchem-nqs solve' names results"
    : "it has " + names.prefix(5).joined(separator: ", ") + (names.count > 5 ? ", …" : "")
  throw ToolError("--resume \(path) is a folder; give the result file of a run (\(found)).")
}
