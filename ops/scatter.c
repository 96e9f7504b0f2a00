/* scatter.c - changing parts of variables: rows or coordinates that indices name. All indices are checked before the first
 * write; an index that stands there twice counts twice, in order. */
#include "ops/scatter-private.h"

/* ---- one run of elements ---- */

/* Integers wrap: sums and products are computed unsigned (wide_). A scalar update is repeated (step 0). */
#define COMBINE(type_, wide_)                                                                                \
    do {                                                                                                     \
        type_ *x = to;                                                                                       \
        const type_ *y = from;                                                                               \
        switch (how) {                                                                                       \
        case LEAT_HOW_UPDATE:                                                                                \
            for (int64_t i = 0; i < n; i++)                                                                  \
                x[i] = y[i * step];                                                                          \
            break;                                                                                           \
        case LEAT_HOW_ADD:                                                                                   \
            for (int64_t i = 0; i < n; i++)                                                                  \
                x[i] = (type_)((wide_)x[i] + (wide_)y[i * step]);                                            \
            break;                                                                                           \
        case LEAT_HOW_SUB:                                                                                   \
            for (int64_t i = 0; i < n; i++)                                                                  \
                x[i] = (type_)((wide_)x[i] - (wide_)y[i * step]);                                            \
            break;                                                                                           \
        case LEAT_HOW_MUL:                                                                                   \
            for (int64_t i = 0; i < n; i++)                                                                  \
                x[i] = (type_)((wide_)x[i] * (wide_)y[i * step]);                                            \
            break;                                                                                           \
        case LEAT_HOW_DIV:                                                                                   \
            for (int64_t i = 0; i < n; i++)                                                                  \
                x[i] = (type_)((type_)-1 < 1 && y[i * step] == (type_)-1 ? (type_)((wide_)0 - (wide_)x[i])   \
                                                                         : x[i] / y[i * step]);              \
            break;                                                                                           \
        case LEAT_HOW_MIN:                                                                                   \
            for (int64_t i = 0; i < n; i++)                                                                  \
                x[i] = y[i * step] < x[i] ? y[i * step] : x[i];                                              \
            break;                                                                                           \
        default:                                                                                             \
            for (int64_t i = 0; i < n; i++)                                                                  \
                x[i] = x[i] < y[i * step] ? y[i * step] : x[i];                                              \
        }                                                                                                    \
    } while (0)

static void combine_16(int how, leat_dtype dtype, uint16_t *to, const uint16_t *from, int64_t n, int64_t step)
{
    for (int64_t i = 0; i < n; i++) {
        float pair[2];
        leat_floats_from_16(dtype, &pair[0], &to[i], 1);
        leat_floats_from_16(dtype, &pair[1], &from[i * step], 1);
        leat_scatter_combine(how, LEAT_FLOAT, &pair[0], &pair[1], 1, 1);
        leat_floats_to_16(dtype, &to[i], &pair[0], 1);
    }
}

void leat_scatter_combine(int how, leat_dtype dtype, void *to, const void *from, int64_t n, int64_t step)
{
    switch (dtype) {
    case LEAT_FLOAT: COMBINE(float, float); break;
    case LEAT_DOUBLE: COMBINE(double, double); break;
    case LEAT_INT8: COMBINE(int8_t, uint32_t); break;
    case LEAT_INT16: COMBINE(int16_t, uint32_t); break;
    case LEAT_INT32: COMBINE(int32_t, uint32_t); break;
    case LEAT_INT64: COMBINE(int64_t, uint64_t); break;
    case LEAT_UINT8: COMBINE(uint8_t, uint32_t); break;
    case LEAT_UINT16: COMBINE(uint16_t, uint32_t); break;
    case LEAT_UINT32: COMBINE(uint32_t, uint32_t); break;
    case LEAT_UINT64: COMBINE(uint64_t, uint64_t); break;
    default: combine_16(how, dtype, to, from, n, step); break;
    }
}

/* ---- the driver ---- */

typedef struct scatter {
    int how;
    leat_dtype dtype;
    char *to;
    const char *from;
    size_t bytes;
    const leat_tensor *indices;
    const leat_shape *shape; /* of the variable */
    int depth;               /* indices of a coordinate; 0: a row */
    bool skip_bad;
    int64_t n, run, slots, parts; /* coordinates, elements of each, slices of the variable, ranges of them */
    int64_t step;                 /* 0: one update for all */
} scatter;

/* The slice that coordinate i names, or -1. */
static int64_t slot_of(const scatter *s, int64_t i)
{
    int64_t at = 0;
    for (int d = 0; d < LEAT_MAX(s->depth, 1); d++) {
        int64_t x = leat_index_at(s->indices, s->depth == 0 ? i : i * s->depth + d);
        if (x < 0 || x >= s->shape->dims[d])
            return -1;
        at = at * s->shape->dims[d] + x;
    }
    return at;
}

/* A range of slices: those are this tile's alone, so that updates of one slice keep their order. */
static void scatter_part(size_t part, void *arg)
{
    const scatter *s = arg;
    int64_t begin = (int64_t)part * s->slots / s->parts, end = ((int64_t)part + 1) * s->slots / s->parts;
    size_t run_bytes = (size_t)s->run * s->bytes;
    for (int64_t i = 0; i < s->n; i++) {
        int64_t slot = s->depth == 0 || s->run > 0 ? slot_of(s, i) : -1;
        if (slot < begin || slot >= end)
            continue;
        const char *from = s->from + (s->step ? (size_t)i * run_bytes : 0);
        char *to = s->to + (size_t)slot * run_bytes;
        if (s->how != LEAT_HOW_UPDATE)
            leat_scatter_combine(s->how, s->dtype, to, from, s->run, s->step);
        else if (s->step)
            memmove(to, from, run_bytes);
        else
            for (int64_t j = 0; j < s->run; j++) /* of any dtype */
                memcpy(to + (size_t)j * s->bytes, from, s->bytes);
    }
}

static leat_status scatter_strings(const scatter *s)
{
    for (int64_t i = 0; i < s->n; i++) {
        int64_t slot = slot_of(s, i);
        for (int64_t j = 0; slot >= 0 && j < s->run; j++)
            LEAT_TRY(leat_copy_elements(
                LEAT_STRING, (leat_string *)(void *)s->to + slot * s->run + j,
                (const leat_string *)(const void *)s->from + (s->step ? i * s->run + j : 0), 1));
    }
    return LEAT_OK;
}

static leat_status check_indices(const leat_kernel *k, const scatter *s)
{
    char text[128];
    for (int64_t i = 0; i < s->n && !s->skip_bad; i++)
        if (slot_of(s, i) < 0)
            return leat_kernel_fail(
                k, LEAT_ERR_INVALID_ARGUMENT, "indices[%lld] = %lld%s does not index into shape %s",
                (long long)i, (long long)leat_index_at(s->indices, i * LEAT_MAX(s->depth, 1)),
                s->depth > 1 ? ", ..." : "", leat_shape_print(*s->shape, text, sizeof text));
    return LEAT_OK;
}

static leat_status check_values(const leat_kernel *k, const scatter *s, const leat_tensor *updates)
{
    bool plain = leat_dtype_is_integer(s->dtype) || leat_dtype_is_floating(s->dtype);
    if (s->how != LEAT_HOW_UPDATE && !plain)
        return leat_kernel_fail(k, LEAT_ERR_UNIMPLEMENTED, "no arithmetic on %s", leat_dtype_name(s->dtype));
    if (s->how == LEAT_HOW_DIV && leat_dtype_is_integer(s->dtype))
        for (int64_t i = 0; i < updates->elements; i++)
            if (leat_element_get(updates, i) == 0)
                return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "integer division by zero");
    return LEAT_OK;
}

/* The shape that updates must have: the indices' (without the coordinates), then the variable's rest. */
static leat_status check_updates(const leat_kernel *k, scatter *s, const leat_tensor *updates)
{
    const leat_shape *is = &s->indices->shape;
    char text[128], other[128];
    leat_shape want = {.rank_plus_1 = 1};
    int lead = leat_shape_rank(is) - (s->depth != 0), rest = LEAT_MAX(s->depth, 1),
        rank = leat_shape_rank(s->shape);
    s->step = 1;
    if (s->depth != 0 && leat_shape_rank(&updates->shape) < 1)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "updates must be at least a vector");
    if (s->depth != 0 && s->indices->elements > 0 && leat_dims_product(s->shape, 0, rank) == 0)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "coordinates for an empty tensor");
    if (s->depth == 0 && leat_shape_rank(&updates->shape) == 0) { /* one value for all */
        s->step = 0;
        return LEAT_OK;
    }
    if (lead + rank - rest <= LEAT_MAX_RANK) {
        for (int d = 0; d < lead; d++)
            want.dims[want.rank_plus_1++ - 1] = is->dims[d];
        for (int d = rest; d < rank; d++)
            want.dims[want.rank_plus_1++ - 1] = s->shape->dims[d];
        if (leat_shape_equal(want, updates->shape))
            return LEAT_OK;
    }
    return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "updates of shape %s, where %s is due",
                            leat_shape_print(updates->shape, text, sizeof text),
                            leat_shape_print(want, other, sizeof other));
}

static leat_status read_policy(const leat_kernel *k, scatter *s)
{
    const leat_attr_value *policy = leat_attr(k->op, "bad_indices_policy");
    if (policy == NULL || policy->n == 0 || strcmp(policy->s, "ERROR") == 0 ||
        strcmp(policy->s, "DEFAULT") == 0)
        return LEAT_OK;
    if (strcmp(policy->s, "IGNORE") != 0)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "no bad_indices_policy '%s'", policy->s);
    s->skip_bad = true;
    return LEAT_OK;
}

/* Into `var`, the value of a variable or a copy of a tensor. */
static leat_status scatter_into(leat_kernel *k, leat_tensor *var, int how, bool nd)
{
    const leat_tensor *updates = k->in[2];
    int rank = leat_shape_rank(&var->shape), i_rank = leat_shape_rank(&k->in[1]->shape);
    scatter s = {.how = how,
                 .dtype = var->dtype,
                 .to = var->data,
                 .from = updates->data,
                 .indices = k->in[1],
                 .shape = &var->shape,
                 .bytes = leat_dtype_bytes(var->dtype)};
    if (var->dtype != updates->dtype)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "a variable of %s takes no updates of %s",
                                leat_dtype_name(var->dtype), leat_dtype_name(updates->dtype));
    if (rank < 1 || (nd && (i_rank < 1 || k->in[1]->shape.dims[i_rank - 1] > rank ||
                            k->in[1]->shape.dims[i_rank - 1] < 1)))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "indices of rank %d do not fit a variable of rank %d", i_rank, rank);
    s.depth = nd ? (int)k->in[1]->shape.dims[i_rank - 1] : 0;
    s.n = k->in[1]->elements / LEAT_MAX(s.depth, 1);
    s.slots = leat_dims_product(&var->shape, 0, LEAT_MAX(s.depth, 1));
    s.run = leat_dims_product(&var->shape, LEAT_MAX(s.depth, 1), rank);
    LEAT_TRY(read_policy(k, &s));
    LEAT_TRY(check_updates(k, &s, updates));
    LEAT_TRY(check_values(k, &s, updates));
    LEAT_TRY(check_indices(k, &s));
    if (var->dtype == LEAT_STRING) {
        LEAT_TRY(scatter_strings(&s));
    } else if (s.n > 0 && s.run > 0) {
        s.parts = LEAT_MAX(1, LEAT_MIN(LEAT_MIN(s.slots, 8), s.n * s.run / LEAT_GRAIN_CHEAP));
        /* Updates or indices that show the variable change on the way: as in TensorFlow, and always the same, in order. */
        if (updates->data == var->data || k->in[1]->data == var->data)
            s.parts = 1;
        leat_tiles(k, (size_t)s.parts, scatter_part, &s);
    }
    return LEAT_OK;
}

static leat_status scatter_run(leat_kernel *k, int how, bool nd)
{
    leat_tensor *var;
    LEAT_TRY(leat_var_value(k, 0, &var));
    LEAT_TRY(scatter_into(k, var, how, nd));
    if (k->n_out > 0)
        leat_out_ref(k, 0, 0);
    return LEAT_OK;
}

static leat_status scatter_copy(leat_kernel *k, int how)
{
    LEAT_TRY(leat_out_copy(k, 0, 0));
    return scatter_into(k, &k->out[0], how, true);
}

#define SCATTER_KERNELS(name_, how_)                                                                         \
    leat_status leat_scatter_##name_(leat_kernel *k)                                                         \
    {                                                                                                        \
        return scatter_run(k, LEAT_HOW_##how_, false);                                                       \
    }                                                                                                        \
    leat_status leat_scatter_nd_##name_(leat_kernel *k)                                                      \
    {                                                                                                        \
        return scatter_run(k, LEAT_HOW_##how_, true);                                                        \
    }                                                                                                        \
    leat_status leat_scatter_tensor_##name_(leat_kernel *k)                                                  \
    {                                                                                                        \
        return scatter_copy(k, LEAT_HOW_##how_);                                                             \
    }
LEAT_SCATTER_LIST(SCATTER_KERNELS)

/* ---- shapes ---- */

static leat_shape declared_shape(const leat_infer *c)
{
    return c->op->type->in[0].type == LEAT_RESOURCE ? leat_handle_shape(c->op, 0) : *c->in[0];
}

static leat_status infer(leat_infer *c, int depth, int lead)
{
    leat_shape var = declared_shape(c), want = {.rank_plus_1 = 1};
    int rank = leat_shape_rank(&var), rest = LEAT_MAX(depth, 1);
    char a[128], b[128];
    if (c->op->n_outputs > 0)
        c->out[0] = var;
    if (rank < 0 || lead < 0)
        return LEAT_OK;
    if (rank < rest || lead + rank - rest > LEAT_MAX_RANK)
        return leat_infer_fail(c, "a variable of rank %d takes no coordinates of %d indices", rank, rest);
    for (int d = 0; d < lead; d++)
        want.dims[want.rank_plus_1++ - 1] = c->in[1]->dims[d];
    for (int d = rest; d < rank; d++)
        want.dims[want.rank_plus_1++ - 1] = var.dims[d];
    if ((depth == 0 && leat_shape_rank(c->in[2]) == 0) || leat_shape_merge(&want, c->in[2], NULL))
        return LEAT_OK;
    return leat_infer_fail(c, "updates of shape %s, where %s is due",
                           leat_shape_print(*c->in[2], a, sizeof a), leat_shape_print(want, b, sizeof b));
}

leat_status leat_scatter_shape(leat_infer *c)
{
    return infer(c, 0, leat_shape_rank(c->in[1]));
}

leat_status leat_scatter_nd_shape(leat_infer *c)
{
    int rank = leat_shape_rank(c->in[1]);
    if (rank == 0)
        return leat_infer_fail(c, "indices must have at least one dimension");
    int64_t depth = rank < 0 ? -1 : c->in[1]->dims[rank - 1];
    if (depth < 1 || depth > LEAT_MAX_RANK) {
        if (c->op->n_outputs > 0)
            c->out[0] = declared_shape(c);
        return LEAT_OK;
    }
    return infer(c, (int)depth, rank - 1);
}
