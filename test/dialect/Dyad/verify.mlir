// One case per rule that a verifier enforces.
// RUN: dp-opt %s --split-input-file --verify-diagnostics

func.func @weight(%x: tensor<4x6xf32>, %w: tensor<6x5xf32>) {
  // expected-error@+1 {{weight has the wrong shape: expected 'tensor<6x6xf32>', found 'tensor<6x5xf32>'}}
  %a = dyad.linear %x, %w : (tensor<4x6xf32>, tensor<6x5xf32>) -> tensor<4x6xf32>
  return
}

// -----

func.func @result(%x: tensor<4x6xf32>, %w: tensor<5x6xf32>) {
  // expected-error@+1 {{result has the wrong shape: expected 'tensor<4x5xf32>', found 'tensor<3x5xf32>'}}
  %a = dyad.linear %x, %w : (tensor<4x6xf32>, tensor<5x6xf32>) -> tensor<3x5xf32>
  return
}

// -----

func.func @bias(%x: tensor<4x6xf32>, %w: tensor<5x6xf32>, %b: tensor<6xf32>) {
  // expected-error@+1 {{bias has the wrong shape}}
  %a = dyad.linear %x, %w, %b : (tensor<4x6xf32>, tensor<5x6xf32>, tensor<6xf32>) -> tensor<4x5xf32>
  return
}

// -----

func.func @rank(%x: tensor<4x2x3xf32>, %w: tensor<5x6xf32>) {
  // expected-error@+1 {{needs matrices, found 'tensor<4x2x3xf32>'}}
  %a = dyad.linear %x, %w : (tensor<4x2x3xf32>, tensor<5x6xf32>) -> tensor<4x5xf32>
  return
}

// -----

func.func @transpose(%d: tensor<4x5xf32>, %w: tensor<6x5xf32>) {
  // expected-error@+1 {{weight has the wrong shape}}
  %a = dyad.linear_transpose %d, %w : (tensor<4x5xf32>, tensor<6x5xf32>) -> tensor<4x6xf32>
  return
}

// -----

func.func @gradient(%d: tensor<4x5xf32>, %x: tensor<3x6xf32>, %n: index) {
  // expected-error@+1 {{x has the wrong shape}}
  %a = dyad.weight_gradient %d, %x rows %n : (tensor<4x5xf32>, tensor<3x6xf32>, index) -> tensor<5x6xf32>
  return
}

// -----

func.func @coefficients(%x: tensor<4x6xf32>) {
  // expected-error@+1 {{needs one coefficient per operand and at least one}}
  %a = dyad.combine ["1", "2"] %x : tensor<4x6xf32>
  return
}

// -----

func.func @symbolic(%x: tensor<4x6xf32>) {
  // expected-error@+1 {{coefficient "a" is not a number}}
  %a = dyad.combine ["a"] %x : tensor<4x6xf32>
  return
}

// -----

func.func @curved(%x: tensor<4x6xf32>) {
  // expected-error@+1 {{tanh and sigmoid have no closed form with rho other than 0}}
  %a = dyad.activate tanh rho "1" %x : tensor<4x6xf32>
  return
}

// -----

func.func @slope(%x: tensor<4x6xf32>) {
  // expected-error@+1 {{needs a slope exactly for leaky_relu}}
  %a = dyad.activate relu slope "1/2" %x : tensor<4x6xf32>
  return
}

// -----

func.func @flat(%x: tensor<4x2x3xf32>) {
  // expected-error@+1 {{flat side has the wrong shape: expected 'tensor<4x6xf32>', found 'tensor<4x5xf32>'}}
  %a = dyad.flatten %x : (tensor<4x2x3xf32>) -> tensor<4x5xf32>
  return
}

// -----

// expected-error@+1 {{needs exactly one dyad.initial and one dyad.gradients}}
dyad.program @sections inference forward passes 1 {
}

// -----

dyad.program @cells inference forward passes 1 {
  %x = dyad.input : tensor<4x2xf32>
  %y = dyad.target : tensor<4x2xf32>
  %n = dyad.rows : index
  dyad.initial {
    dyad.set "output#0" %x : tensor<4x2xf32>
  }
  dyad.update "output" {
    // expected-error@+1 {{cell "output#1" is not set by dyad.initial}}
    %a = dyad.get "output#1" : tensor<4x2xf32>
  }
  dyad.gradients {
  }
}

// -----

dyad.program @types inference forward passes 1 {
  %x = dyad.input : tensor<4x2xf32>
  %y = dyad.target : tensor<4x2xf32>
  %n = dyad.rows : index
  dyad.initial {
    dyad.set "output#0" %x : tensor<4x2xf32>
  }
  dyad.update "output" {
    // expected-error@+1 {{cell "output#0" has the type 'tensor<4x2xf32>'}}
    %a = dyad.get "output#0" : tensor<4x3xf32>
  }
  dyad.gradients {
  }
}
