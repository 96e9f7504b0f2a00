/* basic.c - sources, identities, and what is known of a tensor without its values. */
#include "ops/ops-private.h"
#include "leat/raw-ops.h"

/* ---- Const and placeholders ---- */

static leat_status const_shape(leat_infer *c)
{
    const leat_tensor *value = leat_attr_tensor(c->op, "value");
    if (value->dtype != leat_attr_type(c->op, "dtype"))
        return leat_infer_fail(c, "the value is %s, the attribute dtype is %s", leat_dtype_name(value->dtype),
                               leat_dtype_name(leat_attr_type(c->op, "dtype")));
    c->out[0] = value->shape;
    return LEAT_OK;
}

static leat_status const_kernel(leat_kernel *k)
{
    return leat_out_set(k, 0, leat_tensor_ref(leat_attr_tensor(k->op, "value")));
}

const leat_op_def leat_op_Const = LEAT_OP("Const() -> output: dtype; value: tensor; dtype: type",
                                          .doc = "A tensor that stands in the graph.", .shape = const_shape,
                                          .kernels = {{const_kernel}}, .gradient = leat_grad_none);

LEAT_ROW(Const, "() {value: int32[2,2] 1 2 3 4} -> int32[2,2] 1 2 3 4");

static leat_status placeholder_kernel(leat_kernel *k)
{
    char shape[128];
    leat_shape want = leat_attr_shape(k->op, "shape");
    return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                            "You must feed a value for placeholder tensor '%s' with dtype %s and shape %s",
                            k->op->name, leat_dtype_name(leat_attr_type(k->op, "dtype")),
                            leat_shape_print(want, shape, sizeof shape));
}

const leat_op_def leat_op_Placeholder =
    LEAT_OP("Placeholder() -> output: dtype; dtype: type; shape: shape = unknown",
            .doc = "A value that every run must feed.", .shape = leat_shape_attr,
            .kernels = {{placeholder_kernel}}, .gradient = leat_grad_none);

const leat_op_def leat_op_PlaceholderV2 =
    LEAT_OP("PlaceholderV2() -> output: dtype; dtype: type; shape: shape",
            .doc = "A value that every run must feed (an old name of Placeholder).", .shape = leat_shape_attr,
            .kernels = {{placeholder_kernel}}, .gradient = leat_grad_none);

LEAT_ROW(Placeholder, "() {dtype: float; shape: shape[2,?]} fails 'feed a value for placeholder'");
LEAT_ROW(PlaceholderV2, "() {dtype: float; shape: shape[]} fails 'feed a value for placeholder'");

static leat_status identity_kernel(leat_kernel *k)
{
    if (k->in[0]->dtype == LEAT_RESOURCE) {
        leat_out_var(k, 0, leat_in_var(k, 0));
        return LEAT_OK;
    }
    return leat_out_alias(k, &k->in[0]->shape);
}

static void identity_grad(leat_grad *g)
{
    g->dx[0] = g->dy[0];
}

static leat_status placeholder_with_default_shape(leat_infer *c)
{
    leat_shape want = leat_attr_shape(c->op, "shape");
    if (!leat_shape_merge(&want, c->in[0], NULL))
        return leat_infer_fail(c, "the default value's shape does not fit the attribute shape");
    c->out[0] = want;
    return LEAT_OK;
}

const leat_op_def leat_op_PlaceholderWithDefault = LEAT_OP(
    "PlaceholderWithDefault(input: dtype) -> output: dtype; dtype: type; shape: shape",
    .doc = "A value that a run may feed; else it is the input.", .shape = placeholder_with_default_shape,
    .kernels = {{identity_kernel}}, .gradient = identity_grad, .flags = LEAT_OP_ALIAS);

LEAT_ROW(PlaceholderWithDefault, "(float[2] 1 2) {shape: shape[?]} dynamic -> float[2] 1 2");

/* ---- identities ---- */

static leat_status no_op_kernel(leat_kernel *k)
{
    (void)k;
    return LEAT_OK;
}

const leat_op_def leat_op_NoOp =
    LEAT_OP("NoOp()", .doc = "Does nothing; its control inputs are what it groups.", .shape = leat_shape_none,
            .kernels = {{no_op_kernel}}, .gradient = leat_grad_none);

const leat_op_def leat_op_ControlTrigger = LEAT_OP(
    "ControlTrigger()",
    .doc = "Does nothing, as NoOp, but does it even where what it waits for lies in a branch not taken.",
    .shape = leat_shape_none, .kernels = {{no_op_kernel}}, .gradient = leat_grad_none,
    .flags = LEAT_OP_NEVER_DEAD);

LEAT_ROW(NoOp, "() ->");
LEAT_ROW(RefIdentity, "(ref float[2] 1 2) -> float[2] 1 2");
LEAT_ROW(ControlTrigger, "() ->");

const leat_op_def leat_op_Identity =
    LEAT_OP("Identity(input: T) -> output: T; T: type", .doc = "The input.", .shape = leat_shape_same,
            .kernels = {{identity_kernel}}, .gradient = identity_grad, .flags = LEAT_OP_ALIAS);

static leat_status ref_identity_kernel(leat_kernel *k)
{
    leat_out_ref(k, 0, 0);
    return LEAT_OK;
}

const leat_op_def leat_op_RefIdentity =
    LEAT_OP("RefIdentity(input: Ref(T)) -> output: Ref(T); T: type", .doc = "The same reference.",
            .shape = leat_shape_same, .kernels = {{ref_identity_kernel}}, .gradient = identity_grad,
            .flags = LEAT_OP_REF_RAW);

const leat_op_def leat_op_Snapshot =
    LEAT_OP("Snapshot(input: T) -> output: T; T: type", .doc = "The input.", .shape = leat_shape_same,
            .kernels = {{identity_kernel}}, .gradient = identity_grad, .flags = LEAT_OP_ALIAS);

const leat_op_def leat_op_StopGradient =
    LEAT_OP("StopGradient(input: T) -> output: T; T: type",
            .doc = "The input; no gradient flows back through it.", .shape = leat_shape_same,
            .kernels = {{identity_kernel}}, .gradient = leat_grad_none, .flags = LEAT_OP_ALIAS);

const leat_op_def leat_op_GuaranteeConst = LEAT_OP(
    "GuaranteeConst(input: T) -> output: T; T: type",
    .doc = "The input, of which the graph promises that it stays.", .shape = leat_shape_same,
    .kernels = {{identity_kernel}}, .gradient = identity_grad, .flags = LEAT_OP_ALIAS | LEAT_OP_STATEFUL);

LEAT_ROW(GuaranteeConst, "(float[2,3] -3..3) -> input 0");
LEAT_ROW(Identity, "(float[2,3] -3..3) -> input 0");
LEAT_ROW(Identity, "(string[2] 'a' 'bc') -> string[2] 'a' 'bc'");
LEAT_ROW(Snapshot, "(float[2,3] -3..3) -> input 0");
LEAT_ROW(StopGradient, "(double[2,3] -3..3) -> input 0");

static void prevent_gradient_grad(leat_grad *g)
{
    leat_grad_fail(g, "Gradient explicitly disabled. Reason: %s", leat_attr_string(g->op, "message"));
}

const leat_op_def leat_op_PreventGradient =
    LEAT_OP("PreventGradient(input: T) -> output: T; T: type; message: string = ''",
            .doc = "The input; asking for a gradient through it is an error.", .shape = leat_shape_same,
            .kernels = {{identity_kernel}}, .gradient = prevent_gradient_grad, .flags = LEAT_OP_ALIAS);

LEAT_ROW(PreventGradient, "(float[2,3] -3..3) nograd -> input 0");

static leat_status identity_n_shape(leat_infer *c)
{
    for (uint32_t i = 0; i < c->op->n_outputs; i++)
        c->out[i] = *c->in[i];
    return LEAT_OK;
}

static leat_status identity_n_kernel(leat_kernel *k)
{
    for (uint32_t i = 0; i < k->n_in; i++) {
        if (k->in[i]->dtype == LEAT_RESOURCE) {
            leat_out_var(k, (int)i, leat_in_var(k, (int)i));
            continue;
        }
        LEAT_TRY(leat_out_new(k, (int)i, &k->in[i]->shape));
        LEAT_TRY(leat_copy_elements(k->in[i]->dtype, k->out[i].data, k->in[i]->data, k->in[i]->elements));
    }
    return LEAT_OK;
}

static void identity_n_grad(leat_grad *g)
{
    for (uint32_t i = 0; i < g->op->n_inputs; i++)
        g->dx[i] = g->dy[i];
}

const leat_op_def leat_op_IdentityN =
    LEAT_OP("IdentityN(input: T) -> output: T; T: list(type) >= 1", .doc = "The inputs.",
            .shape = identity_n_shape, .kernels = {{identity_n_kernel}}, .gradient = identity_n_grad);

LEAT_ROW(IdentityN, "([float[2] 1 2, int32[] 3]) -> float[2] 1 2, int32[] 3");

/* ---- shapes as tensors ---- */

static leat_status shape_shape(leat_infer *c)
{
    for (uint32_t i = 0; i < c->op->n_outputs; i++)
        c->out[i] = leat_shape_1d(leat_shape_rank(c->in[i]));
    return LEAT_OK;
}

static leat_status shape_kernel(leat_kernel *k)
{
    for (uint32_t i = 0; i < k->n_in; i++) {
        const leat_shape *s = &k->in[i]->shape;
        int rank = leat_shape_rank(s);
        leat_shape out = leat_shape_1d(rank);
        LEAT_TRY(leat_out_new(k, (int)i, &out));
        for (int d = 0; d < rank; d++) {
            if (k->out[i].dtype == LEAT_INT32 && s->dims[d] > INT32_MAX)
                return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "dimension %lld does not fit int32",
                                        (long long)s->dims[d]);
            leat_index_put(&k->out[i], d, s->dims[d]);
        }
    }
    return LEAT_OK;
}

const leat_op_def leat_op_Shape =
    LEAT_OP("Shape(input: T) -> output: out_type; T: type; out_type: {int32, int64} = int32",
            .doc = "The dimensions of the input, as a vector.", .shape = shape_shape,
            .kernels = {{shape_kernel}}, .gradient = leat_grad_none);

const leat_op_def leat_op_ShapeN = LEAT_OP(
    "ShapeN(input: N * T) -> output: N * out_type; N: int >= 1; T: type; out_type: {int32, int64} = int32",
    .doc = "The dimensions of each input.", .shape = shape_shape, .kernels = {{shape_kernel}},
    .gradient = leat_grad_none);

static leat_status size_kernel(leat_kernel *k)
{
    return leat_out_scalar_int(k, 0, k->in[0]->elements);
}

const leat_op_def leat_op_Size =
    LEAT_OP("Size(input: T) -> output: out_type; T: type; out_type: {int32, int64} = int32",
            .doc = "The number of elements of the input.", .shape = leat_shape_scalar,
            .kernels = {{size_kernel}}, .gradient = leat_grad_none);

static leat_status rank_kernel(leat_kernel *k)
{
    return leat_out_scalar_int(k, 0, leat_shape_rank(&k->in[0]->shape));
}

const leat_op_def leat_op_Rank =
    LEAT_OP("Rank(input: T) -> output: int32; T: type", .doc = "The number of dimensions of the input.",
            .shape = leat_shape_scalar, .kernels = {{rank_kernel}}, .gradient = leat_grad_none);

LEAT_ROW(Shape, "(float[2,3] 0..1) -> int32[2] 2 3");
LEAT_ROW(Shape, "(string[] 'a') {out_type: int64} -> int64[0]");
LEAT_ROW(ShapeN, "([float[2,3] 0..1, float[1] 0..1]) -> int32[2] 2 3, int32[1] 1");
LEAT_ROW(Size, "(float[2,3] 0..1) -> int32[] 6");
LEAT_ROW(Size, "(float[2,0] 0..1) {out_type: int64} -> int64[] 0");
LEAT_ROW(Rank, "(float[2,3] 0..1) -> int32[] 2");

/* ---- checked shapes ---- */

static leat_status ensure_shape_shape(leat_infer *c)
{
    leat_shape want = leat_attr_shape(c->op, "shape");
    if (!leat_shape_merge(&want, c->in[0], &c->out[0]))
        return leat_infer_fail(c, "the input's shape does not fit the attribute shape");
    return LEAT_OK;
}

static leat_status ensure_shape_kernel(leat_kernel *k)
{
    leat_shape want = leat_attr_shape(k->op, "shape");
    char have[128], wanted[128];
    if (!leat_shape_merge(&want, &k->in[0]->shape, NULL))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "shape %s does not fit %s",
                                leat_shape_print(k->in[0]->shape, have, sizeof have),
                                leat_shape_print(want, wanted, sizeof wanted));
    return leat_out_alias(k, &k->in[0]->shape);
}

const leat_op_def leat_op_EnsureShape =
    LEAT_OP("EnsureShape(input: T) -> output: T; shape: shape; T: type",
            .doc = "The input, whose shape must fit.", .shape = ensure_shape_shape,
            .kernels = {{ensure_shape_kernel}}, .gradient = identity_grad, .flags = LEAT_OP_ALIAS);

LEAT_ROW(EnsureShape, "(float[2,3] 0..1) {shape: shape[?,3]} -> input 0");
LEAT_ROW(EnsureShape, "(float[2,3] 0..1) {shape: shape[?,2]} fails 'does not fit'");
