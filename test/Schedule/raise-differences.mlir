// RUN: dp-opt %s --dyad-raise-differences | FileCheck %s
// RUN: dp-opt %s --dyad-raise-differences --remarks-filter=.* --remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// REMARK: difference | Category:dyad-raise-differences | raised=1
// REMARK: two_pairs | Category:dyad-raise-differences | raised=2
// REMARK: unrelated | Category:dyad-raise-differences | raised=0

// CHECK-LABEL: func.func @difference
// CHECK: %[[P:.*]] = dyad.combine ["1", "1/2"] %[[A:.*]], %[[V:.*]] :
// CHECK: %[[Q:.*]] = dyad.combine ["1", "-1/2"] %[[A]], %[[V]] :
// CHECK: %[[D:.*]] = dyad.activation_difference relu %[[P]], %[[Q]] by %[[V]]
// CHECK: return %[[D]]
func.func @difference(%a: tensor<4x2xf32>, %v: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %p = dyad.combine ["1", "1/2"] %a, %v : tensor<4x2xf32>
  %q = dyad.combine ["1", "-1/2"] %a, %v : tensor<4x2xf32>
  %f = dyad.activate relu %p : tensor<4x2xf32>
  %g = dyad.activate relu %q : tensor<4x2xf32>
  %0 = dyad.combine ["1", "-1"] %f, %g : tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// q may be the shared operand itself; the coefficient moves outside; the activations that others read stay.
// CHECK-LABEL: func.func @scaled
// CHECK: %[[F:.*]] = dyad.activate tanh
// CHECK: %[[D:.*]] = dyad.activation_difference tanh %{{.*}}, %[[A:.*]] by %[[V:.*]] :
// CHECK: dyad.combine ["3", "-10"] %[[F]], %[[D]]
func.func @scaled(%a: tensor<4x2xf32>, %v: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %p = dyad.combine ["1", "1"] %a, %v : tensor<4x2xf32>
  %f = dyad.activate tanh %p : tensor<4x2xf32>
  %g = dyad.activate tanh %a : tensor<4x2xf32>
  %h = dyad.activate tanh %v : tensor<4x2xf32>
  %0 = dyad.combine ["-10", "3", "10"] %f, %h, %g : tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// Two pairs in one sum.
// CHECK-LABEL: func.func @two_pairs
// CHECK-COUNT-2: dyad.activation_difference
// CHECK: dyad.combine ["1", "-1/8"]
func.func @two_pairs(%a: tensor<4x2xf32>, %v: tensor<4x2xf32>, %w: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %p = dyad.combine ["1", "1"] %a, %v : tensor<4x2xf32>
  %r = dyad.combine ["1", "1"] %a, %w : tensor<4x2xf32>
  %f = dyad.activate relu %p : tensor<4x2xf32>
  %g = dyad.activate relu %a : tensor<4x2xf32>
  %h = dyad.activate relu %r : tensor<4x2xf32>
  %b = dyad.combine ["1", "2"] %a, %w : tensor<4x2xf32>
  %i = dyad.activate relu %b : tensor<4x2xf32>
  %0 = dyad.combine ["1", "-1", "-1/8", "1/8"] %f, %g, %h, %i : tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// Nothing cancels between p and q: their difference would lose the same digits.
// CHECK-LABEL: func.func @unrelated
// CHECK-NOT: activation_difference
// CHECK: return
func.func @unrelated(%a: tensor<4x2xf32>, %b: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %f = dyad.activate relu %a : tensor<4x2xf32>
  %g = dyad.activate relu %b : tensor<4x2xf32>
  %0 = dyad.combine ["1", "-1"] %f, %g : tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// Other activations and other slopes have no exact form.
// CHECK-LABEL: func.func @mixed
// CHECK-NOT: activation_difference
// CHECK: return
func.func @mixed(%a: tensor<4x2xf32>, %v: tensor<4x2xf32>) -> (tensor<4x2xf32>, tensor<4x2xf32>) {
  %p = dyad.combine ["1", "1"] %a, %v : tensor<4x2xf32>
  %f = dyad.activate relu %p : tensor<4x2xf32>
  %g = dyad.activate clip %a : tensor<4x2xf32>
  %0 = dyad.combine ["1", "-1"] %f, %g : tensor<4x2xf32>
  %h = dyad.activate leaky_relu slope "1/2" %p : tensor<4x2xf32>
  %i = dyad.activate leaky_relu slope "1/3" %a : tensor<4x2xf32>
  %1 = dyad.combine ["1", "-1"] %h, %i : tensor<4x2xf32>
  return %0, %1 : tensor<4x2xf32>, tensor<4x2xf32>
}

// relu commutes with positive factors: at rho = 1 the difference is half of that at rho = 0. Of
// leaky_relu, whose two sides are divided by 1 + rho and 1/slope + rho, the slope changes too.
// CHECK-LABEL: func.func @with_rho
// CHECK: %[[D:.*]] = dyad.activation_difference relu %{{.*}}, %[[A:.*]] by %[[V:.*]] :
// CHECK: dyad.combine ["1/2"] %[[D]]
// CHECK: %[[E:.*]] = dyad.activation_difference leaky_relu slope "2/3" %{{.*}}, %[[A]] by %[[V]]
// CHECK: dyad.combine ["1/2"] %[[E]]
func.func @with_rho(%a: tensor<4x2xf32>, %v: tensor<4x2xf32>) -> (tensor<4x2xf32>, tensor<4x2xf32>) {
  %p = dyad.combine ["1", "1"] %a, %v : tensor<4x2xf32>
  %j = dyad.activate relu rho "1" %p : tensor<4x2xf32>
  %k = dyad.activate relu rho "1" %a : tensor<4x2xf32>
  %0 = dyad.combine ["1", "-1"] %j, %k : tensor<4x2xf32>
  %l = dyad.activate leaky_relu slope "1/2" rho "1" %p : tensor<4x2xf32>
  %m = dyad.activate leaky_relu slope "1/2" rho "1" %a : tensor<4x2xf32>
  %1 = dyad.combine ["1", "-1"] %l, %m : tensor<4x2xf32>
  return %0, %1 : tensor<4x2xf32>, tensor<4x2xf32>
}

// The shared value may stand deeper, in a sum of a sum.
// CHECK-LABEL: func.func @deep
// CHECK: dyad.activation_difference tanh %{{.*}}, %{{.*}} by %[[V:.*]] :
func.func @deep(%a: tensor<4x2xf32>, %v: tensor<4x2xf32>, %w: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %s = dyad.combine ["1", "1"] %a, %w : tensor<4x2xf32>
  %p = dyad.combine ["1", "1"] %s, %v : tensor<4x2xf32>
  %f = dyad.activate tanh %p : tensor<4x2xf32>
  %g = dyad.activate tanh %s : tensor<4x2xf32>
  %0 = dyad.combine ["1", "-1"] %f, %g : tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// A state at rest was folded: f(a) is f_1(a + f(a)), so that only v moves it.
// CHECK-LABEL: func.func @one_side_at_rest
// CHECK-SAME: %[[A:.*]]: tensor<4x2xf32>, %[[V:.*]]: tensor<4x2xf32>)
// CHECK: dyad.activation_difference leaky_relu {{.*}} by %[[V]] : tensor
// CHECK-NEXT: dyad.combine ["1/2"]
func.func @one_side_at_rest(%a: tensor<4x2xf32>, %v: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %s = dyad.activate leaky_relu slope "1/2" %a : tensor<4x2xf32>
  %b = dyad.combine ["1", "1", "1"] %a, %s, %v : tensor<4x2xf32>
  %f = dyad.activate leaky_relu slope "1/2" rho "1" %b : tensor<4x2xf32>
  %0 = dyad.combine ["1", "-1"] %f, %s : tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// What only cuts rests at every share: relu(a) is relu(1/4 a + 3/4 relu(a)).
// CHECK-LABEL: func.func @share_at_rest
// CHECK-SAME: %[[A:.*]]: tensor<4x2xf32>, %[[V:.*]]: tensor<4x2xf32>)
// CHECK: %[[D:.*]] = dyad.activation_difference relu {{.*}} by %[[V]] : tensor
// CHECK-NEXT: return %[[D]]
func.func @share_at_rest(%a: tensor<4x2xf32>, %v: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %s = dyad.activate relu %a : tensor<4x2xf32>
  %b = dyad.combine ["1/4", "3/4", "1"] %a, %s, %v : tensor<4x2xf32>
  %f = dyad.activate relu %b : tensor<4x2xf32>
  %0 = dyad.combine ["1", "-1"] %f, %s : tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// clip with rho cuts at the same bounds: its arguments are scaled, not the difference.
// CHECK-LABEL: func.func @clip_with_rho
// CHECK-SAME: %[[A:.*]]: tensor<4x2xf32>, %[[V:.*]]: tensor<4x2xf32>)
// CHECK: %[[W:.*]] = dyad.combine ["1/2"] %[[V]]
// CHECK-NEXT: %[[D:.*]] = dyad.activation_difference clip %{{.*}}, %{{.*}} by %[[W]]
// CHECK-NEXT: return %[[D]]
func.func @clip_with_rho(%a: tensor<4x2xf32>, %v: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %p = dyad.combine ["1", "1"] %a, %v : tensor<4x2xf32>
  %f = dyad.activate clip rho "1" %p : tensor<4x2xf32>
  %g = dyad.activate clip rho "1" %a : tensor<4x2xf32>
  %0 = dyad.combine ["1", "-1"] %f, %g : tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// Two sums of one pair share its difference.
// CHECK-LABEL: func.func @twice
// CHECK: %[[D:.*]] = dyad.activation_difference
// CHECK-NOT: dyad.activation_difference
// CHECK: return
func.func @twice(%a: tensor<4x2xf32>, %v: tensor<4x2xf32>, %w: tensor<4x2xf32>) -> (tensor<4x2xf32>, tensor<4x2xf32>) {
  %p = dyad.combine ["1", "1"] %a, %v : tensor<4x2xf32>
  %f = dyad.activate tanh %p : tensor<4x2xf32>
  %g = dyad.activate tanh %a : tensor<4x2xf32>
  %0 = dyad.combine ["1", "-1"] %f, %g : tensor<4x2xf32>
  %1 = dyad.combine ["3", "-3", "1"] %f, %g, %w : tensor<4x2xf32>
  return %0, %1 : tensor<4x2xf32>, tensor<4x2xf32>
}

// Three terms of one function that weigh nothing together are two differences.
// CHECK-LABEL: func.func @balanced
// CHECK-NOT: dyad.activate
// CHECK-COUNT-2: dyad.activation_difference tanh
// CHECK: dyad.combine ["{{-?}}1/2", "{{-?}}1/2"]
// CHECK-NEXT: return
func.func @balanced(%a: tensor<4x2xf32>, %v: tensor<4x2xf32>, %w: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %p = dyad.combine ["1", "1"] %a, %v : tensor<4x2xf32>
  %q = dyad.combine ["1", "1"] %a, %w : tensor<4x2xf32>
  %f = dyad.activate tanh %p : tensor<4x2xf32>
  %g = dyad.activate tanh %q : tensor<4x2xf32>
  %h = dyad.activate tanh %a : tensor<4x2xf32>
  %0 = dyad.combine ["1/2", "1/2", "-1"] %f, %g, %h : tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// Terms that leave something over are no differences: nothing cancels, nothing is split off.
// CHECK-LABEL: func.func @unbalanced
// CHECK-NOT: dyad.activation_difference
// CHECK: return
func.func @unbalanced(%a: tensor<4x2xf32>, %v: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %p = dyad.combine ["1", "1"] %a, %v : tensor<4x2xf32>
  %f = dyad.activate tanh %p : tensor<4x2xf32>
  %h = dyad.activate tanh %a : tensor<4x2xf32>
  %0 = dyad.combine ["1/2", "-1"] %f, %h : tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}
