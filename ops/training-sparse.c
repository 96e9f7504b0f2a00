/* training-sparse.c - training ops that update the rows named by indices; an index that stands there twice counts twice. */
#include "ops/training-private.h"

const leat_op_def leat_op_SparseApplyProximalGradientDescent =
    LEAT_OP("SparseApplyProximalGradientDescent(var: Ref(T), alpha: T, l1: T, l2: T, grad: T, "
            "indices: Tindices) -> out: Ref(T); T: numeric; Tindices: {int32, int64}; use_locking: "
            "bool = false",
            .doc = "Of the rows named by indices: A gradient step, then shrinking by l1 and l2 (FOBOS).",
            .shape = leat_sparse_apply_shape,
            .kernels = {{.fn = leat_sparse_apply_proximal_gradient_descent, .label = "vector"}},
            .gradient = leat_grad_none, .flags = LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ResourceSparseApplyProximalGradientDescent =
    LEAT_OP("ResourceSparseApplyProximalGradientDescent(var: resource, alpha: T, l1: T, l2: T, grad: "
            "T, indices: Tindices); T: numeric; Tindices: {int32, int64}; use_locking: bool = false",
            .doc = "Of the rows named by indices: A gradient step, then shrinking by l1 and l2 (FOBOS).",
            .shape = leat_sparse_apply_shape,
            .kernels = {{.fn = leat_sparse_apply_proximal_gradient_descent, .label = "vector"}},
            .gradient = leat_grad_none, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_SparseApplyMomentum = LEAT_OP(
    "SparseApplyMomentum(var: Ref(T), accum: Ref(T), lr: T, grad: T, indices: Tindices, "
    "momentum: T) -> out: Ref(T); T: numeric; Tindices: {int32, int64}; use_locking: bool = "
    "false; use_nesterov: bool = false",
    .doc =
        "Of the rows named by indices: accum = accum * momentum + grad; var -= lr * accum, or Nesterov's form of it.",
    .shape = leat_sparse_apply_shape, .kernels = {{.fn = leat_sparse_apply_momentum, .label = "vector"}},
    .gradient = leat_grad_none, .flags = LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ResourceSparseApplyMomentum = LEAT_OP(
    "ResourceSparseApplyMomentum(var: resource, accum: resource, lr: T, grad: T, indices: "
    "Tindices, momentum: T); T: numeric; Tindices: {int32, int64}; use_locking: bool = "
    "false; use_nesterov: bool = false",
    .doc =
        "Of the rows named by indices: accum = accum * momentum + grad; var -= lr * accum, or Nesterov's form of it.",
    .shape = leat_sparse_apply_shape, .kernels = {{.fn = leat_sparse_apply_momentum, .label = "vector"}},
    .gradient = leat_grad_none, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ResourceSparseApplyKerasMomentum = LEAT_OP(
    "ResourceSparseApplyKerasMomentum(var: resource, accum: resource, lr: T, grad: T, "
    "indices: Tindices, momentum: T); T: numeric; Tindices: {int32, int64}; use_locking: "
    "bool = false; use_nesterov: bool = false",
    .doc =
        "Of the rows named by indices: accum = accum * momentum - lr * grad; var += accum, or Nesterov's form of it.",
    .shape = leat_sparse_apply_shape,
    .kernels = {{.fn = leat_sparse_apply_keras_momentum, .label = "vector"}}, .gradient = leat_grad_none,
    .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_SparseApplyAdagrad = LEAT_OP(
    "SparseApplyAdagrad(var: Ref(T), accum: Ref(T), lr: T, grad: T, indices: Tindices) -> "
    "out: Ref(T); T: numeric; Tindices: {int32, int64}; use_locking: bool = false; "
    "update_slots: bool = true",
    .doc = "Of the rows named by indices: accum += grad^2; var -= lr * grad / sqrt(accum).",
    .shape = leat_sparse_apply_shape, .kernels = {{.fn = leat_sparse_apply_adagrad, .label = "vector"}},
    .gradient = leat_grad_none, .flags = LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ResourceSparseApplyAdagrad = LEAT_OP(
    "ResourceSparseApplyAdagrad(var: resource, accum: resource, lr: T, grad: T, indices: "
    "Tindices); T: numeric; Tindices: {int32, int64}; use_locking: bool = false; "
    "update_slots: bool = true",
    .doc = "Of the rows named by indices: accum += grad^2; var -= lr * grad / sqrt(accum).",
    .shape = leat_sparse_apply_shape, .kernels = {{.fn = leat_sparse_apply_adagrad, .label = "vector"}},
    .gradient = leat_grad_none, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_SparseApplyAdagradV2 = LEAT_OP(
    "SparseApplyAdagradV2(var: Ref(T), accum: Ref(T), lr: T, epsilon: T, grad: T, indices: "
    "Tindices) -> out: Ref(T); T: numeric; Tindices: {int32, int64}; use_locking: bool = "
    "false; update_slots: bool = true",
    .doc = "Of the rows named by indices: accum += grad^2; var -= lr * grad / (sqrt(accum) + epsilon).",
    .shape = leat_sparse_apply_shape, .kernels = {{.fn = leat_sparse_apply_adagrad_v2, .label = "vector"}},
    .gradient = leat_grad_none, .flags = LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ResourceSparseApplyAdagradV2 = LEAT_OP(
    "ResourceSparseApplyAdagradV2(var: resource, accum: resource, lr: T, epsilon: T, grad: "
    "T, indices: Tindices); T: numeric; Tindices: {int32, int64}; use_locking: bool = false; "
    "update_slots: bool = true",
    .doc = "Of the rows named by indices: accum += grad^2; var -= lr * grad / (sqrt(accum) + epsilon).",
    .shape = leat_sparse_apply_shape, .kernels = {{.fn = leat_sparse_apply_adagrad_v2, .label = "vector"}},
    .gradient = leat_grad_none, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_SparseApplyAdagradDA = LEAT_OP(
    "SparseApplyAdagradDA(var: Ref(T), gradient_accumulator: Ref(T), "
    "gradient_squared_accumulator: Ref(T), grad: T, indices: Tindices, lr: T, l1: T, l2: T, "
    "global_step: int64) -> out: Ref(T); T: numeric; Tindices: {int32, int64}; use_locking: "
    "bool = false",
    .doc = "Of the rows named by indices: Adagrad by dual averaging, with l1 and l2.",
    .shape = leat_sparse_apply_shape, .kernels = {{.fn = leat_sparse_apply_adagrad_da, .label = "vector"}},
    .gradient = leat_grad_none, .flags = LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ResourceSparseApplyAdagradDA = LEAT_OP(
    "ResourceSparseApplyAdagradDA(var: resource, gradient_accumulator: resource, "
    "gradient_squared_accumulator: resource, grad: T, indices: Tindices, lr: T, l1: T, l2: "
    "T, global_step: int64); T: numeric; Tindices: {int32, int64}; use_locking: bool = false",
    .doc = "Of the rows named by indices: Adagrad by dual averaging, with l1 and l2.",
    .shape = leat_sparse_apply_shape, .kernels = {{.fn = leat_sparse_apply_adagrad_da, .label = "vector"}},
    .gradient = leat_grad_none, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_SparseApplyProximalAdagrad =
    LEAT_OP("SparseApplyProximalAdagrad(var: Ref(T), accum: Ref(T), lr: T, l1: T, l2: T, grad: T, "
            "indices: Tindices) -> out: Ref(T); T: numeric; Tindices: {int32, int64}; use_locking: "
            "bool = false",
            .doc = "Of the rows named by indices: An Adagrad step, then shrinking by l1 and l2 (FOBOS).",
            .shape = leat_sparse_apply_shape,
            .kernels = {{.fn = leat_sparse_apply_proximal_adagrad, .label = "vector"}},
            .gradient = leat_grad_none, .flags = LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ResourceSparseApplyProximalAdagrad =
    LEAT_OP("ResourceSparseApplyProximalAdagrad(var: resource, accum: resource, lr: T, l1: T, l2: T, "
            "grad: T, indices: Tindices); T: numeric; Tindices: {int32, int64}; use_locking: bool = "
            "false",
            .doc = "Of the rows named by indices: An Adagrad step, then shrinking by l1 and l2 (FOBOS).",
            .shape = leat_sparse_apply_shape,
            .kernels = {{.fn = leat_sparse_apply_proximal_adagrad, .label = "vector"}},
            .gradient = leat_grad_none, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_SparseApplyAdadelta = LEAT_OP(
    "SparseApplyAdadelta(var: Ref(T), accum: Ref(T), accum_update: Ref(T), lr: T, rho: T, "
    "epsilon: T, grad: T, indices: Tindices) -> out: Ref(T); T: numeric; Tindices: {int32, "
    "int64}; use_locking: bool = false",
    .doc = "Of the rows named by indices: Adadelta: steps in proportion to the mean square of earlier ones.",
    .shape = leat_sparse_apply_shape, .kernels = {{.fn = leat_sparse_apply_adadelta, .label = "vector"}},
    .gradient = leat_grad_none, .flags = LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ResourceSparseApplyAdadelta = LEAT_OP(
    "ResourceSparseApplyAdadelta(var: resource, accum: resource, accum_update: resource, lr: "
    "T, rho: T, epsilon: T, grad: T, indices: Tindices); T: numeric; Tindices: {int32, "
    "int64}; use_locking: bool = false",
    .doc = "Of the rows named by indices: Adadelta: steps in proportion to the mean square of earlier ones.",
    .shape = leat_sparse_apply_shape, .kernels = {{.fn = leat_sparse_apply_adadelta, .label = "vector"}},
    .gradient = leat_grad_none, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_SparseApplyRMSProp = LEAT_OP(
    "SparseApplyRMSProp(var: Ref(T), ms: Ref(T), mom: Ref(T), lr: T, rho: T, momentum: T, "
    "epsilon: T, grad: T, indices: Tindices) -> out: Ref(T); T: numeric; Tindices: {int32, "
    "int64}; use_locking: bool = false",
    .doc =
        "Of the rows named by indices: ms follows grad^2; mom = momentum * mom + lr * grad / sqrt(ms + epsilon); var -= mom.",
    .shape = leat_sparse_apply_shape, .kernels = {{.fn = leat_sparse_apply_rms_prop, .label = "vector"}},
    .gradient = leat_grad_none, .flags = LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ResourceSparseApplyRMSProp = LEAT_OP(
    "ResourceSparseApplyRMSProp(var: resource, ms: resource, mom: resource, lr: T, rho: T, "
    "momentum: T, epsilon: T, grad: T, indices: Tindices); T: numeric; Tindices: {int32, "
    "int64}; use_locking: bool = false",
    .doc =
        "Of the rows named by indices: ms follows grad^2; mom = momentum * mom + lr * grad / sqrt(ms + epsilon); var -= mom.",
    .shape = leat_sparse_apply_shape, .kernels = {{.fn = leat_sparse_apply_rms_prop, .label = "vector"}},
    .gradient = leat_grad_none, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_SparseApplyCenteredRMSProp = LEAT_OP(
    "SparseApplyCenteredRMSProp(var: Ref(T), mg: Ref(T), ms: Ref(T), mom: Ref(T), lr: T, "
    "rho: T, momentum: T, epsilon: T, grad: T, indices: Tindices) -> out: Ref(T); T: "
    "numeric; Tindices: {int32, int64}; use_locking: bool = false",
    .doc =
        "Of the rows named by indices: RMSProp with the variance of the gradient instead of its mean square.",
    .shape = leat_sparse_apply_shape,
    .kernels = {{.fn = leat_sparse_apply_centered_rms_prop, .label = "vector"}}, .gradient = leat_grad_none,
    .flags = LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ResourceSparseApplyCenteredRMSProp = LEAT_OP(
    "ResourceSparseApplyCenteredRMSProp(var: resource, mg: resource, ms: resource, mom: "
    "resource, lr: T, rho: T, momentum: T, epsilon: T, grad: T, indices: Tindices); T: "
    "numeric; Tindices: {int32, int64}; use_locking: bool = false",
    .doc =
        "Of the rows named by indices: RMSProp with the variance of the gradient instead of its mean square.",
    .shape = leat_sparse_apply_shape,
    .kernels = {{.fn = leat_sparse_apply_centered_rms_prop, .label = "vector"}}, .gradient = leat_grad_none,
    .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_SparseApplyFtrl = LEAT_OP(
    "SparseApplyFtrl(var: Ref(T), accum: Ref(T), linear: Ref(T), grad: T, indices: Tindices, "
    "lr: T, l1: T, l2: T, lr_power: T) -> out: Ref(T); T: numeric; Tindices: {int32, int64}; "
    "use_locking: bool = false; multiply_linear_by_lr: bool = false",
    .doc = "Of the rows named by indices: Follow the regularized leader, proximal form, with l1 and l2.",
    .shape = leat_sparse_apply_shape, .kernels = {{.fn = leat_sparse_apply_ftrl, .label = "vector"}},
    .gradient = leat_grad_none, .flags = LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ResourceSparseApplyFtrl = LEAT_OP(
    "ResourceSparseApplyFtrl(var: resource, accum: resource, linear: resource, grad: T, "
    "indices: Tindices, lr: T, l1: T, l2: T, lr_power: T); T: numeric; Tindices: {int32, "
    "int64}; use_locking: bool = false; multiply_linear_by_lr: bool = false",
    .doc = "Of the rows named by indices: Follow the regularized leader, proximal form, with l1 and l2.",
    .shape = leat_sparse_apply_shape, .kernels = {{.fn = leat_sparse_apply_ftrl, .label = "vector"}},
    .gradient = leat_grad_none, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_SparseApplyFtrlV2 = LEAT_OP(
    "SparseApplyFtrlV2(var: Ref(T), accum: Ref(T), linear: Ref(T), grad: T, indices: "
    "Tindices, lr: T, l1: T, l2: T, l2_shrinkage: T, lr_power: T) -> out: Ref(T); T: "
    "numeric; Tindices: {int32, int64}; use_locking: bool = false; multiply_linear_by_lr: "
    "bool = false",
    .doc = "Of the rows named by indices: Ftrl with l2_shrinkage added to the gradient.",
    .shape = leat_sparse_apply_shape, .kernels = {{.fn = leat_sparse_apply_ftrl_v2, .label = "vector"}},
    .gradient = leat_grad_none, .flags = LEAT_OP_WRITES_VARS);

const leat_op_def leat_op_ResourceSparseApplyFtrlV2 = LEAT_OP(
    "ResourceSparseApplyFtrlV2(var: resource, accum: resource, linear: resource, grad: T, "
    "indices: Tindices, lr: T, l1: T, l2: T, l2_shrinkage: T, lr_power: T); T: numeric; "
    "Tindices: {int32, int64}; use_locking: bool = false; multiply_linear_by_lr: bool = "
    "false",
    .doc = "Of the rows named by indices: Ftrl with l2_shrinkage added to the gradient.",
    .shape = leat_sparse_apply_shape, .kernels = {{.fn = leat_sparse_apply_ftrl_v2, .label = "vector"}},
    .gradient = leat_grad_none, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);
