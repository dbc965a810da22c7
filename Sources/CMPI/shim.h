#pragma once
#define OMPI_SKIP_MPICXX 1
#include <mpi.h>

// The handles are macros with casts, which Swift does not import. Each getter gives one its own name in Swift.
#define NQS_MPI_GETTER(type, name)                       \
  static inline type nqs_get_##name(void)                \
      __attribute__((swift_name("getter:" #name "()"))); \
  static inline type nqs_get_##name(void) { return name; }

NQS_MPI_GETTER(MPI_Comm, MPI_COMM_WORLD)
NQS_MPI_GETTER(MPI_Datatype, MPI_BYTE)
NQS_MPI_GETTER(MPI_Datatype, MPI_DATATYPE_NULL)
NQS_MPI_GETTER(MPI_Info, MPI_INFO_NULL)
NQS_MPI_GETTER(const void *, MPI_IN_PLACE)
