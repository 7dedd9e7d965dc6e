// RUN: dp-opt %s --convert-dyad-to-linalg --split-input-file --verify-diagnostics

// expected-error @+1 {{not supported yet: elements that are not f32}}
func.func @f64(%x: tensor<2x3xf64>) -> tensor<2x3xf64> {
  return %x : tensor<2x3xf64>
}

// -----

func.func @other(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{not supported yet: math.exp}}
  %0 = math.exp %x : tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}
