//===- DPDialect.td - what a model says: network, compartments, potential ---------------------===//

#ifndef DPC_DP_DIALECT
#define DPC_DP_DIALECT

include "mlir/IR/OpBase.td"

def DP_Dialect : Dialect {
  let name = "dp";
  let cppNamespace = "::dpc::dp";
  let summary = "what must be stationary: a network, its compartments, a potential as terms";
  let description = [{
    A `dp.model` holds a network of layers as a DAG (language.md 3), the compartments that every
    layer owns, and the potential whose stationarity trains it (language.md 4), elaborated: macros
    and quantifiers are gone, what is left is a list of terms, each at one layer. There is no order
    of execution here; the `dyad` dialect has that.

    All values are per sample: a state of a layer of 512 units is `tensor<512xf32>`. Coefficients
    are exact and may mention the objective's parameters, whose values stand in `parameters` of the
    model.
  }];
}

#endif
