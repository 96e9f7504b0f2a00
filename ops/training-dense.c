/* training-dense.c - the dense training ops, on ref and on resource variables. */
#include "ops/training-private.h"

const leat_op_def leat_op_ApplyGradientDescent =
    LEAT_OP("ApplyGradientDescent(var: Ref(T), alpha: T, delta: T) -> out: Ref(T); T: numeric; "
            "use_locking: bool = false",
            .doc = "var -= alpha * delta.", .shape = leat_apply_shape,
            .kernels = {{.fn = leat_apply_gradient_descent, .label = "vector"}}, .gradient = leat_grad_none,
            .flags = LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ResourceApplyGradientDescent =
    LEAT_OP("ResourceApplyGradientDescent(var: resource, alpha: T, delta: T); T: numeric; "
            "use_locking: bool = false",
            .doc = "var -= alpha * delta.", .shape = leat_apply_shape,
            .kernels = {{.fn = leat_apply_gradient_descent, .label = "vector"}}, .gradient = leat_grad_none,
            .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ApplyProximalGradientDescent =
    LEAT_OP("ApplyProximalGradientDescent(var: Ref(T), alpha: T, l1: T, l2: T, delta: T) -> out: "
            "Ref(T); T: numeric; use_locking: bool = false",
            .doc = "A gradient step, then shrinking by l1 and l2 (FOBOS).", .shape = leat_apply_shape,
            .kernels = {{.fn = leat_apply_proximal_gradient_descent, .label = "vector"}},
            .gradient = leat_grad_none, .flags = LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ResourceApplyProximalGradientDescent =
    LEAT_OP("ResourceApplyProximalGradientDescent(var: resource, alpha: T, l1: T, l2: T, delta: T); "
            "T: numeric; use_locking: bool = false",
            .doc = "A gradient step, then shrinking by l1 and l2 (FOBOS).", .shape = leat_apply_shape,
            .kernels = {{.fn = leat_apply_proximal_gradient_descent, .label = "vector"}},
            .gradient = leat_grad_none, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ApplyMomentum =
    LEAT_OP("ApplyMomentum(var: Ref(T), accum: Ref(T), lr: T, grad: T, momentum: T) -> out: Ref(T); "
            "T: numeric; use_locking: bool = false; use_nesterov: bool = false",
            .doc = "accum = accum * momentum + grad; var -= lr * accum, or Nesterov's form of it.",
            .shape = leat_apply_shape, .kernels = {{.fn = leat_apply_momentum, .label = "vector"}},
            .gradient = leat_grad_none, .flags = LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ResourceApplyMomentum =
    LEAT_OP("ResourceApplyMomentum(var: resource, accum: resource, lr: T, grad: T, momentum: T); T: "
            "numeric; use_locking: bool = false; use_nesterov: bool = false",
            .doc = "accum = accum * momentum + grad; var -= lr * accum, or Nesterov's form of it.",
            .shape = leat_apply_shape, .kernels = {{.fn = leat_apply_momentum, .label = "vector"}},
            .gradient = leat_grad_none, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ResourceApplyKerasMomentum =
    LEAT_OP("ResourceApplyKerasMomentum(var: resource, accum: resource, lr: T, grad: T, momentum: "
            "T); T: numeric; use_locking: bool = false; use_nesterov: bool = false",
            .doc = "accum = accum * momentum - lr * grad; var += accum, or Nesterov's form of it.",
            .shape = leat_apply_shape, .kernels = {{.fn = leat_apply_keras_momentum, .label = "vector"}},
            .gradient = leat_grad_none, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ApplyAdagrad =
    LEAT_OP("ApplyAdagrad(var: Ref(T), accum: Ref(T), lr: T, grad: T) -> out: Ref(T); T: numeric; "
            "use_locking: bool = false; update_slots: bool = true",
            .doc = "accum += grad^2; var -= lr * grad / sqrt(accum).", .shape = leat_apply_shape,
            .kernels = {{.fn = leat_apply_adagrad, .label = "vector"}}, .gradient = leat_grad_none,
            .flags = LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ResourceApplyAdagrad =
    LEAT_OP("ResourceApplyAdagrad(var: resource, accum: resource, lr: T, grad: T); T: numeric; "
            "use_locking: bool = false; update_slots: bool = true",
            .doc = "accum += grad^2; var -= lr * grad / sqrt(accum).", .shape = leat_apply_shape,
            .kernels = {{.fn = leat_apply_adagrad, .label = "vector"}}, .gradient = leat_grad_none,
            .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ApplyAdagradV2 =
    LEAT_OP("ApplyAdagradV2(var: Ref(T), accum: Ref(T), lr: T, epsilon: T, grad: T) -> out: Ref(T); "
            "T: numeric; use_locking: bool = false; update_slots: bool = true",
            .doc = "accum += grad^2; var -= lr * grad / (sqrt(accum) + epsilon).", .shape = leat_apply_shape,
            .kernels = {{.fn = leat_apply_adagrad_v2, .label = "vector"}}, .gradient = leat_grad_none,
            .flags = LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ResourceApplyAdagradV2 =
    LEAT_OP("ResourceApplyAdagradV2(var: resource, accum: resource, lr: T, epsilon: T, grad: T); T: "
            "numeric; use_locking: bool = false; update_slots: bool = true",
            .doc = "accum += grad^2; var -= lr * grad / (sqrt(accum) + epsilon).", .shape = leat_apply_shape,
            .kernels = {{.fn = leat_apply_adagrad_v2, .label = "vector"}}, .gradient = leat_grad_none,
            .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ApplyAdagradDA =
    LEAT_OP("ApplyAdagradDA(var: Ref(T), gradient_accumulator: Ref(T), gradient_squared_accumulator: "
            "Ref(T), grad: T, lr: T, l1: T, l2: T, global_step: int64) -> out: Ref(T); T: numeric; "
            "use_locking: bool = false",
            .doc = "Adagrad by dual averaging, with l1 and l2.", .shape = leat_apply_shape,
            .kernels = {{.fn = leat_apply_adagrad_da, .label = "vector"}}, .gradient = leat_grad_none,
            .flags = LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ResourceApplyAdagradDA =
    LEAT_OP("ResourceApplyAdagradDA(var: resource, gradient_accumulator: resource, "
            "gradient_squared_accumulator: resource, grad: T, lr: T, l1: T, l2: T, global_step: "
            "int64); T: numeric; use_locking: bool = false",
            .doc = "Adagrad by dual averaging, with l1 and l2.", .shape = leat_apply_shape,
            .kernels = {{.fn = leat_apply_adagrad_da, .label = "vector"}}, .gradient = leat_grad_none,
            .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ApplyProximalAdagrad =
    LEAT_OP("ApplyProximalAdagrad(var: Ref(T), accum: Ref(T), lr: T, l1: T, l2: T, grad: T) -> out: "
            "Ref(T); T: numeric; use_locking: bool = false",
            .doc = "An Adagrad step, then shrinking by l1 and l2 (FOBOS).", .shape = leat_apply_shape,
            .kernels = {{.fn = leat_apply_proximal_adagrad, .label = "vector"}}, .gradient = leat_grad_none,
            .flags = LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ResourceApplyProximalAdagrad =
    LEAT_OP("ResourceApplyProximalAdagrad(var: resource, accum: resource, lr: T, l1: T, l2: T, grad: "
            "T); T: numeric; use_locking: bool = false",
            .doc = "An Adagrad step, then shrinking by l1 and l2 (FOBOS).", .shape = leat_apply_shape,
            .kernels = {{.fn = leat_apply_proximal_adagrad, .label = "vector"}}, .gradient = leat_grad_none,
            .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ApplyAdadelta =
    LEAT_OP("ApplyAdadelta(var: Ref(T), accum: Ref(T), accum_update: Ref(T), lr: T, rho: T, epsilon: "
            "T, grad: T) -> out: Ref(T); T: numeric; use_locking: bool = false",
            .doc = "Adadelta: steps in proportion to the mean square of earlier ones.",
            .shape = leat_apply_shape, .kernels = {{.fn = leat_apply_adadelta, .label = "vector"}},
            .gradient = leat_grad_none, .flags = LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ResourceApplyAdadelta =
    LEAT_OP("ResourceApplyAdadelta(var: resource, accum: resource, accum_update: resource, lr: T, "
            "rho: T, epsilon: T, grad: T); T: numeric; use_locking: bool = false",
            .doc = "Adadelta: steps in proportion to the mean square of earlier ones.",
            .shape = leat_apply_shape, .kernels = {{.fn = leat_apply_adadelta, .label = "vector"}},
            .gradient = leat_grad_none, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ApplyRMSProp =
    LEAT_OP("ApplyRMSProp(var: Ref(T), ms: Ref(T), mom: Ref(T), lr: T, rho: T, momentum: T, epsilon: "
            "T, grad: T) -> out: Ref(T); T: numeric; use_locking: bool = false",
            .doc = "ms follows grad^2; mom = momentum * mom + lr * grad / sqrt(ms + epsilon); var -= mom.",
            .shape = leat_apply_shape, .kernels = {{.fn = leat_apply_rms_prop, .label = "vector"}},
            .gradient = leat_grad_none, .flags = LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ResourceApplyRMSProp =
    LEAT_OP("ResourceApplyRMSProp(var: resource, ms: resource, mom: resource, lr: T, rho: T, "
            "momentum: T, epsilon: T, grad: T); T: numeric; use_locking: bool = false",
            .doc = "ms follows grad^2; mom = momentum * mom + lr * grad / sqrt(ms + epsilon); var -= mom.",
            .shape = leat_apply_shape, .kernels = {{.fn = leat_apply_rms_prop, .label = "vector"}},
            .gradient = leat_grad_none, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ApplyCenteredRMSProp =
    LEAT_OP("ApplyCenteredRMSProp(var: Ref(T), mg: Ref(T), ms: Ref(T), mom: Ref(T), lr: T, rho: T, "
            "momentum: T, epsilon: T, grad: T) -> out: Ref(T); T: numeric; use_locking: bool = false",
            .doc = "RMSProp with the variance of the gradient instead of its mean square.",
            .shape = leat_apply_shape, .kernels = {{.fn = leat_apply_centered_rms_prop, .label = "vector"}},
            .gradient = leat_grad_none, .flags = LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ResourceApplyCenteredRMSProp =
    LEAT_OP("ResourceApplyCenteredRMSProp(var: resource, mg: resource, ms: resource, mom: resource, "
            "lr: T, rho: T, momentum: T, epsilon: T, grad: T); T: numeric; use_locking: bool = false",
            .doc = "RMSProp with the variance of the gradient instead of its mean square.",
            .shape = leat_apply_shape, .kernels = {{.fn = leat_apply_centered_rms_prop, .label = "vector"}},
            .gradient = leat_grad_none, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ApplyAdam = LEAT_OP(
    "ApplyAdam(var: Ref(T), m: Ref(T), v: Ref(T), beta1_power: T, beta2_power: T, lr: T, "
    "beta1: T, beta2: T, epsilon: T, grad: T) -> out: Ref(T); T: numeric; use_locking: bool "
    "= false; use_nesterov: bool = false",
    .doc =
        "Adam: m follows grad, v follows grad^2; var -= alpha * m / (sqrt(v) + epsilon) with the bias of both corrected.",
    .shape = leat_apply_shape, .kernels = {{.fn = leat_apply_adam, .label = "vector"}},
    .gradient = leat_grad_none, .flags = LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ResourceApplyAdam = LEAT_OP(
    "ResourceApplyAdam(var: resource, m: resource, v: resource, beta1_power: T, beta2_power: "
    "T, lr: T, beta1: T, beta2: T, epsilon: T, grad: T); T: numeric; use_locking: bool = "
    "false; use_nesterov: bool = false",
    .doc =
        "Adam: m follows grad, v follows grad^2; var -= alpha * m / (sqrt(v) + epsilon) with the bias of both corrected.",
    .shape = leat_apply_shape, .kernels = {{.fn = leat_apply_adam, .label = "vector"}},
    .gradient = leat_grad_none, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ResourceApplyAdamWithAmsgrad =
    LEAT_OP("ResourceApplyAdamWithAmsgrad(var: resource, m: resource, v: resource, vhat: resource, "
            "beta1_power: T, beta2_power: T, lr: T, beta1: T, beta2: T, epsilon: T, grad: T); T: "
            "numeric; use_locking: bool = false",
            .doc = "Adam with the largest v so far (vhat).", .shape = leat_apply_shape,
            .kernels = {{.fn = leat_apply_adam_with_amsgrad, .label = "vector"}}, .gradient = leat_grad_none,
            .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ApplyAdaMax =
    LEAT_OP("ApplyAdaMax(var: Ref(T), m: Ref(T), v: Ref(T), beta1_power: T, lr: T, beta1: T, beta2: "
            "T, epsilon: T, grad: T) -> out: Ref(T); T: numeric; use_locking: bool = false",
            .doc = "Adam with the infinity norm.", .shape = leat_apply_shape,
            .kernels = {{.fn = leat_apply_ada_max, .label = "vector"}}, .gradient = leat_grad_none,
            .flags = LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ResourceApplyAdaMax =
    LEAT_OP("ResourceApplyAdaMax(var: resource, m: resource, v: resource, beta1_power: T, lr: T, "
            "beta1: T, beta2: T, epsilon: T, grad: T); T: numeric; use_locking: bool = false",
            .doc = "Adam with the infinity norm.", .shape = leat_apply_shape,
            .kernels = {{.fn = leat_apply_ada_max, .label = "vector"}}, .gradient = leat_grad_none,
            .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ApplyFtrl =
    LEAT_OP("ApplyFtrl(var: Ref(T), accum: Ref(T), linear: Ref(T), grad: T, lr: T, l1: T, l2: T, "
            "lr_power: T) -> out: Ref(T); T: numeric; use_locking: bool = false; "
            "multiply_linear_by_lr: bool = false",
            .doc = "Follow the regularized leader, proximal form, with l1 and l2.", .shape = leat_apply_shape,
            .kernels = {{.fn = leat_apply_ftrl, .label = "vector"}}, .gradient = leat_grad_none,
            .flags = LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ResourceApplyFtrl =
    LEAT_OP("ResourceApplyFtrl(var: resource, accum: resource, linear: resource, grad: T, lr: T, l1: "
            "T, l2: T, lr_power: T); T: numeric; use_locking: bool = false; multiply_linear_by_lr: "
            "bool = false",
            .doc = "Follow the regularized leader, proximal form, with l1 and l2.", .shape = leat_apply_shape,
            .kernels = {{.fn = leat_apply_ftrl, .label = "vector"}}, .gradient = leat_grad_none,
            .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ApplyFtrlV2 =
    LEAT_OP("ApplyFtrlV2(var: Ref(T), accum: Ref(T), linear: Ref(T), grad: T, lr: T, l1: T, l2: T, "
            "l2_shrinkage: T, lr_power: T) -> out: Ref(T); T: numeric; use_locking: bool = false; "
            "multiply_linear_by_lr: bool = false",
            .doc = "Ftrl with l2_shrinkage added to the gradient.", .shape = leat_apply_shape,
            .kernels = {{.fn = leat_apply_ftrl_v2, .label = "vector"}}, .gradient = leat_grad_none,
            .flags = LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ResourceApplyFtrlV2 =
    LEAT_OP("ResourceApplyFtrlV2(var: resource, accum: resource, linear: resource, grad: T, lr: T, "
            "l1: T, l2: T, l2_shrinkage: T, lr_power: T); T: numeric; use_locking: bool = false; "
            "multiply_linear_by_lr: bool = false",
            .doc = "Ftrl with l2_shrinkage added to the gradient.", .shape = leat_apply_shape,
            .kernels = {{.fn = leat_apply_ftrl_v2, .label = "vector"}}, .gradient = leat_grad_none,
            .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ApplyAddSign =
    LEAT_OP("ApplyAddSign(var: Ref(T), m: Ref(T), lr: T, alpha: T, sign_decay: T, beta: T, grad: T) "
            "-> out: Ref(T); T: numeric; use_locking: bool = false",
            .doc = "m follows grad; var -= lr * (alpha + sign_decay * sign(grad) * sign(m)) * grad.",
            .shape = leat_apply_shape, .kernels = {{.fn = leat_apply_add_sign, .label = "vector"}},
            .gradient = leat_grad_none, .flags = LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ResourceApplyAddSign =
    LEAT_OP("ResourceApplyAddSign(var: resource, m: resource, lr: T, alpha: T, sign_decay: T, beta: "
            "T, grad: T); T: numeric; use_locking: bool = false",
            .doc = "m follows grad; var -= lr * (alpha + sign_decay * sign(grad) * sign(m)) * grad.",
            .shape = leat_apply_shape, .kernels = {{.fn = leat_apply_add_sign, .label = "vector"}},
            .gradient = leat_grad_none, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ApplyPowerSign =
    LEAT_OP("ApplyPowerSign(var: Ref(T), m: Ref(T), lr: T, logbase: T, sign_decay: T, beta: T, grad: "
            "T) -> out: Ref(T); T: numeric; use_locking: bool = false",
            .doc = "m follows grad; var -= lr * exp(logbase * sign_decay * sign(grad) * sign(m)) * grad.",
            .shape = leat_apply_shape, .kernels = {{.fn = leat_apply_power_sign, .label = "vector"}},
            .gradient = leat_grad_none, .flags = LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ResourceApplyPowerSign =
    LEAT_OP("ResourceApplyPowerSign(var: resource, m: resource, lr: T, logbase: T, sign_decay: T, "
            "beta: T, grad: T); T: numeric; use_locking: bool = false",
            .doc = "m follows grad; var -= lr * exp(logbase * sign_decay * sign(grad) * sign(m)) * grad.",
            .shape = leat_apply_shape, .kernels = {{.fn = leat_apply_power_sign, .label = "vector"}},
            .gradient = leat_grad_none, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);
