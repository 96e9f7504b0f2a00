/* training.c - what all training ops do: check every input, then run the rule over the elements, in tiles. */
#include "ops/training-private.h"

/* ---- shapes ---- */

static bool is_var(const leat_op *op, int i)
{
    return op->type->in[i].is_ref || op->type->in[i].type == LEAT_RESOURCE;
}

static leat_shape var_shape(const leat_infer *c, int i)
{
    return c->op->type->in[i].is_ref ? *c->in[i] : leat_handle_shape(c->op, i);
}

static leat_status mismatch(leat_infer *c, int i, leat_shape have, leat_shape want)
{
    char a[128], b[128];
    return leat_infer_fail(c, "%s has shape %s, the variable %s", c->op->type->in[i].name,
                           leat_shape_print(have, a, sizeof a), leat_shape_print(want, b, sizeof b));
}

/* The gradient of sparse ops has the variable's shape but for its first dimension. */
static leat_status infer(leat_infer *c, bool sparse)
{
    leat_shape shape = var_shape(c, 0);
    for (uint32_t i = 1; i < c->op->n_inputs; i++) {
        const char *name = c->op->type->in[i].name;
        bool is_grad = strcmp(name, "grad") == 0 || strcmp(name, "delta") == 0;
        leat_shape want = shape, have = is_var(c->op, (int)i) ? var_shape(c, (int)i) : *c->in[i];
        if (strcmp(name, "indices") == 0) {
            LEAT_TRY(leat_infer_want_rank(c, (int)i, 1));
            continue;
        }
        if (!is_grad && !is_var(c->op, (int)i)) {
            LEAT_TRY(leat_infer_want_rank(c, (int)i, 0));
            continue;
        }
        if (is_grad && sparse) {
            if (want.rank_plus_1 > 1)
                want.dims[0] = -1;
            if (!leat_shape_merge(&have, &want, NULL))
                return mismatch(c, (int)i, have, want);
        } else if (!leat_shape_merge(&have, &want, &shape)) {
            return mismatch(c, (int)i, have, want);
        }
    }
    if (c->op->n_outputs > 0)
        c->out[0] = shape;
    return LEAT_OK;
}

leat_status leat_apply_shape(leat_infer *c)
{
    return infer(c, false);
}

leat_status leat_sparse_apply_shape(leat_infer *c)
{
    return infer(c, true);
}

/* ---- running ---- */

enum { MAX_VARS = 4, MAX_SCALARS = 8, BLOCK = 512 };

typedef struct apply {
    leat_rule_fn *fn;
    leat_dtype dtype;
    size_t bytes; /* of an element */
    int n_vars;
    unsigned flags;
    char *var[MAX_VARS];
    const char *grad;
    double scalar[MAX_SCALARS];
    /* sparse: */
    const leat_tensor *indices;
    int64_t rows, inner, parts;
} apply;

/* half and bfloat16: blocks go through float. */
static void run_16(const apply *a, int64_t at, int64_t grad_at, int64_t n)
{
    float block[MAX_VARS][BLOCK], grad[BLOCK];
    void *vars[MAX_VARS] = {block[0], block[1], block[2], block[3]};
    for (int64_t done = 0; done < n; done += BLOCK) {
        size_t m = (size_t)LEAT_MIN(n - done, BLOCK);
        leat_floats_from_16(a->dtype, grad, (const uint16_t *)a->grad + grad_at + done, m);
        for (int v = 0; v < a->n_vars; v++)
            leat_floats_from_16(a->dtype, block[v], (const uint16_t *)a->var[v] + at + done, m);
        a->fn(vars, grad, a->scalar, a->flags, m);
        for (int v = 0; v < a->n_vars; v++)
            leat_floats_to_16(a->dtype, (uint16_t *)a->var[v] + at + done, block[v], m);
    }
}

/* n elements from element `at` of the variables and `grad_at` of the gradient on. */
static void run(const apply *a, int64_t at, int64_t grad_at, int64_t n)
{
    void *vars[MAX_VARS];
    if (leat_dtype_is_16bit_float(a->dtype)) {
        run_16(a, at, grad_at, n);
        return;
    }
    for (int v = 0; v < a->n_vars; v++)
        vars[v] = a->var[v] + (size_t)at * a->bytes;
    a->fn(vars, a->grad + (size_t)grad_at * a->bytes, a->scalar, a->flags, (size_t)n);
}

static void dense_range(int64_t begin, int64_t end, void *arg)
{
    run(arg, begin, begin, end - begin);
}

/* Part p updates the rows [p, p + 1) * rows / parts: an index that stands there twice is applied twice, in order, by
 * the same tile. */
static void sparse_part(size_t part, void *arg)
{
    const apply *a = arg;
    int64_t begin = (int64_t)part * a->rows / a->parts, end = ((int64_t)part + 1) * a->rows / a->parts;
    for (int64_t i = 0; i < a->indices->elements; i++) {
        int64_t row = leat_index_at(a->indices, i);
        if (row >= begin && row < end)
            run(a, row * a->inner, i * a->inner, a->inner);
    }
}

static double scalar_value(const leat_tensor *t)
{
    switch (t->dtype) {
    case LEAT_FLOAT: return *(const float *)t->data;
    case LEAT_DOUBLE: return *(const double *)t->data;
    case LEAT_HALF: return leat_half_to_float(*(const uint16_t *)t->data);
    case LEAT_BFLOAT16: return leat_bfloat16_to_float(*(const uint16_t *)t->data);
    default: return (double)*(const int64_t *)t->data; /* AdagradDA's global_step */
    }
}

static leat_status check_rows(const leat_kernel *k, const apply *a, const leat_tensor *var,
                              const leat_tensor *grad)
{
    char text[128], other[128];
    int rank = leat_shape_rank(&var->shape);
    leat_shape want = var->shape;
    if (rank < 1)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "the variable must have rows, it is a scalar");
    if (leat_shape_rank(&a->indices->shape) != 1)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "indices must be a vector, not of shape %s",
                                leat_shape_print(a->indices->shape, text, sizeof text));
    want.dims[0] = a->indices->elements;
    if (!leat_shape_equal(want, grad->shape))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "the gradient has shape %s where %s is due",
                                leat_shape_print(grad->shape, text, sizeof text),
                                leat_shape_print(want, other, sizeof other));
    for (int64_t i = 0; i < a->indices->elements; i++) {
        int64_t row = leat_index_at(a->indices, i);
        if (row < 0 || row >= var->shape.dims[0])
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                    "index %lld at offset %lld is out of range for %lld rows", (long long)row,
                                    (long long)i, (long long)var->shape.dims[0]);
    }
    return LEAT_OK;
}

/* Everything is checked here, before the first write. */
static leat_status prepare(leat_kernel *k, const leat_apply_rule *rule, bool sparse, apply *a,
                           leat_tensor **var)
{
    char text[128];
    int n_scalars = 0;
    for (int v = 0; v < rule->n_vars; v++) {
        leat_tensor *value;
        LEAT_TRY(leat_var_value(k, v, &value));
        if (v == 0)
            *var = value;
        LEAT_TRY(leat_want_same_shape(k, *var, value));
        if (value->dtype != k->in[rule->grad]->dtype)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                    "variable '%s' has dtype %s, the gradient %s", leat_in_var(k, v)->name,
                                    leat_dtype_name(value->dtype), leat_dtype_name(k->in[rule->grad]->dtype));
        a->var[v] = value->data;
    }
    a->dtype = (*var)->dtype;
    a->bytes = leat_dtype_bytes(a->dtype);
    if (!leat_dtype_is_floating(a->dtype))
        return leat_kernel_fail(k, LEAT_ERR_UNIMPLEMENTED, "variables of dtype %s are not trained",
                                leat_dtype_name(a->dtype));
    for (uint32_t i = rule->n_vars; i < k->n_in; i++) {
        if (i == rule->grad || (sparse && i == rule->grad + 1U))
            continue;
        if (leat_shape_rank(&k->in[i]->shape) != 0)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "%s must be a scalar, not of shape %s",
                                    k->op->type->in[i].name,
                                    leat_shape_print(k->in[i]->shape, text, sizeof text));
        a->scalar[n_scalars++] = scalar_value(k->in[i]);
    }
    a->grad = k->in[rule->grad]->data;
    if (!sparse)
        return leat_want_same_shape(k, *var, k->in[rule->grad]);
    a->indices = k->in[rule->grad + 1];
    return check_rows(k, a, *var, k->in[rule->grad]);
}

static leat_status apply_rule(leat_kernel *k, const leat_apply_rule *rule, bool sparse)
{
    apply a = {.n_vars = rule->n_vars};
    leat_tensor *var = NULL;
    LEAT_TRY(prepare(k, rule, sparse, &a, &var));
    a.fn = leat_nn_vector_get()->rule[rule->rule][a.dtype == LEAT_DOUBLE];
    if (rule->attr != NULL && leat_attr_bool(k->op, rule->attr))
        a.flags = rule->flag;
    if (!sparse) {
        leat_ranges(k, var->elements, LEAT_GRAIN_MATH, dense_range, &a);
    } else if (a.indices->elements > 0 && var->elements > 0) {
        a.rows = var->shape.dims[0];
        a.inner = var->elements / a.rows;
        a.parts = LEAT_MIN(LEAT_MIN(a.rows, 16), a.indices->elements * a.inner / LEAT_GRAIN_MATH + 1);
        leat_tiles(k, (size_t)a.parts, sparse_part, &a);
    }
    if (k->n_out > 0)
        leat_out_ref(k, 0, 0);
    return LEAT_OK;
}

#define APPLY_KERNELS(name_, rule_, n_vars_, grad_, flag_, attr_)                                            \
    static const leat_apply_rule rule_##name_ = {LEAT_RULE_##rule_, n_vars_, grad_, flag_, attr_};           \
    leat_status leat_apply_##name_(leat_kernel *k)                                                           \
    {                                                                                                        \
        return apply_rule(k, &rule_##name_, false);                                                          \
    }                                                                                                        \
    leat_status leat_sparse_apply_##name_(leat_kernel *k)                                                    \
    {                                                                                                        \
        return apply_rule(k, &rule_##name_, true);                                                           \
    }
LEAT_APPLY_LIST(APPLY_KERNELS)
