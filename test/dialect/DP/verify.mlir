// One case per rule that a verifier enforces.
// RUN: dp-opt %s --split-input-file --verify-diagnostics

// expected-error@+1 {{needs exactly one dp.input}}
dp.model @no_input batch 1 loss half_squared_error inference forward passes 1 realize exact parameters {} {
  dp.potential {
  }
}

// -----

// expected-error@+1 {{needs a last dp.layer named "output"}}
dp.model @no_output batch 1 loss half_squared_error inference forward passes 1 realize exact parameters {} {
  %x = dp.input "x" : tensor<2xf32>
  dp.potential {
  }
}

// -----

// expected-error@+1 {{needs the identity as the output's activation (N3)}}
dp.model @curved_output batch 1 loss half_squared_error inference forward passes 1 realize exact parameters {} {
  %x = dp.input "x" : tensor<2xf32>
  %o = dp.layer "output" relu %x : tensor<2xf32>
  dp.potential {
  }
}

// -----

dp.model @twice batch 1 loss half_squared_error inference forward passes 1 realize exact parameters {} {
  %x = dp.input "x" : tensor<2xf32>
  %h = dp.layer "h" relu %x : tensor<2xf32>
  // expected-error@+1 {{repeats the name "h" (N6)}}
  %g = dp.layer "h" relu %h : tensor<2xf32>
  %o = dp.layer "output" identity %g : tensor<2xf32>
  dp.potential {
  }
}

// -----

// expected-error@+1 {{attribute 'batch' failed to satisfy constraint: 64-bit signless integer attribute whose value is positive}}
dp.model @empty_batch batch 0 loss half_squared_error inference forward passes 1 realize exact parameters {} {
  %x = dp.input "x" : tensor<2xf32>
  %o = dp.layer "output" identity %x : tensor<2xf32>
  dp.potential {
  }
}

// -----

// expected-error@+1 {{parameter "a" is not an exact number}}
dp.model @no_number batch 1 loss half_squared_error inference forward passes 1 realize exact parameters {a = "b"} {
  %x = dp.input "x" : tensor<2xf32>
  %o = dp.layer "output" identity %x : tensor<2xf32>
  dp.potential {
  }
}

// -----

dp.model @dense_shape batch 1 loss half_squared_error inference forward passes 1 realize exact parameters {} {
  %x = dp.input "x" : tensor<2xf32>
  %w = dp.parameter "output.weight" : tensor<2x3xf32>
  // expected-error@+1 {{weight must be [out, in]: expected 3x2, found 'tensor<2x3xf32>'}}
  %d = dp.dense %x, %w : (tensor<2xf32>, tensor<2x3xf32>) -> tensor<3xf32>
  %o = dp.layer "output" identity %d : tensor<3xf32>
  dp.potential {
  }
}

// -----

dp.model @dense_vector batch 1 loss half_squared_error inference forward passes 1 realize exact parameters {} {
  %x = dp.input "x" : tensor<2x2xf32>
  %w = dp.parameter "output.weight" : tensor<3x4xf32>
  // expected-error@+1 {{needs a vector, a matrix and a vector as result (N8)}}
  %d = dp.dense %x, %w : (tensor<2x2xf32>, tensor<3x4xf32>) -> tensor<3xf32>
  %o = dp.layer "output" identity %d : tensor<3xf32>
  dp.potential {
  }
}

// -----

dp.model @slope batch 1 loss half_squared_error inference forward passes 1 realize exact parameters {} {
  %x = dp.input "x" : tensor<2xf32>
  // expected-error@+1 {{needs a slope exactly for leaky_relu}}
  %h = dp.layer "h" leaky_relu %x : tensor<2xf32>
  %o = dp.layer "output" identity %h : tensor<2xf32>
  dp.potential {
  }
}

// -----

dp.model @form_names batch 1 loss half_squared_error inference forward passes 1 realize exact parameters {} {
  %x = dp.input "x" : tensor<2xf32>
  %o = dp.layer "output" identity %x : tensor<2xf32>
  dp.compartment "s" state stationary
  dp.potential {
    // expected-error@+1 {{"t" is no compartment of this layer}}
    %f = dp.form %o ["t"] ["1"] : tensor<2xf32>
  }
}

// -----

dp.model @form_coefficient batch 1 loss half_squared_error inference forward passes 1 realize exact parameters {} {
  %x = dp.input "x" : tensor<2xf32>
  %o = dp.layer "output" identity %x : tensor<2xf32>
  dp.compartment "s" state stationary
  dp.potential {
    // expected-error@+1 {{failed to satisfy constraint: exact coefficients}}
    %f = dp.form %o ["s"] ["1 +"] : tensor<2xf32>
  }
}

// -----

dp.model @reads batch 1 loss half_squared_error inference forward passes 1 realize exact parameters {} {
  %x = dp.input "x" : tensor<2xf32>
  %o = dp.layer "output" identity %x : tensor<2xf32>
  dp.potential {
    // expected-error@+1 {{needs one form per source: expected 1, found 0}}
    %a = dp.affine %o reads() : (tensor<2xf32>) -> tensor<2xf32>
  }
}

// -----

dp.model @loss_place batch 1 loss half_squared_error inference forward passes 1 realize exact parameters {} {
  %x = dp.input "x" : tensor<2xf32>
  %h = dp.layer "h" relu %x : tensor<2xf32>
  %o = dp.layer "output" identity %h : tensor<2xf32>
  dp.compartment "s" state stationary
  dp.potential {
    %f = dp.form %h ["s"] ["1"] : tensor<2xf32>
    // expected-error@+1 {{must be at the output layer}}
    dp.loss "1" %f at exact : tensor<2xf32>
  }
}

// -----

dp.model @pair_layers batch 1 loss half_squared_error inference forward passes 1 realize exact parameters {} {
  %x = dp.input "x" : tensor<2xf32>
  %h = dp.layer "h" relu %x : tensor<2xf32>
  %o = dp.layer "output" identity %h : tensor<2xf32>
  dp.compartment "s" state stationary
  dp.potential {
    %f = dp.form %h ["s"] ["1"] : tensor<2xf32>
    %g = dp.form %o ["s"] ["1"] : tensor<2xf32>
    // expected-error@+1 {{sides must belong to one layer}}
    dp.pair "1" %f, %g : tensor<2xf32>
  }
}
