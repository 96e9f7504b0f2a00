/* training-sparse.c - training ops that update the rows named by indices; an index that stands there twice counts twice. */
#include "ops/training-private.h"

const leat_op_def leat_op_SparseApplyProximalGradientDescent =
    LEAT_OP("SparseApplyProximalGradientDescent(var: Ref(T), alpha: T, l1: T, l2: T, grad: T, "
            "indices: Tindices) -> out: Ref(T); T: numeric; Tindices: {int32, int64}; use_locking: "
            "bool = false",
            .doc = "Of the rows named by indices: A gradient step, then shrinking by l1 and l2 (FOBOS).",
            .shape = leat_sparse_apply_shape,
            .kernels = {{.fn = leat_sparse_apply_proximal_gradient_descent, .label = "vector"}},
            .gradient = leat_grad_none, .cost = leat_cost_of_rows, .flags = LEAT_OP_WRITES_VARS);

LEAT_ROW(
    SparseApplyProximalGradientDescent,
    "(ref float[3,2] -1.0 -0.5 0.0 0.5 1.0 1.5, float[] 0.1, float[] 0.05, float[] 0.1, float[2,2] 0.5 -1.0 2.0 0.25, int32[2] 2 0) tol 2e-6 -> float[3,2] -1.1831684 -0.51485145 0.0 0.5 0.93564355 1.579208");

const leat_op_def leat_op_ResourceSparseApplyProximalGradientDescent = LEAT_OP(
    "ResourceSparseApplyProximalGradientDescent(var: resource, alpha: T, l1: T, l2: T, grad: "
    "T, indices: Tindices); T: numeric; Tindices: {int32, int64}; use_locking: bool = false",
    .doc = "Of the rows named by indices: A gradient step, then shrinking by l1 and l2 (FOBOS).",
    .shape = leat_sparse_apply_shape,
    .kernels = {{.fn = leat_sparse_apply_proximal_gradient_descent, .label = "vector"}},
    .gradient = leat_grad_none, .cost = leat_cost_of_rows, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ResourceSparseApplyProximalGradientDescent,
    "(var float[3,2] -1.0 -0.5 0.0 0.5 1.0 1.5, float[] 0.1, float[] 0.05, float[] 0.1, float[2,2] 0.5 -1.0 2.0 0.25, int32[2] 2 0) tol 2e-6 -> after 0: float[3,2] -1.1831684 -0.51485145 0.0 0.5 0.93564355 1.579208");

const leat_op_def leat_op_SparseApplyMomentum = LEAT_OP(
    "SparseApplyMomentum(var: Ref(T), accum: Ref(T), lr: T, grad: T, indices: Tindices, "
    "momentum: T) -> out: Ref(T); T: numeric; Tindices: {int32, int64}; use_locking: bool = "
    "false; use_nesterov: bool = false",
    .doc =
        "Of the rows named by indices: accum = accum * momentum + grad; var -= lr * accum, or Nesterov's form of it.",
    .shape = leat_sparse_apply_shape, .kernels = {{.fn = leat_sparse_apply_momentum, .label = "vector"}},
    .gradient = leat_grad_none, .cost = leat_cost_of_rows, .flops_each = 4, .flags = LEAT_OP_WRITES_VARS);

LEAT_ROW(
    SparseApplyMomentum,
    "(ref float[3,2] -1.0 -0.5 0.0 0.5 1.0 1.5, ref float[3,2] 0.5 0.75 1.0 1.25 1.5 1.75, float[] 0.1, float[2,2] 0.5 -1.0 2.0 0.25, int32[2] 2 0, float[] 0.8) tol 2e-6 -> float[3,2] -1.24 -0.585 0.0 0.5 0.83 1.46, after 1: float[3,2] 2.4 0.85 1.0 1.25 1.7 0.39999998");
LEAT_ROW(
    SparseApplyMomentum,
    "(ref float[3,2] -1.0 -0.5 0.0 0.5 1.0 1.5, ref float[3,2] 0.5 0.75 1.0 1.25 1.5 1.75, float[] 0.1, float[2,2] 0.5 -1.0 2.0 0.25, int32[2] 2 0, float[] 0.8) {use_nesterov: true} tol 2e-6 -> float[3,2] -1.392 -0.593 0.0 0.5 0.814 1.568, after 1: float[3,2] 2.4 0.85 1.0 1.25 1.7 0.39999998");

const leat_op_def leat_op_ResourceSparseApplyMomentum = LEAT_OP(
    "ResourceSparseApplyMomentum(var: resource, accum: resource, lr: T, grad: T, indices: "
    "Tindices, momentum: T); T: numeric; Tindices: {int32, int64}; use_locking: bool = "
    "false; use_nesterov: bool = false",
    .doc =
        "Of the rows named by indices: accum = accum * momentum + grad; var -= lr * accum, or Nesterov's form of it.",
    .shape = leat_sparse_apply_shape, .kernels = {{.fn = leat_sparse_apply_momentum, .label = "vector"}},
    .gradient = leat_grad_none, .cost = leat_cost_of_rows, .flops_each = 4,
    .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ResourceSparseApplyMomentum,
    "(var float[3,2] -1.0 -0.5 0.0 0.5 1.0 1.5, var float[3,2] 0.5 0.75 1.0 1.25 1.5 1.75, float[] 0.1, float[2,2] 0.5 -1.0 2.0 0.25, int32[2] 2 0, float[] 0.8) tol 2e-6 -> after 0: float[3,2] -1.24 -0.585 0.0 0.5 0.83 1.46, after 1: float[3,2] 2.4 0.85 1.0 1.25 1.7 0.39999998");
LEAT_ROW(
    ResourceSparseApplyMomentum,
    "(var float[3,2] -1.0 -0.5 0.0 0.5 1.0 1.5, var float[3,2] 0.5 0.75 1.0 1.25 1.5 1.75, float[] 0.1, float[2,2] 0.5 -1.0 2.0 0.25, int32[2] 2 0, float[] 0.8) {use_nesterov: true} tol 2e-6 -> after 0: float[3,2] -1.392 -0.593 0.0 0.5 0.814 1.568, after 1: float[3,2] 2.4 0.85 1.0 1.25 1.7 0.39999998");

const leat_op_def leat_op_ResourceSparseApplyKerasMomentum = LEAT_OP(
    "ResourceSparseApplyKerasMomentum(var: resource, accum: resource, lr: T, grad: T, "
    "indices: Tindices, momentum: T); T: numeric; Tindices: {int32, int64}; use_locking: "
    "bool = false; use_nesterov: bool = false",
    .doc =
        "Of the rows named by indices: accum = accum * momentum - lr * grad; var += accum, or Nesterov's form of it.",
    .shape = leat_sparse_apply_shape,
    .kernels = {{.fn = leat_sparse_apply_keras_momentum, .label = "vector"}}, .gradient = leat_grad_none,
    .cost = leat_cost_of_rows, .flops_each = 4, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ResourceSparseApplyKerasMomentum,
    "(var float[3,2] -1.0 -0.5 0.0 0.5 1.0 1.5, var float[3,2] 0.5 0.75 1.0 1.25 1.5 1.75, float[] 0.1, float[2,2] 0.5 -1.0 2.0 0.25, int32[2] 2 0, float[] 0.8) tol 2e-6 -> after 0: float[3,2] -0.8 0.07500005 0.0 0.5 2.15 3.0, after 1: float[3,2] 0.2 0.57500005 1.0 1.25 1.1500001 1.5");
LEAT_ROW(
    ResourceSparseApplyKerasMomentum,
    "(var float[3,2] -1.0 -0.5 0.0 0.5 1.0 1.5, var float[3,2] 0.5 0.75 1.0 1.25 1.5 1.75, float[] 0.1, float[2,2] 0.5 -1.0 2.0 0.25, int32[2] 2 0, float[] 0.8) {use_nesterov: true} tol 2e-6 -> after 0: float[3,2] -1.04 -0.06499997 0.0 0.5 1.8700001 2.8000002, after 1: float[3,2] 0.2 0.57500005 1.0 1.25 1.1500001 1.5");

const leat_op_def leat_op_SparseApplyAdagrad = LEAT_OP(
    "SparseApplyAdagrad(var: Ref(T), accum: Ref(T), lr: T, grad: T, indices: Tindices) -> "
    "out: Ref(T); T: numeric; Tindices: {int32, int64}; use_locking: bool = false; "
    "update_slots: bool = true",
    .doc = "Of the rows named by indices: accum += grad^2; var -= lr * grad / sqrt(accum).",
    .shape = leat_sparse_apply_shape, .kernels = {{.fn = leat_sparse_apply_adagrad, .label = "vector"}},
    .gradient = leat_grad_none, .cost = leat_cost_of_rows, .flops_each = 6, .flags = LEAT_OP_WRITES_VARS);

LEAT_ROW(
    SparseApplyAdagrad,
    "(ref float[3,2] -1.0 -0.5 0.0 0.5 1.0 1.5, ref float[3,2] 0.5 0.75 1.0 1.25 1.5 1.75, float[] 0.1, float[2,2] 0.5 -1.0 2.0 0.25, int32[2] 2 0) tol 2e-6 -> float[3,2] -1.094281 -0.527735 0.0 0.5 0.96220356 1.5603023, after 1: float[3,2] 4.5 0.8125 1.0 1.25 1.75 2.75");

const leat_op_def leat_op_ResourceSparseApplyAdagrad =
    LEAT_OP("ResourceSparseApplyAdagrad(var: resource, accum: resource, lr: T, grad: T, indices: "
            "Tindices); T: numeric; Tindices: {int32, int64}; use_locking: bool = false; "
            "update_slots: bool = true",
            .doc = "Of the rows named by indices: accum += grad^2; var -= lr * grad / sqrt(accum).",
            .shape = leat_sparse_apply_shape,
            .kernels = {{.fn = leat_sparse_apply_adagrad, .label = "vector"}}, .gradient = leat_grad_none,
            .cost = leat_cost_of_rows, .flops_each = 6, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ResourceSparseApplyAdagrad,
    "(var float[3,2] -1.0 -0.5 0.0 0.5 1.0 1.5, var float[3,2] 0.5 0.75 1.0 1.25 1.5 1.75, float[] 0.1, float[2,2] 0.5 -1.0 2.0 0.25, int32[2] 2 0) tol 2e-6 -> after 0: float[3,2] -1.094281 -0.527735 0.0 0.5 0.96220356 1.5603023, after 1: float[3,2] 4.5 0.8125 1.0 1.25 1.75 2.75");

const leat_op_def leat_op_SparseApplyAdagradV2 = LEAT_OP(
    "SparseApplyAdagradV2(var: Ref(T), accum: Ref(T), lr: T, epsilon: T, grad: T, indices: "
    "Tindices) -> out: Ref(T); T: numeric; Tindices: {int32, int64}; use_locking: bool = "
    "false; update_slots: bool = true",
    .doc = "Of the rows named by indices: accum += grad^2; var -= lr * grad / (sqrt(accum) + epsilon).",
    .shape = leat_sparse_apply_shape, .kernels = {{.fn = leat_sparse_apply_adagrad_v2, .label = "vector"}},
    .gradient = leat_grad_none, .cost = leat_cost_of_rows, .flops_each = 7, .flags = LEAT_OP_WRITES_VARS);

LEAT_ROW(
    SparseApplyAdagradV2,
    "(ref float[3,2] -1.0 -0.5 0.0 0.5 1.0 1.5, ref float[3,2] 0.5 0.75 1.0 1.25 1.5 1.75, float[] 0.1, float[] 0.001, float[2,2] 0.5 -1.0 2.0 0.25, int32[2] 2 0) tol 2e-6 -> float[3,2] -1.0942365 -0.5277043 0.0 0.5 0.9622321 1.5602659, after 1: float[3,2] 4.5 0.8125 1.0 1.25 1.75 2.75");

const leat_op_def leat_op_ResourceSparseApplyAdagradV2 = LEAT_OP(
    "ResourceSparseApplyAdagradV2(var: resource, accum: resource, lr: T, epsilon: T, grad: "
    "T, indices: Tindices); T: numeric; Tindices: {int32, int64}; use_locking: bool = false; "
    "update_slots: bool = true",
    .doc = "Of the rows named by indices: accum += grad^2; var -= lr * grad / (sqrt(accum) + epsilon).",
    .shape = leat_sparse_apply_shape, .kernels = {{.fn = leat_sparse_apply_adagrad_v2, .label = "vector"}},
    .gradient = leat_grad_none, .cost = leat_cost_of_rows, .flops_each = 7,
    .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ResourceSparseApplyAdagradV2,
    "(var float[3,2] -1.0 -0.5 0.0 0.5 1.0 1.5, var float[3,2] 0.5 0.75 1.0 1.25 1.5 1.75, float[] 0.1, float[] 0.001, float[2,2] 0.5 -1.0 2.0 0.25, int32[2] 2 0) tol 2e-6 -> after 0: float[3,2] -1.0942365 -0.5277043 0.0 0.5 0.9622321 1.5602659, after 1: float[3,2] 4.5 0.8125 1.0 1.25 1.75 2.75");

const leat_op_def leat_op_SparseApplyAdagradDA = LEAT_OP(
    "SparseApplyAdagradDA(var: Ref(T), gradient_accumulator: Ref(T), "
    "gradient_squared_accumulator: Ref(T), grad: T, indices: Tindices, lr: T, l1: T, l2: T, "
    "global_step: int64) -> out: Ref(T); T: numeric; Tindices: {int32, int64}; use_locking: "
    "bool = false",
    .doc = "Of the rows named by indices: Adagrad by dual averaging, with l1 and l2.",
    .shape = leat_sparse_apply_shape, .kernels = {{.fn = leat_sparse_apply_adagrad_da, .label = "vector"}},
    .gradient = leat_grad_none, .cost = leat_cost_of_rows, .flags = LEAT_OP_WRITES_VARS);

LEAT_ROW(
    SparseApplyAdagradDA,
    "(ref float[3,2] -1.0 -0.5 0.0 0.5 1.0 1.5, ref float[3,2] 0.3 0.4 0.5 0.6 0.70000005 0.8, ref float[3,2] 0.4 0.6 0.8 1.0 1.2 1.4, float[2,2] 0.5 -1.0 2.0 0.25, int32[2] 2 0, float[] 0.1, float[] 0.05, float[] 0.1, int64[] 3) tol 2e-6 -> float[3,2] -0.10105199 -0.059245847 0.0 0.5 -0.08507814 0.0031661727, after 1: float[3,2] 2.3 0.65 0.5 0.6 1.2 -0.19999999, after 2: float[3,2] 4.4 0.6625 0.8 1.0 1.45 2.4");

const leat_op_def leat_op_ResourceSparseApplyAdagradDA = LEAT_OP(
    "ResourceSparseApplyAdagradDA(var: resource, gradient_accumulator: resource, "
    "gradient_squared_accumulator: resource, grad: T, indices: Tindices, lr: T, l1: T, l2: "
    "T, global_step: int64); T: numeric; Tindices: {int32, int64}; use_locking: bool = false",
    .doc = "Of the rows named by indices: Adagrad by dual averaging, with l1 and l2.",
    .shape = leat_sparse_apply_shape, .kernels = {{.fn = leat_sparse_apply_adagrad_da, .label = "vector"}},
    .gradient = leat_grad_none, .cost = leat_cost_of_rows, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ResourceSparseApplyAdagradDA,
    "(var float[3,2] -1.0 -0.5 0.0 0.5 1.0 1.5, var float[3,2] 0.3 0.4 0.5 0.6 0.70000005 0.8, var float[3,2] 0.4 0.6 0.8 1.0 1.2 1.4, float[2,2] 0.5 -1.0 2.0 0.25, int32[2] 2 0, float[] 0.1, float[] 0.05, float[] 0.1, int64[] 3) tol 2e-6 -> after 0: float[3,2] -0.10105199 -0.059245847 0.0 0.5 -0.08507814 0.0031661727, after 1: float[3,2] 2.3 0.65 0.5 0.6 1.2 -0.19999999, after 2: float[3,2] 4.4 0.6625 0.8 1.0 1.45 2.4");

const leat_op_def leat_op_SparseApplyProximalAdagrad =
    LEAT_OP("SparseApplyProximalAdagrad(var: Ref(T), accum: Ref(T), lr: T, l1: T, l2: T, grad: T, "
            "indices: Tindices) -> out: Ref(T); T: numeric; Tindices: {int32, int64}; use_locking: "
            "bool = false",
            .doc = "Of the rows named by indices: An Adagrad step, then shrinking by l1 and l2 (FOBOS).",
            .shape = leat_sparse_apply_shape,
            .kernels = {{.fn = leat_sparse_apply_proximal_adagrad, .label = "vector"}},
            .gradient = leat_grad_none, .cost = leat_cost_of_rows, .flags = LEAT_OP_WRITES_VARS);

LEAT_ROW(
    SparseApplyProximalAdagrad,
    "(ref float[3,2] -1.0 -0.5 0.0 0.5 1.0 1.5, ref float[3,2] 0.5 0.75 1.0 1.25 1.5 1.75, float[] 0.1, float[] 0.05, float[] 0.1, float[2,2] 0.5 -1.0 2.0 0.25, int32[2] 2 0) tol 2e-6 -> float[3,2] -1.0868008 -0.51645845 0.0 0.5 0.95123327 1.5479527, after 1: float[3,2] 4.5 0.8125 1.0 1.25 1.75 2.75");

const leat_op_def leat_op_ResourceSparseApplyProximalAdagrad = LEAT_OP(
    "ResourceSparseApplyProximalAdagrad(var: resource, accum: resource, lr: T, l1: T, l2: T, "
    "grad: T, indices: Tindices); T: numeric; Tindices: {int32, int64}; use_locking: bool = "
    "false",
    .doc = "Of the rows named by indices: An Adagrad step, then shrinking by l1 and l2 (FOBOS).",
    .shape = leat_sparse_apply_shape,
    .kernels = {{.fn = leat_sparse_apply_proximal_adagrad, .label = "vector"}}, .gradient = leat_grad_none,
    .cost = leat_cost_of_rows, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ResourceSparseApplyProximalAdagrad,
    "(var float[3,2] -1.0 -0.5 0.0 0.5 1.0 1.5, var float[3,2] 0.5 0.75 1.0 1.25 1.5 1.75, float[] 0.1, float[] 0.05, float[] 0.1, float[2,2] 0.5 -1.0 2.0 0.25, int32[2] 2 0) tol 2e-6 -> after 0: float[3,2] -1.0868008 -0.51645845 0.0 0.5 0.95123327 1.5479527, after 1: float[3,2] 4.5 0.8125 1.0 1.25 1.75 2.75");

const leat_op_def leat_op_SparseApplyAdadelta = LEAT_OP(
    "SparseApplyAdadelta(var: Ref(T), accum: Ref(T), accum_update: Ref(T), lr: T, rho: T, "
    "epsilon: T, grad: T, indices: Tindices) -> out: Ref(T); T: numeric; Tindices: {int32, "
    "int64}; use_locking: bool = false",
    .doc = "Of the rows named by indices: Adadelta: steps in proportion to the mean square of earlier ones.",
    .shape = leat_sparse_apply_shape, .kernels = {{.fn = leat_sparse_apply_adadelta, .label = "vector"}},
    .gradient = leat_grad_none, .cost = leat_cost_of_rows, .flags = LEAT_OP_WRITES_VARS);

LEAT_ROW(
    SparseApplyAdadelta,
    "(ref float[3,2] -1.0 -0.5 0.0 0.5 1.0 1.5, ref float[3,2] 0.5 0.75 1.0 1.25 1.5 1.75, ref float[3,2] 0.2 0.3 0.4 0.5 0.6 0.7, float[] 0.1, float[] 0.9, float[] 0.001, float[2,2] 0.5 -1.0 2.0 0.25, int32[2] 2 0) tol 2e-6 -> float[3,2] -1.0971993 -0.5166055 0.0 0.5 0.9669556 1.5646728, after 1: float[3,2] 0.8500001 0.68125 1.0 1.25 1.3749999 1.675, after 2: float[3,2] 0.2744771 0.27275744 0.4 0.5 0.55091935 0.67182577");

const leat_op_def leat_op_ResourceSparseApplyAdadelta = LEAT_OP(
    "ResourceSparseApplyAdadelta(var: resource, accum: resource, accum_update: resource, lr: "
    "T, rho: T, epsilon: T, grad: T, indices: Tindices); T: numeric; Tindices: {int32, "
    "int64}; use_locking: bool = false",
    .doc = "Of the rows named by indices: Adadelta: steps in proportion to the mean square of earlier ones.",
    .shape = leat_sparse_apply_shape, .kernels = {{.fn = leat_sparse_apply_adadelta, .label = "vector"}},
    .gradient = leat_grad_none, .cost = leat_cost_of_rows, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ResourceSparseApplyAdadelta,
    "(var float[3,2] -1.0 -0.5 0.0 0.5 1.0 1.5, var float[3,2] 0.5 0.75 1.0 1.25 1.5 1.75, var float[3,2] 0.2 0.3 0.4 0.5 0.6 0.7, float[] 0.1, float[] 0.9, float[] 0.001, float[2,2] 0.5 -1.0 2.0 0.25, int32[2] 2 0) tol 2e-6 -> after 0: float[3,2] -1.0971993 -0.5166055 0.0 0.5 0.9669556 1.5646728, after 1: float[3,2] 0.8500001 0.68125 1.0 1.25 1.3749999 1.675, after 2: float[3,2] 0.2744771 0.27275744 0.4 0.5 0.55091935 0.67182577");

const leat_op_def leat_op_SparseApplyRMSProp = LEAT_OP(
    "SparseApplyRMSProp(var: Ref(T), ms: Ref(T), mom: Ref(T), lr: T, rho: T, momentum: T, "
    "epsilon: T, grad: T, indices: Tindices) -> out: Ref(T); T: numeric; Tindices: {int32, "
    "int64}; use_locking: bool = false",
    .doc =
        "Of the rows named by indices: ms follows grad^2; mom = momentum * mom + lr * grad / sqrt(ms + epsilon); var -= mom.",
    .shape = leat_sparse_apply_shape, .kernels = {{.fn = leat_sparse_apply_rms_prop, .label = "vector"}},
    .gradient = leat_grad_none, .cost = leat_cost_of_rows, .flops_each = 11, .flags = LEAT_OP_WRITES_VARS);

LEAT_ROW(
    SparseApplyRMSProp,
    "(ref float[3,2] -1.0 -0.5 0.0 0.5 1.0 1.5, ref float[3,2] 1.0 1.1 1.2 1.3 1.4 1.5, ref float[3,2] -0.1 0.0 0.1 0.20000002 0.3 0.4, float[] 0.1, float[] 0.9, float[] 0.8, float[] 0.001, float[2,2] 0.5 -1.0 2.0 0.25, int32[2] 2 0) tol 2e-6 -> float[3,2] -1.0953442 -0.5250344 0.0 0.5 0.715909 1.2630168, after 1: float[3,2] 1.3000001 0.99625003 1.2 1.3 1.285 1.4499999, after 2: float[3,2] 0.09534416 0.025034446 0.1 0.20000002 0.28409097 0.23698315");

const leat_op_def leat_op_ResourceSparseApplyRMSProp = LEAT_OP(
    "ResourceSparseApplyRMSProp(var: resource, ms: resource, mom: resource, lr: T, rho: T, "
    "momentum: T, epsilon: T, grad: T, indices: Tindices); T: numeric; Tindices: {int32, "
    "int64}; use_locking: bool = false",
    .doc =
        "Of the rows named by indices: ms follows grad^2; mom = momentum * mom + lr * grad / sqrt(ms + epsilon); var -= mom.",
    .shape = leat_sparse_apply_shape, .kernels = {{.fn = leat_sparse_apply_rms_prop, .label = "vector"}},
    .gradient = leat_grad_none, .cost = leat_cost_of_rows, .flops_each = 11,
    .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ResourceSparseApplyRMSProp,
    "(var float[3,2] -1.0 -0.5 0.0 0.5 1.0 1.5, var float[3,2] 1.0 1.1 1.2 1.3 1.4 1.5, var float[3,2] -0.1 0.0 0.1 0.20000002 0.3 0.4, float[] 0.1, float[] 0.9, float[] 0.8, float[] 0.001, float[2,2] 0.5 -1.0 2.0 0.25, int32[2] 2 0) tol 2e-6 -> after 0: float[3,2] -1.0953442 -0.5250344 0.0 0.5 0.715909 1.2630168, after 1: float[3,2] 1.3000001 0.99625003 1.2 1.3 1.285 1.4499999, after 2: float[3,2] 0.09534416 0.025034446 0.1 0.20000002 0.28409097 0.23698315");

const leat_op_def leat_op_SparseApplyCenteredRMSProp = LEAT_OP(
    "SparseApplyCenteredRMSProp(var: Ref(T), mg: Ref(T), ms: Ref(T), mom: Ref(T), lr: T, "
    "rho: T, momentum: T, epsilon: T, grad: T, indices: Tindices) -> out: Ref(T); T: "
    "numeric; Tindices: {int32, int64}; use_locking: bool = false",
    .doc =
        "Of the rows named by indices: RMSProp with the variance of the gradient instead of its mean square.",
    .shape = leat_sparse_apply_shape,
    .kernels = {{.fn = leat_sparse_apply_centered_rms_prop, .label = "vector"}}, .gradient = leat_grad_none,
    .cost = leat_cost_of_rows, .flops_each = 16, .flags = LEAT_OP_WRITES_VARS);

LEAT_ROW(
    SparseApplyCenteredRMSProp,
    "(ref float[3,2] -1.0 -0.5 0.0 0.5 1.0 1.5, ref float[3,2] 0.1 0.15 0.2 0.25 0.3 0.35, ref float[3,2] 1.0 1.1 1.2 1.3 1.4 1.5, ref float[3,2] -0.1 0.0 0.1 0.20000002 0.3 0.4, float[] 0.1, float[] 0.9, float[] 0.8, float[] 0.001, float[2,2] 0.5 -1.0 2.0 0.25, int32[2] 2 0) tol 2e-6 -> float[3,2] -1.1013019 -0.5253621 0.0 0.5 0.71404135 1.2643716, after 1: float[3,2] 0.29000005 0.16000001 0.2 0.25 0.32000002 0.21499997, after 2: float[3,2] 1.3000001 0.99625003 1.2 1.3 1.285 1.4499999, after 3: float[3,2] 0.10130196 0.025362093 0.1 0.20000002 0.28595868 0.23562837");

const leat_op_def leat_op_ResourceSparseApplyCenteredRMSProp = LEAT_OP(
    "ResourceSparseApplyCenteredRMSProp(var: resource, mg: resource, ms: resource, mom: "
    "resource, lr: T, rho: T, momentum: T, epsilon: T, grad: T, indices: Tindices); T: "
    "numeric; Tindices: {int32, int64}; use_locking: bool = false",
    .doc =
        "Of the rows named by indices: RMSProp with the variance of the gradient instead of its mean square.",
    .shape = leat_sparse_apply_shape,
    .kernels = {{.fn = leat_sparse_apply_centered_rms_prop, .label = "vector"}}, .gradient = leat_grad_none,
    .cost = leat_cost_of_rows, .flops_each = 16, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ResourceSparseApplyCenteredRMSProp,
    "(var float[3,2] -1.0 -0.5 0.0 0.5 1.0 1.5, var float[3,2] 0.1 0.15 0.2 0.25 0.3 0.35, var float[3,2] 1.0 1.1 1.2 1.3 1.4 1.5, var float[3,2] -0.1 0.0 0.1 0.20000002 0.3 0.4, float[] 0.1, float[] 0.9, float[] 0.8, float[] 0.001, float[2,2] 0.5 -1.0 2.0 0.25, int32[2] 2 0) tol 2e-6 -> after 0: float[3,2] -1.1013019 -0.5253621 0.0 0.5 0.71404135 1.2643716, after 1: float[3,2] 0.29000005 0.16000001 0.2 0.25 0.32000002 0.21499997, after 2: float[3,2] 1.3000001 0.99625003 1.2 1.3 1.285 1.4499999, after 3: float[3,2] 0.10130196 0.025362093 0.1 0.20000002 0.28595868 0.23562837");

const leat_op_def leat_op_SparseApplyFtrl = LEAT_OP(
    "SparseApplyFtrl(var: Ref(T), accum: Ref(T), linear: Ref(T), grad: T, indices: Tindices, "
    "lr: T, l1: T, l2: T, lr_power: T) -> out: Ref(T); T: numeric; Tindices: {int32, int64}; "
    "use_locking: bool = false; multiply_linear_by_lr: bool = false",
    .doc = "Of the rows named by indices: Follow the regularized leader, proximal form, with l1 and l2.",
    .shape = leat_sparse_apply_shape, .kernels = {{.fn = leat_sparse_apply_ftrl, .label = "vector"}},
    .gradient = leat_grad_none, .cost = leat_cost_of_rows, .flags = LEAT_OP_WRITES_VARS);

LEAT_ROW(
    SparseApplyFtrl,
    "(ref float[3,2] -1.0 -0.5 0.0 0.5 1.0 1.5, ref float[3,2] 0.5 0.75 1.0 1.25 1.5 1.75, ref float[3,2] -0.7 -0.39999998 -0.099999964 0.20000005 0.50000006 0.8, float[2,2] 0.5 -1.0 2.0 0.25, int32[2] 2 0, float[] 0.1, float[] 0.05, float[] 0.1, float[] -0.5) tol 2e-6 -> float[3,2] -0.71881515 0.0 0.0 0.5 0.0 0.30873582, after 1: float[3,2] 4.5 0.8125 1.0 1.25 1.75 2.75, after 2: float[3,2] 15.442134 0.026812136 -0.099999964 0.20000005 0.01869303 -5.231552");

const leat_op_def leat_op_ResourceSparseApplyFtrl = LEAT_OP(
    "ResourceSparseApplyFtrl(var: resource, accum: resource, linear: resource, grad: T, "
    "indices: Tindices, lr: T, l1: T, l2: T, lr_power: T); T: numeric; Tindices: {int32, "
    "int64}; use_locking: bool = false; multiply_linear_by_lr: bool = false",
    .doc = "Of the rows named by indices: Follow the regularized leader, proximal form, with l1 and l2.",
    .shape = leat_sparse_apply_shape, .kernels = {{.fn = leat_sparse_apply_ftrl, .label = "vector"}},
    .gradient = leat_grad_none, .cost = leat_cost_of_rows, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ResourceSparseApplyFtrl,
    "(var float[3,2] -1.0 -0.5 0.0 0.5 1.0 1.5, var float[3,2] 0.5 0.75 1.0 1.25 1.5 1.75, var float[3,2] -0.7 -0.39999998 -0.099999964 0.20000005 0.50000006 0.8, float[2,2] 0.5 -1.0 2.0 0.25, int32[2] 2 0, float[] 0.1, float[] 0.05, float[] 0.1, float[] -0.5) tol 2e-6 -> after 0: float[3,2] -0.71881515 0.0 0.0 0.5 0.0 0.30873582, after 1: float[3,2] 4.5 0.8125 1.0 1.25 1.75 2.75, after 2: float[3,2] 15.442134 0.026812136 -0.099999964 0.20000005 0.01869303 -5.231552");

const leat_op_def leat_op_SparseApplyFtrlV2 = LEAT_OP(
    "SparseApplyFtrlV2(var: Ref(T), accum: Ref(T), linear: Ref(T), grad: T, indices: "
    "Tindices, lr: T, l1: T, l2: T, l2_shrinkage: T, lr_power: T) -> out: Ref(T); T: "
    "numeric; Tindices: {int32, int64}; use_locking: bool = false; multiply_linear_by_lr: "
    "bool = false",
    .doc = "Of the rows named by indices: Ftrl with l2_shrinkage added to the gradient.",
    .shape = leat_sparse_apply_shape, .kernels = {{.fn = leat_sparse_apply_ftrl_v2, .label = "vector"}},
    .gradient = leat_grad_none, .cost = leat_cost_of_rows, .flags = LEAT_OP_WRITES_VARS);

LEAT_ROW(
    SparseApplyFtrlV2,
    "(ref float[3,2] -1.0 -0.5 0.0 0.5 1.0 1.5, ref float[3,2] 0.5 0.75 1.0 1.25 1.5 1.75, ref float[3,2] -0.7 -0.39999998 -0.099999964 0.20000005 0.50000006 0.8, float[2,2] 0.5 -1.0 2.0 0.25, int32[2] 2 0, float[] 0.1, float[] 0.05, float[] 0.1, float[] 0.02, float[] -0.5) tol 2e-6 -> float[3,2] -0.71694714 0.0 0.0 0.5 -0.00064734597 0.30516082, after 1: float[3,2] 4.5 0.8125 1.0 1.25 1.75 2.75, after 2: float[3,2] 15.402135 0.0068121552 -0.099999964 0.20000005 0.05869305 -5.171552");

const leat_op_def leat_op_ResourceSparseApplyFtrlV2 = LEAT_OP(
    "ResourceSparseApplyFtrlV2(var: resource, accum: resource, linear: resource, grad: T, "
    "indices: Tindices, lr: T, l1: T, l2: T, l2_shrinkage: T, lr_power: T); T: numeric; "
    "Tindices: {int32, int64}; use_locking: bool = false; multiply_linear_by_lr: bool = "
    "false",
    .doc = "Of the rows named by indices: Ftrl with l2_shrinkage added to the gradient.",
    .shape = leat_sparse_apply_shape, .kernels = {{.fn = leat_sparse_apply_ftrl_v2, .label = "vector"}},
    .gradient = leat_grad_none, .cost = leat_cost_of_rows, .flags = LEAT_OP_STATEFUL | LEAT_OP_WRITES_VARS);

LEAT_ROW(
    ResourceSparseApplyFtrlV2,
    "(var float[3,2] -1.0 -0.5 0.0 0.5 1.0 1.5, var float[3,2] 0.5 0.75 1.0 1.25 1.5 1.75, var float[3,2] -0.7 -0.39999998 -0.099999964 0.20000005 0.50000006 0.8, float[2,2] 0.5 -1.0 2.0 0.25, int32[2] 2 0, float[] 0.1, float[] 0.05, float[] 0.1, float[] 0.02, float[] -0.5) tol 2e-6 -> after 0: float[3,2] -0.71694714 0.0 0.0 0.5 -0.00064734597 0.30516082, after 1: float[3,2] 4.5 0.8125 1.0 1.25 1.75 2.75, after 2: float[3,2] 15.402135 0.0068121552 -0.099999964 0.20000005 0.05869305 -5.171552");
