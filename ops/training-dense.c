/* training-dense.c - the dense training ops, on ref and on resource variables. */
#include "ops/training-private.h"

const leat_op_def leat_op_ApplyGradientDescent =
    LEAT_OP("ApplyGradientDescent(var: Ref(T), alpha: T, delta: T) -> out: Ref(T); T: numeric; "
            "use_locking: bool = false",
            .doc = "var -= alpha * delta.", .shape = leat_apply_shape,
            .kernels = {{.fn = leat_apply_gradient_descent, .label = "vector"}}, .gradient = leat_grad_none,
            .cost = leat_cost_of_rows, .flops_each = 2, .flags = LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ApplyGradientDescent,
    "(ref float[4] -1.0 -0.5 0.0 0.5, float[] 0.1, float[4] 0.5 -1.0 2.0 0.01) tol 2e-6 -> float[4] -1.05 -0.4 -0.2 0.499");

const leat_op_def leat_op_ResourceApplyGradientDescent =
    LEAT_OP("ResourceApplyGradientDescent(var: resource, alpha: T, delta: T); T: numeric; "
            "use_locking: bool = false",
            .doc = "var -= alpha * delta.", .shape = leat_apply_shape,
            .kernels = {{.fn = leat_apply_gradient_descent, .label = "vector"}}, .gradient = leat_grad_none,
            .cost = leat_cost_of_rows, .flops_each = 2, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ResourceApplyGradientDescent,
    "(var float[4] -1.0 -0.5 0.0 0.5, float[] 0.1, float[4] 0.5 -1.0 2.0 0.01) tol 2e-6 -> after 0: float[4] -1.05 -0.4 -0.2 0.499");

const leat_op_def leat_op_ApplyProximalGradientDescent =
    LEAT_OP("ApplyProximalGradientDescent(var: Ref(T), alpha: T, l1: T, l2: T, delta: T) -> out: "
            "Ref(T); T: numeric; use_locking: bool = false",
            .doc = "A gradient step, then shrinking by l1 and l2 (FOBOS).", .shape = leat_apply_shape,
            .kernels = {{.fn = leat_apply_proximal_gradient_descent, .label = "vector"}},
            .gradient = leat_grad_none, .cost = leat_cost_of_rows, .flags = LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ApplyProximalGradientDescent,
    "(ref float[4] -1.0 -0.5 0.0 0.5, float[] 0.1, float[] 0.05, float[] 0.1, float[4] 0.5 -1.0 2.0 0.01) tol 2e-6 -> float[4] -1.0346534 -0.3910891 -0.19306931 0.48910892");

const leat_op_def leat_op_ResourceApplyProximalGradientDescent = LEAT_OP(
    "ResourceApplyProximalGradientDescent(var: resource, alpha: T, l1: T, l2: T, delta: T); "
    "T: numeric; use_locking: bool = false",
    .doc = "A gradient step, then shrinking by l1 and l2 (FOBOS).", .shape = leat_apply_shape,
    .kernels = {{.fn = leat_apply_proximal_gradient_descent, .label = "vector"}}, .gradient = leat_grad_none,
    .cost = leat_cost_of_rows, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ResourceApplyProximalGradientDescent,
    "(var float[4] -1.0 -0.5 0.0 0.5, float[] 0.1, float[] 0.05, float[] 0.1, float[4] 0.5 -1.0 2.0 0.01) tol 2e-6 -> after 0: float[4] -1.0346534 -0.3910891 -0.19306931 0.48910892");

const leat_op_def leat_op_ApplyMomentum = LEAT_OP(
    "ApplyMomentum(var: Ref(T), accum: Ref(T), lr: T, grad: T, momentum: T) -> out: Ref(T); "
    "T: numeric; use_locking: bool = false; use_nesterov: bool = false",
    .doc = "accum = accum * momentum + grad; var -= lr * accum, or Nesterov's form of it.",
    .shape = leat_apply_shape, .kernels = {{.fn = leat_apply_momentum, .label = "vector"}},
    .gradient = leat_grad_none, .cost = leat_cost_of_rows, .flops_each = 4, .flags = LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ApplyMomentum,
    "(ref float[4] -1.0 -0.5 0.0 0.5, ref float[4] 0.5 0.75 1.0 1.25, float[] 0.1, float[4] 0.5 -1.0 2.0 0.01, float[] 0.8) tol 2e-6 -> float[4] -1.09 -0.46 -0.28 0.399, after 1: float[4] 0.9 -0.39999998 2.8 1.01");
LEAT_ROW(
    ApplyMomentum,
    "(ref float[4] -1.0 -0.5 0.0 0.5, ref float[4] 0.5 0.75 1.0 1.25, float[] 0.1, float[4] 0.5 -1.0 2.0 0.01, float[] 0.8) {use_nesterov: true} tol 2e-6 -> float[4] -1.122 -0.368 -0.42400002 0.4182, after 1: float[4] 0.9 -0.39999998 2.8 1.01");

const leat_op_def leat_op_ResourceApplyMomentum =
    LEAT_OP("ResourceApplyMomentum(var: resource, accum: resource, lr: T, grad: T, momentum: T); T: "
            "numeric; use_locking: bool = false; use_nesterov: bool = false",
            .doc = "accum = accum * momentum + grad; var -= lr * accum, or Nesterov's form of it.",
            .shape = leat_apply_shape, .kernels = {{.fn = leat_apply_momentum, .label = "vector"}},
            .gradient = leat_grad_none, .cost = leat_cost_of_rows, .flops_each = 4,
            .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ResourceApplyMomentum,
    "(var float[4] -1.0 -0.5 0.0 0.5, var float[4] 0.5 0.75 1.0 1.25, float[] 0.1, float[4] 0.5 -1.0 2.0 0.01, float[] 0.8) tol 2e-6 -> after 0: float[4] -1.09 -0.46 -0.28 0.399, after 1: float[4] 0.9 -0.39999998 2.8 1.01");
LEAT_ROW(
    ResourceApplyMomentum,
    "(var float[4] -1.0 -0.5 0.0 0.5, var float[4] 0.5 0.75 1.0 1.25, float[] 0.1, float[4] 0.5 -1.0 2.0 0.01, float[] 0.8) {use_nesterov: true} tol 2e-6 -> after 0: float[4] -1.122 -0.368 -0.42400002 0.4182, after 1: float[4] 0.9 -0.39999998 2.8 1.01");

const leat_op_def leat_op_ResourceApplyKerasMomentum =
    LEAT_OP("ResourceApplyKerasMomentum(var: resource, accum: resource, lr: T, grad: T, momentum: "
            "T); T: numeric; use_locking: bool = false; use_nesterov: bool = false",
            .doc = "accum = accum * momentum - lr * grad; var += accum, or Nesterov's form of it.",
            .shape = leat_apply_shape, .kernels = {{.fn = leat_apply_keras_momentum, .label = "vector"}},
            .gradient = leat_grad_none, .cost = leat_cost_of_rows, .flops_each = 4,
            .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ResourceApplyKerasMomentum,
    "(var float[4] -1.0 -0.5 0.0 0.5, var float[4] 0.5 0.75 1.0 1.25, float[] 0.1, float[4] 0.5 -1.0 2.0 0.01, float[] 0.8) tol 2e-6 -> after 0: float[4] -0.65 0.20000005 0.6 1.4990001, after 1: float[4] 0.35 0.70000005 0.6 0.999");
LEAT_ROW(
    ResourceApplyKerasMomentum,
    "(var float[4] -1.0 -0.5 0.0 0.5, var float[4] 0.5 0.75 1.0 1.25, float[] 0.1, float[4] 0.5 -1.0 2.0 0.01, float[] 0.8) {use_nesterov: true} tol 2e-6 -> after 0: float[4] -0.77 0.16000009 0.28000003 1.2982, after 1: float[4] 0.35 0.70000005 0.6 0.999");

const leat_op_def leat_op_ApplyAdagrad =
    LEAT_OP("ApplyAdagrad(var: Ref(T), accum: Ref(T), lr: T, grad: T) -> out: Ref(T); T: numeric; "
            "use_locking: bool = false; update_slots: bool = true",
            .doc = "accum += grad^2; var -= lr * grad / sqrt(accum).", .shape = leat_apply_shape,
            .kernels = {{.fn = leat_apply_adagrad, .label = "vector"}}, .gradient = leat_grad_none,
            .cost = leat_cost_of_rows, .flops_each = 6, .flags = LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ApplyAdagrad,
    "(ref float[4] -1.0 -0.5 0.0 0.5, ref float[4] 0.5 0.75 1.0 1.25, float[] 0.1, float[4] 0.5 -1.0 2.0 0.01) tol 2e-6 -> float[4] -1.057735 -0.4244071 -0.08944272 0.4991056, after 1: float[4] 0.75 1.75 5.0 1.2501");

const leat_op_def leat_op_ResourceApplyAdagrad =
    LEAT_OP("ResourceApplyAdagrad(var: resource, accum: resource, lr: T, grad: T); T: numeric; "
            "use_locking: bool = false; update_slots: bool = true",
            .doc = "accum += grad^2; var -= lr * grad / sqrt(accum).", .shape = leat_apply_shape,
            .kernels = {{.fn = leat_apply_adagrad, .label = "vector"}}, .gradient = leat_grad_none,
            .cost = leat_cost_of_rows, .flops_each = 6, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ResourceApplyAdagrad,
    "(var float[4] -1.0 -0.5 0.0 0.5, var float[4] 0.5 0.75 1.0 1.25, float[] 0.1, float[4] 0.5 -1.0 2.0 0.01) tol 2e-6 -> after 0: float[4] -1.057735 -0.4244071 -0.08944272 0.4991056, after 1: float[4] 0.75 1.75 5.0 1.2501");

const leat_op_def leat_op_ApplyAdagradV2 =
    LEAT_OP("ApplyAdagradV2(var: Ref(T), accum: Ref(T), lr: T, epsilon: T, grad: T) -> out: Ref(T); "
            "T: numeric; use_locking: bool = false; update_slots: bool = true",
            .doc = "accum += grad^2; var -= lr * grad / (sqrt(accum) + epsilon).", .shape = leat_apply_shape,
            .kernels = {{.fn = leat_apply_adagrad_v2, .label = "vector"}}, .gradient = leat_grad_none,
            .cost = leat_cost_of_rows, .flops_each = 7, .flags = LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ApplyAdagradV2,
    "(ref float[4] -1.0 -0.5 0.0 0.5, ref float[4] 0.5 0.75 1.0 1.25, float[] 0.1, float[] 0.001, float[4] 0.5 -1.0 2.0 0.01) tol 2e-6 -> float[4] -1.0576684 -0.4244642 -0.08940274 0.4991064, after 1: float[4] 0.75 1.75 5.0 1.2501");

const leat_op_def leat_op_ResourceApplyAdagradV2 =
    LEAT_OP("ResourceApplyAdagradV2(var: resource, accum: resource, lr: T, epsilon: T, grad: T); T: "
            "numeric; use_locking: bool = false; update_slots: bool = true",
            .doc = "accum += grad^2; var -= lr * grad / (sqrt(accum) + epsilon).", .shape = leat_apply_shape,
            .kernels = {{.fn = leat_apply_adagrad_v2, .label = "vector"}}, .gradient = leat_grad_none,
            .cost = leat_cost_of_rows, .flops_each = 7, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ResourceApplyAdagradV2,
    "(var float[4] -1.0 -0.5 0.0 0.5, var float[4] 0.5 0.75 1.0 1.25, float[] 0.1, float[] 0.001, float[4] 0.5 -1.0 2.0 0.01) tol 2e-6 -> after 0: float[4] -1.0576684 -0.4244642 -0.08940274 0.4991064, after 1: float[4] 0.75 1.75 5.0 1.2501");

const leat_op_def leat_op_ApplyAdagradDA =
    LEAT_OP("ApplyAdagradDA(var: Ref(T), gradient_accumulator: Ref(T), gradient_squared_accumulator: "
            "Ref(T), grad: T, lr: T, l1: T, l2: T, global_step: int64) -> out: Ref(T); T: numeric; "
            "use_locking: bool = false",
            .doc = "Adagrad by dual averaging, with l1 and l2.", .shape = leat_apply_shape,
            .kernels = {{.fn = leat_apply_adagrad_da, .label = "vector"}}, .gradient = leat_grad_none,
            .cost = leat_cost_of_rows, .flags = LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ApplyAdagradDA,
    "(ref float[4] -1.0 -0.5 0.0 0.5, ref float[4] 0.3 0.4 0.5 0.6, ref float[4] 0.4 0.6 0.8 1.0, float[4] 0.5 -1.0 2.0 0.01, float[] 0.1, float[] 0.05, float[] 0.1, int64[] 3) tol 2e-6 -> float[4] -0.0777302 0.034751423 -0.10581342 -0.04465803, after 1: float[4] 0.8 -0.6 2.5 0.61, after 2: float[4] 0.65 1.6 4.8 1.0001");

const leat_op_def leat_op_ResourceApplyAdagradDA =
    LEAT_OP("ResourceApplyAdagradDA(var: resource, gradient_accumulator: resource, "
            "gradient_squared_accumulator: resource, grad: T, lr: T, l1: T, l2: T, global_step: "
            "int64); T: numeric; use_locking: bool = false",
            .doc = "Adagrad by dual averaging, with l1 and l2.", .shape = leat_apply_shape,
            .kernels = {{.fn = leat_apply_adagrad_da, .label = "vector"}}, .gradient = leat_grad_none,
            .cost = leat_cost_of_rows, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ResourceApplyAdagradDA,
    "(var float[4] -1.0 -0.5 0.0 0.5, var float[4] 0.3 0.4 0.5 0.6, var float[4] 0.4 0.6 0.8 1.0, float[4] 0.5 -1.0 2.0 0.01, float[] 0.1, float[] 0.05, float[] 0.1, int64[] 3) tol 2e-6 -> after 0: float[4] -0.0777302 0.034751423 -0.10581342 -0.04465803, after 1: float[4] 0.8 -0.6 2.5 0.61, after 2: float[4] 0.65 1.6 4.8 1.0001");

const leat_op_def leat_op_ApplyProximalAdagrad =
    LEAT_OP("ApplyProximalAdagrad(var: Ref(T), accum: Ref(T), lr: T, l1: T, l2: T, grad: T) -> out: "
            "Ref(T); T: numeric; use_locking: bool = false",
            .doc = "An Adagrad step, then shrinking by l1 and l2 (FOBOS).", .shape = leat_apply_shape,
            .kernels = {{.fn = leat_apply_proximal_adagrad, .label = "vector"}}, .gradient = leat_grad_none,
            .cost = leat_cost_of_rows, .flags = LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ApplyProximalAdagrad,
    "(ref float[4] -1.0 -0.5 0.0 0.5, ref float[4] 0.5 0.75 1.0 1.25, float[] 0.1, float[] 0.05, float[] 0.1, float[4] 0.5 -1.0 2.0 0.01) tol 2e-6 -> float[4] -1.0399531 -0.41747165 -0.08681839 0.4902489, after 1: float[4] 0.75 1.75 5.0 1.2501");

const leat_op_def leat_op_ResourceApplyProximalAdagrad =
    LEAT_OP("ResourceApplyProximalAdagrad(var: resource, accum: resource, lr: T, l1: T, l2: T, grad: "
            "T); T: numeric; use_locking: bool = false",
            .doc = "An Adagrad step, then shrinking by l1 and l2 (FOBOS).", .shape = leat_apply_shape,
            .kernels = {{.fn = leat_apply_proximal_adagrad, .label = "vector"}}, .gradient = leat_grad_none,
            .cost = leat_cost_of_rows, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ResourceApplyProximalAdagrad,
    "(var float[4] -1.0 -0.5 0.0 0.5, var float[4] 0.5 0.75 1.0 1.25, float[] 0.1, float[] 0.05, float[] 0.1, float[4] 0.5 -1.0 2.0 0.01) tol 2e-6 -> after 0: float[4] -1.0399531 -0.41747165 -0.08681839 0.4902489, after 1: float[4] 0.75 1.75 5.0 1.2501");

const leat_op_def leat_op_ApplyAdadelta =
    LEAT_OP("ApplyAdadelta(var: Ref(T), accum: Ref(T), accum_update: Ref(T), lr: T, rho: T, epsilon: "
            "T, grad: T) -> out: Ref(T); T: numeric; use_locking: bool = false",
            .doc = "Adadelta: steps in proportion to the mean square of earlier ones.",
            .shape = leat_apply_shape, .kernels = {{.fn = leat_apply_adadelta, .label = "vector"}},
            .gradient = leat_grad_none, .cost = leat_cost_of_rows, .flags = LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ApplyAdadelta,
    "(ref float[4] -1.0 -0.5 0.0 0.5, ref float[4] 0.5 0.75 1.0 1.25, ref float[4] 0.2 0.3 0.4 0.5, float[] 0.1, float[] 0.9, float[] 0.001, float[4] 0.5 -1.0 2.0 0.01) tol 2e-6 -> float[4] -1.0324911 -0.43771946 -0.11103592 0.49933296, after 1: float[4] 0.475 0.775 1.3000001 1.12501, after 2: float[4] 0.19055672 0.3087887 0.48328978 0.45000443");

const leat_op_def leat_op_ResourceApplyAdadelta = LEAT_OP(
    "ResourceApplyAdadelta(var: resource, accum: resource, accum_update: resource, lr: T, "
    "rho: T, epsilon: T, grad: T); T: numeric; use_locking: bool = false",
    .doc = "Adadelta: steps in proportion to the mean square of earlier ones.", .shape = leat_apply_shape,
    .kernels = {{.fn = leat_apply_adadelta, .label = "vector"}}, .gradient = leat_grad_none,
    .cost = leat_cost_of_rows, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ResourceApplyAdadelta,
    "(var float[4] -1.0 -0.5 0.0 0.5, var float[4] 0.5 0.75 1.0 1.25, var float[4] 0.2 0.3 0.4 0.5, float[] 0.1, float[] 0.9, float[] 0.001, float[4] 0.5 -1.0 2.0 0.01) tol 2e-6 -> after 0: float[4] -1.0324911 -0.43771946 -0.11103592 0.49933296, after 1: float[4] 0.475 0.775 1.3000001 1.12501, after 2: float[4] 0.19055672 0.3087887 0.48328978 0.45000443");

const leat_op_def leat_op_ApplyRMSProp = LEAT_OP(
    "ApplyRMSProp(var: Ref(T), ms: Ref(T), mom: Ref(T), lr: T, rho: T, momentum: T, epsilon: "
    "T, grad: T) -> out: Ref(T); T: numeric; use_locking: bool = false",
    .doc = "ms follows grad^2; mom = momentum * mom + lr * grad / sqrt(ms + epsilon); var -= mom.",
    .shape = leat_apply_shape, .kernels = {{.fn = leat_apply_rms_prop, .label = "vector"}},
    .gradient = leat_grad_none, .cost = leat_cost_of_rows, .flops_each = 11, .flags = LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ApplyRMSProp,
    "(ref float[4] -1.0 -0.5 0.0 0.5, ref float[4] 1.0 1.1 1.2 1.3, ref float[4] -0.1 0.0 0.1 0.20000002, float[] 0.1, float[] 0.9, float[] 0.8, float[] 0.001, float[4] 0.5 -1.0 2.0 0.01) tol 2e-6 -> float[4] -0.9719595 -0.4042613 -0.24434346 0.3390759, after 1: float[4] 0.92499995 1.09 1.4800001 1.17001, after 2: float[4] -0.028040558 -0.09573872 0.24434346 0.1609241");

const leat_op_def leat_op_ResourceApplyRMSProp =
    LEAT_OP("ResourceApplyRMSProp(var: resource, ms: resource, mom: resource, lr: T, rho: T, "
            "momentum: T, epsilon: T, grad: T); T: numeric; use_locking: bool = false",
            .doc = "ms follows grad^2; mom = momentum * mom + lr * grad / sqrt(ms + epsilon); var -= mom.",
            .shape = leat_apply_shape, .kernels = {{.fn = leat_apply_rms_prop, .label = "vector"}},
            .gradient = leat_grad_none, .cost = leat_cost_of_rows, .flops_each = 11,
            .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ResourceApplyRMSProp,
    "(var float[4] -1.0 -0.5 0.0 0.5, var float[4] 1.0 1.1 1.2 1.3, var float[4] -0.1 0.0 0.1 0.20000002, float[] 0.1, float[] 0.9, float[] 0.8, float[] 0.001, float[4] 0.5 -1.0 2.0 0.01) tol 2e-6 -> after 0: float[4] -0.9719595 -0.4042613 -0.24434346 0.3390759, after 1: float[4] 0.92499995 1.09 1.4800001 1.17001, after 2: float[4] -0.028040558 -0.09573872 0.24434346 0.1609241");

const leat_op_def leat_op_ApplyCenteredRMSProp = LEAT_OP(
    "ApplyCenteredRMSProp(var: Ref(T), mg: Ref(T), ms: Ref(T), mom: Ref(T), lr: T, rho: T, "
    "momentum: T, epsilon: T, grad: T) -> out: Ref(T); T: numeric; use_locking: bool = false",
    .doc = "RMSProp with the variance of the gradient instead of its mean square.", .shape = leat_apply_shape,
    .kernels = {{.fn = leat_apply_centered_rms_prop, .label = "vector"}}, .gradient = leat_grad_none,
    .cost = leat_cost_of_rows, .flops_each = 16, .flags = LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ApplyCenteredRMSProp,
    "(ref float[4] -1.0 -0.5 0.0 0.5, ref float[4] 0.1 0.15 0.2 0.25, ref float[4] 1.0 1.1 1.2 1.3, ref float[4] -0.1 0.0 0.1 0.20000002, float[] 0.1, float[] 0.9, float[] 0.8, float[] 0.001, float[4] 0.5 -1.0 2.0 0.01) tol 2e-6 -> float[4] -0.9725182 -0.40420747 -0.2529933 0.33905506, after 1: float[4] 0.14000002 0.03499998 0.38000005 0.226, after 2: float[4] 0.92499995 1.09 1.4800001 1.17001, after 3: float[4] -0.027481776 -0.09579252 0.2529933 0.16094495");

const leat_op_def leat_op_ResourceApplyCenteredRMSProp = LEAT_OP(
    "ResourceApplyCenteredRMSProp(var: resource, mg: resource, ms: resource, mom: resource, "
    "lr: T, rho: T, momentum: T, epsilon: T, grad: T); T: numeric; use_locking: bool = false",
    .doc = "RMSProp with the variance of the gradient instead of its mean square.", .shape = leat_apply_shape,
    .kernels = {{.fn = leat_apply_centered_rms_prop, .label = "vector"}}, .gradient = leat_grad_none,
    .cost = leat_cost_of_rows, .flops_each = 16, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ResourceApplyCenteredRMSProp,
    "(var float[4] -1.0 -0.5 0.0 0.5, var float[4] 0.1 0.15 0.2 0.25, var float[4] 1.0 1.1 1.2 1.3, var float[4] -0.1 0.0 0.1 0.20000002, float[] 0.1, float[] 0.9, float[] 0.8, float[] 0.001, float[4] 0.5 -1.0 2.0 0.01) tol 2e-6 -> after 0: float[4] -0.9725182 -0.40420747 -0.2529933 0.33905506, after 1: float[4] 0.14000002 0.03499998 0.38000005 0.226, after 2: float[4] 0.92499995 1.09 1.4800001 1.17001, after 3: float[4] -0.027481776 -0.09579252 0.2529933 0.16094495");

const leat_op_def leat_op_ApplyAdam = LEAT_OP(
    "ApplyAdam(var: Ref(T), m: Ref(T), v: Ref(T), beta1_power: T, beta2_power: T, lr: T, "
    "beta1: T, beta2: T, epsilon: T, grad: T) -> out: Ref(T); T: numeric; use_locking: bool "
    "= false; use_nesterov: bool = false",
    .doc =
        "Adam: m follows grad, v follows grad^2; var -= alpha * m / (sqrt(v) + epsilon) with the bias of both corrected.",
    .shape = leat_apply_shape, .kernels = {{.fn = leat_apply_adam, .label = "vector"}},
    .gradient = leat_grad_none, .cost = leat_cost_of_rows, .flops_each = 12, .flags = LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ApplyAdam,
    "(ref float[4] -1.0 -0.5 0.0 0.5, ref float[4] 0.2 0.3 0.4 0.5, ref float[4] 0.3 0.5 0.70000005 0.90000004, float[] 0.81, float[] 0.998, float[] 0.1, float[] 0.9, float[] 0.99, float[] 0.001, float[4] 0.5 -1.0 2.0 0.01) tol 2e-6 -> float[4] -1.0098741 -0.5056228 -0.01537757 0.48876595, after 1: float[4] 0.23000002 0.16999999 0.56000006 0.45099998, after 2: float[4] 0.29950002 0.505 0.73300004 0.89100105");
LEAT_ROW(
    ApplyAdam,
    "(ref float[4] -1.0 -0.5 0.0 0.5, ref float[4] 0.2 0.3 0.4 0.5, ref float[4] 0.3 0.5 0.70000005 0.90000004, float[] 0.81, float[] 0.998, float[] 0.1, float[] 0.9, float[] 0.99, float[] 0.001, float[4] 0.5 -1.0 2.0 0.01) {use_nesterov: true} tol 2e-6 -> float[4] -1.0110332 -0.501753 -0.019331804 0.48986444, after 1: float[4] 0.23000002 0.16999999 0.56000006 0.45099998, after 2: float[4] 0.29950002 0.505 0.73300004 0.89100105");

const leat_op_def leat_op_ResourceApplyAdam = LEAT_OP(
    "ResourceApplyAdam(var: resource, m: resource, v: resource, beta1_power: T, beta2_power: "
    "T, lr: T, beta1: T, beta2: T, epsilon: T, grad: T); T: numeric; use_locking: bool = "
    "false; use_nesterov: bool = false",
    .doc =
        "Adam: m follows grad, v follows grad^2; var -= alpha * m / (sqrt(v) + epsilon) with the bias of both corrected.",
    .shape = leat_apply_shape, .kernels = {{.fn = leat_apply_adam, .label = "vector"}},
    .gradient = leat_grad_none, .cost = leat_cost_of_rows, .flops_each = 12,
    .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ResourceApplyAdam,
    "(var float[4] -1.0 -0.5 0.0 0.5, var float[4] 0.2 0.3 0.4 0.5, var float[4] 0.3 0.5 0.70000005 0.90000004, float[] 0.81, float[] 0.998, float[] 0.1, float[] 0.9, float[] 0.99, float[] 0.001, float[4] 0.5 -1.0 2.0 0.01) tol 2e-6 -> after 0: float[4] -1.0098741 -0.5056228 -0.01537757 0.48876595, after 1: float[4] 0.23000002 0.16999999 0.56000006 0.45099998, after 2: float[4] 0.29950002 0.505 0.73300004 0.89100105");
LEAT_ROW(
    ResourceApplyAdam,
    "(var float[4] -1.0 -0.5 0.0 0.5, var float[4] 0.2 0.3 0.4 0.5, var float[4] 0.3 0.5 0.70000005 0.90000004, float[] 0.81, float[] 0.998, float[] 0.1, float[] 0.9, float[] 0.99, float[] 0.001, float[4] 0.5 -1.0 2.0 0.01) {use_nesterov: true} tol 2e-6 -> after 0: float[4] -1.0110332 -0.501753 -0.019331804 0.48986444, after 1: float[4] 0.23000002 0.16999999 0.56000006 0.45099998, after 2: float[4] 0.29950002 0.505 0.73300004 0.89100105");

const leat_op_def leat_op_ResourceApplyAdamWithAmsgrad =
    LEAT_OP("ResourceApplyAdamWithAmsgrad(var: resource, m: resource, v: resource, vhat: resource, "
            "beta1_power: T, beta2_power: T, lr: T, beta1: T, beta2: T, epsilon: T, grad: T); T: "
            "numeric; use_locking: bool = false",
            .doc = "Adam with the largest v so far (vhat).", .shape = leat_apply_shape,
            .kernels = {{.fn = leat_apply_adam_with_amsgrad, .label = "vector"}}, .gradient = leat_grad_none,
            .cost = leat_cost_of_rows, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ResourceApplyAdamWithAmsgrad,
    "(var float[4] -1.0 -0.5 0.0 0.5, var float[4] 0.2 0.3 0.4 0.5, var float[4] 0.3 0.5 0.70000005 0.90000004, var float[4] 0.4 0.45000002 0.5 0.55, float[] 0.81, float[] 0.998, float[] 0.1, float[] 0.9, float[] 0.99, float[] 0.001, float[4] 0.5 -1.0 2.0 0.01) tol 2e-6 -> after 0: float[4] -1.0085461 -0.5056228 -0.01537757 0.48876595, after 1: float[4] 0.23000002 0.16999999 0.56000006 0.45099998, after 2: float[4] 0.29950002 0.505 0.73300004 0.89100105, after 3: float[4] 0.4 0.505 0.73300004 0.89100105");

const leat_op_def leat_op_ApplyAdaMax =
    LEAT_OP("ApplyAdaMax(var: Ref(T), m: Ref(T), v: Ref(T), beta1_power: T, lr: T, beta1: T, beta2: "
            "T, epsilon: T, grad: T) -> out: Ref(T); T: numeric; use_locking: bool = false",
            .doc = "Adam with the infinity norm.", .shape = leat_apply_shape,
            .kernels = {{.fn = leat_apply_ada_max, .label = "vector"}}, .gradient = leat_grad_none,
            .cost = leat_cost_of_rows, .flags = LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ApplyAdaMax,
    "(ref float[4] -1.0 -0.5 0.0 0.5, ref float[4] 0.2 0.3 0.4 0.5, ref float[4] 0.3 0.5 0.70000005 0.90000004, float[] 0.81, float[] 0.1, float[] 0.9, float[] 0.99, float[] 0.001, float[4] 0.5 -1.0 2.0 0.01) tol 2e-6 -> float[4] -1.2416221 -0.5893843 -0.1472948 0.2338919, after 1: float[4] 0.23000002 0.16999999 0.56000006 0.45099998, after 2: float[4] 0.5 1.0 2.0 0.89100003");

const leat_op_def leat_op_ResourceApplyAdaMax =
    LEAT_OP("ResourceApplyAdaMax(var: resource, m: resource, v: resource, beta1_power: T, lr: T, "
            "beta1: T, beta2: T, epsilon: T, grad: T); T: numeric; use_locking: bool = false",
            .doc = "Adam with the infinity norm.", .shape = leat_apply_shape,
            .kernels = {{.fn = leat_apply_ada_max, .label = "vector"}}, .gradient = leat_grad_none,
            .cost = leat_cost_of_rows, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ResourceApplyAdaMax,
    "(var float[4] -1.0 -0.5 0.0 0.5, var float[4] 0.2 0.3 0.4 0.5, var float[4] 0.3 0.5 0.70000005 0.90000004, float[] 0.81, float[] 0.1, float[] 0.9, float[] 0.99, float[] 0.001, float[4] 0.5 -1.0 2.0 0.01) tol 2e-6 -> after 0: float[4] -1.2416221 -0.5893843 -0.1472948 0.2338919, after 1: float[4] 0.23000002 0.16999999 0.56000006 0.45099998, after 2: float[4] 0.5 1.0 2.0 0.89100003");

const leat_op_def leat_op_ApplyFtrl =
    LEAT_OP("ApplyFtrl(var: Ref(T), accum: Ref(T), linear: Ref(T), grad: T, lr: T, l1: T, l2: T, "
            "lr_power: T) -> out: Ref(T); T: numeric; use_locking: bool = false; "
            "multiply_linear_by_lr: bool = false",
            .doc = "Follow the regularized leader, proximal form, with l1 and l2.", .shape = leat_apply_shape,
            .kernels = {{.fn = leat_apply_ftrl, .label = "vector"}}, .gradient = leat_grad_none,
            .cost = leat_cost_of_rows, .flags = LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ApplyFtrl,
    "(ref float[4] -1.0 -0.5 0.0 0.5, ref float[4] 0.5 0.75 1.0 1.25, ref float[4] -0.7 -0.39999998 -0.099999964 0.20000005, float[4] 0.5 -1.0 2.0 0.01, float[] 0.1, float[] 0.05, float[] 0.1, float[] -0.5) tol 2e-6 -> float[4] -0.15114535 -0.062124237 -0.08200108 -0.014039147, after 1: float[4] 0.75 1.75 5.0 1.2501, after 2: float[4] 1.3891861 0.88425124 1.9000001 0.20977654");

const leat_op_def leat_op_ResourceApplyFtrl =
    LEAT_OP("ResourceApplyFtrl(var: resource, accum: resource, linear: resource, grad: T, lr: T, l1: "
            "T, l2: T, lr_power: T); T: numeric; use_locking: bool = false; multiply_linear_by_lr: "
            "bool = false",
            .doc = "Follow the regularized leader, proximal form, with l1 and l2.", .shape = leat_apply_shape,
            .kernels = {{.fn = leat_apply_ftrl, .label = "vector"}}, .gradient = leat_grad_none,
            .cost = leat_cost_of_rows, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ResourceApplyFtrl,
    "(var float[4] -1.0 -0.5 0.0 0.5, var float[4] 0.5 0.75 1.0 1.25, var float[4] -0.7 -0.39999998 -0.099999964 0.20000005, float[4] 0.5 -1.0 2.0 0.01, float[] 0.1, float[] 0.05, float[] 0.1, float[] -0.5) tol 2e-6 -> after 0: float[4] -0.15114535 -0.062124237 -0.08200108 -0.014039147, after 1: float[4] 0.75 1.75 5.0 1.2501, after 2: float[4] 1.3891861 0.88425124 1.9000001 0.20977654");

const leat_op_def leat_op_ApplyFtrlV2 =
    LEAT_OP("ApplyFtrlV2(var: Ref(T), accum: Ref(T), linear: Ref(T), grad: T, lr: T, l1: T, l2: T, "
            "l2_shrinkage: T, lr_power: T) -> out: Ref(T); T: numeric; use_locking: bool = false; "
            "multiply_linear_by_lr: bool = false",
            .doc = "Ftrl with l2_shrinkage added to the gradient.", .shape = leat_apply_shape,
            .kernels = {{.fn = leat_apply_ftrl_v2, .label = "vector"}}, .gradient = leat_grad_none,
            .cost = leat_cost_of_rows, .flags = LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ApplyFtrlV2,
    "(ref float[4] -1.0 -0.5 0.0 0.5, ref float[4] 0.5 0.75 1.0 1.25, ref float[4] -0.7 -0.39999998 -0.099999964 0.20000005, float[4] 0.5 -1.0 2.0 0.01, float[] 0.1, float[] 0.05, float[] 0.1, float[] 0.02, float[] -0.5) tol 2e-6 -> float[4] -0.14663082 -0.0606349 -0.08200108 -0.015796494, after 1: float[4] 0.75 1.75 5.0 1.2501, after 2: float[4] 1.3491862 0.86425126 1.9000001 0.22977653");

const leat_op_def leat_op_ResourceApplyFtrlV2 =
    LEAT_OP("ResourceApplyFtrlV2(var: resource, accum: resource, linear: resource, grad: T, lr: T, "
            "l1: T, l2: T, l2_shrinkage: T, lr_power: T); T: numeric; use_locking: bool = false; "
            "multiply_linear_by_lr: bool = false",
            .doc = "Ftrl with l2_shrinkage added to the gradient.", .shape = leat_apply_shape,
            .kernels = {{.fn = leat_apply_ftrl_v2, .label = "vector"}}, .gradient = leat_grad_none,
            .cost = leat_cost_of_rows, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ResourceApplyFtrlV2,
    "(var float[4] -1.0 -0.5 0.0 0.5, var float[4] 0.5 0.75 1.0 1.25, var float[4] -0.7 -0.39999998 -0.099999964 0.20000005, float[4] 0.5 -1.0 2.0 0.01, float[] 0.1, float[] 0.05, float[] 0.1, float[] 0.02, float[] -0.5) tol 2e-6 -> after 0: float[4] -0.14663082 -0.0606349 -0.08200108 -0.015796494, after 1: float[4] 0.75 1.75 5.0 1.2501, after 2: float[4] 1.3491862 0.86425126 1.9000001 0.22977653");

const leat_op_def leat_op_ApplyAddSign =
    LEAT_OP("ApplyAddSign(var: Ref(T), m: Ref(T), lr: T, alpha: T, sign_decay: T, beta: T, grad: T) "
            "-> out: Ref(T); T: numeric; use_locking: bool = false",
            .doc = "m follows grad; var -= lr * (alpha + sign_decay * sign(grad) * sign(m)) * grad.",
            .shape = leat_apply_shape, .kernels = {{.fn = leat_apply_add_sign, .label = "vector"}},
            .gradient = leat_grad_none, .cost = leat_cost_of_rows, .flags = LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ApplyAddSign,
    "(ref float[4] -1.0 -0.5 0.0 0.5, ref float[4] 0.2 0.3 0.4 0.5, float[] 0.1, float[] 0.1, float[] 0.9, float[] 0.95, float[4] 0.5 -1.0 2.0 0.01) tol 2e-6 -> float[4] -1.05 -0.58 -0.2 0.499, after 1: float[4] 0.215 0.23499998 0.48000002 0.4755");

const leat_op_def leat_op_ResourceApplyAddSign = LEAT_OP(
    "ResourceApplyAddSign(var: resource, m: resource, lr: T, alpha: T, sign_decay: T, beta: "
    "T, grad: T); T: numeric; use_locking: bool = false",
    .doc = "m follows grad; var -= lr * (alpha + sign_decay * sign(grad) * sign(m)) * grad.",
    .shape = leat_apply_shape, .kernels = {{.fn = leat_apply_add_sign, .label = "vector"}},
    .gradient = leat_grad_none, .cost = leat_cost_of_rows, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ResourceApplyAddSign,
    "(var float[4] -1.0 -0.5 0.0 0.5, var float[4] 0.2 0.3 0.4 0.5, float[] 0.1, float[] 0.1, float[] 0.9, float[] 0.95, float[4] 0.5 -1.0 2.0 0.01) tol 2e-6 -> after 0: float[4] -1.05 -0.58 -0.2 0.499, after 1: float[4] 0.215 0.23499998 0.48000002 0.4755");

const leat_op_def leat_op_ApplyPowerSign =
    LEAT_OP("ApplyPowerSign(var: Ref(T), m: Ref(T), lr: T, logbase: T, sign_decay: T, beta: T, grad: "
            "T) -> out: Ref(T); T: numeric; use_locking: bool = false",
            .doc = "m follows grad; var -= lr * exp(logbase * sign_decay * sign(grad) * sign(m)) * grad.",
            .shape = leat_apply_shape, .kernels = {{.fn = leat_apply_power_sign, .label = "vector"}},
            .gradient = leat_grad_none, .cost = leat_cost_of_rows, .flags = LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ApplyPowerSign,
    "(ref float[4] -1.0 -0.5 0.0 0.5, ref float[4] 0.2 0.3 0.4 0.5, float[] 0.1, float[] 1.0, float[] 0.9, float[] 0.95, float[4] 0.5 -1.0 2.0 0.01) tol 2e-6 -> float[4] -1.1229801 -0.45934305 -0.49192062 0.49754038, after 1: float[4] 0.215 0.23499998 0.48000002 0.4755");

const leat_op_def leat_op_ResourceApplyPowerSign = LEAT_OP(
    "ResourceApplyPowerSign(var: resource, m: resource, lr: T, logbase: T, sign_decay: T, "
    "beta: T, grad: T); T: numeric; use_locking: bool = false",
    .doc = "m follows grad; var -= lr * exp(logbase * sign_decay * sign(grad) * sign(m)) * grad.",
    .shape = leat_apply_shape, .kernels = {{.fn = leat_apply_power_sign, .label = "vector"}},
    .gradient = leat_grad_none, .cost = leat_cost_of_rows, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ResourceApplyPowerSign,
    "(var float[4] -1.0 -0.5 0.0 0.5, var float[4] 0.2 0.3 0.4 0.5, float[] 0.1, float[] 1.0, float[] 0.9, float[] 0.95, float[4] 0.5 -1.0 2.0 0.01) tol 2e-6 -> after 0: float[4] -1.1229801 -0.45934305 -0.49192062 0.49754038, after 1: float[4] 0.215 0.23499998 0.48000002 0.4755");
