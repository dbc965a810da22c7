internal import ArgumentParser

/// `qchem-nqs scaling`.
struct ScalingCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scaling",
    abstract:
      "Measure how V-scores fall with computation: a sweep of runs, and the fit of their law.",
    discussion: """
      'run' trains vision transformers of several depths or widths on several lattices with several \
      seeds, one result for each in a folder. 'fit' fits V = A f^(-alpha) N^beta to their V-scores, \
      with f the operations and N the sites (arXiv:2606.02794), and draws it.

      Examples:
        qchem-nqs scaling run sweep --cases square:0,square:0.5 --sizes 4x4,6x6 --layers 1,2,4
        qchem-nqs scaling fit sweep --output scaling.svg
      """, subcommands: [ScalingRunCommand.self, ScalingFitCommand.self])
}
