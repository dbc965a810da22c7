internal import ExactSolvers
internal import FreeEnergy
internal import Hamiltonians
internal import NeuralNetworks
internal import Results
internal import SpinMonteCarlo
internal import Training

/// The methods that a run used, by the keys of `CITATIONS.bib`.
struct Methods {
  /// A method and its paper.
  struct Method: Hashable {
    let key: String
    /// What the paper is cited for.
    let reason: String
  }

  private(set) var used: [Method] = []

  /// Reads the methods off a result.
  init(of result: StoredResult) {
    switch result {
    case .run(let record): add(record)
    case .spins(let record, let evaluation): add(record, evaluation)
    case .classical(let record, let evaluation): add(record, evaluation)
    case .exact(let record): add(record)
    }
  }

  private mutating func cite(_ key: String, _ reason: String) {
    if !used.contains(where: { $0.key == key }) { used.append(Method(key: key, reason: reason)) }
  }

  // MARK: - Autoregressive networks

  private mutating func add(_ record: RunRecord) {
    let settings = record.settings
    cite("Carleo2017", "neural quantum states")
    switch settings.ansatz.kind {
    case .transformer: cite("Vaswani2017", "the transformer")
    case .retnet:
      cite("Sun2023", "the retentive network")
      cite("Knitter2025", "retentive networks as quantum states")
    case .made:
      cite("Germain2015", "the masked autoencoder")
      cite("Zhao2023", "masked autoencoders as quantum states")
    case .nade: cite("Uria2016", "the neural autoregressive distribution estimator")
    }
    cite("Barrett2022", "sampling distinct configurations of autoregressive quantum states")
    cite("Kish1965", "effective numbers of draws")
    switch settings.optimizer.kind {
    case .sr:
      cite("Chen2024", "natural gradients in sample space")
      cite("Rende2024", "natural gradients in sample space")
      if (settings.optimizer.momentum ?? 0) > 0 {
        cite("Goldshlager2024", "momentum of natural gradients")
      }
    case .adam:
      cite("Kingma2015", "Adam")
      cite("Loshchilov2019", "decoupled weight decay")
    }
    if record.snapshot.trace.contains(where: { $0.temperature > 0 }) {
      cite("HibatAllah2021", "variational neural annealing")
    }
    switch record.problem {
    case .molecule: addMolecule(record)
    case .lattice(let model): addLattice(record, model)
    }
    if record.final != nil { cite("Wu2024", "the V-score") }
  }

  private mutating func addMolecule(_ record: RunRecord) {
    cite("Choo2020", "neural quantum states of molecules")
    cite("Scemama2013", "Slater-Condon rules on bit strings")
    if record.settings.start.kind == .perturbative {
      cite("Huron1973", "the perturbative start")
    }
    if record.final?.selected != nil { addSelected() }
    if record.final?.observables?.entropies != nil { addEntropies() }
  }

  private mutating func addSelected() {
    cite("Holmes2016", "heat-bath selected CI")
    cite("Sharma2017", "its second order, part of it sampled")
    cite("Li2018", "its rows by strings")
    cite("Holmes2017", "its extrapolation")
    cite("Davidson1975", "the lowest eigenvector")
  }

  private mutating func addEntropies() {
    cite("Rissler2006", "entropies and mutual information of orbitals")
    cite("Boguslawski2013", "entropies and mutual information of orbitals")
  }

  private mutating func addLattice(_ record: RunRecord, _ model: LatticeModel) {
    if !record.snapshot.symmetries.isEmpty {
      cite("Sandvik2010", "symmetries of lattices")
      if model.shellCouplings.dropFirst().allSatisfy({ $0 == 0 }) {
        cite("Marshall1955", "signs without frustration")
      }
    }
  }

  // MARK: - Spins and exact vectors

  private mutating func add(_ record: SpinRecord, _ evaluation: SpinEvaluation?) {
    cite("Carleo2017", "neural quantum states")
    if record.settings.ansatz == .vit {
      cite("Vaswani2017", "attention")
      cite("Rende2026", "vision transformers as quantum states, and their training")
    }
    switch record.settings.optimizer ?? .spring {
    case .minSR: break
    case .spring: cite("Goldshlager2024", "the SPRING optimiser")
    case .march: cite("Gu2025", "the MARCH optimiser")
    }
    cite("Chen2024", "natural gradients in sample space")
    cite("Rende2024", "natural gradients in sample space")
    if record.settings.signPrior == .marshall { cite("Marshall1955", "signs to begin with") }
    if evaluation != nil { cite("Wu2024", "the V-score") }
  }

  private mutating func add(_ record: ClassicalRecord, _ evaluation: ClassicalEvaluation?) {
    if record.settings.ansatz == .han {
      cite("Bialas2022", "hierarchical autoregressive networks")
    }
    switch record.settings.ansatz {
    case .transformer: cite("Vaswani2017", "the transformer")
    case .retnet: cite("Sun2023", "the retentive network")
    case .made: cite("Germain2015", "the masked autoencoder")
    case .han, .van: break
    }
    switch record.settings.optimizer ?? .sr {
    case .sr: cite("Chen2024", "natural gradients in sample space")
    case .adam: cite("Kingma2015", "Adam")
    }
    if record.settings.annealing != BetaAnnealing.none {
      cite("HibatAllah2021", "variational neural annealing")
    }
    if record.model.uniformCoupling != nil,
      evaluation?.evaluation.numbers["exact_free_energy_per_site"] != nil
    {
      cite("Kaufman1949", "the exact partition function")
      cite("Ferdinand1969", "the exact partition function")
    }
  }

  private mutating func add(_ record: ExactResultFile.Record) {
    cite("Scemama2013", "Slater-Condon rules on bit strings")
    if record.method == "selected CI" {
      addSelected()
    } else {
      cite("Knowles1984", "determinant full CI")
      cite("Davidson1975", "the lowest eigenvector")
    }
    if record.observables.entropies != nil { addEntropies() }
  }
}
