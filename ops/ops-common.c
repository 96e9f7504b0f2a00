/* ops-common.c - what ops-private.h declares. */
#include "ops/ops-private.h"

void leat_floats_from_16(leat_dtype dtype, float *to, const uint16_t *from, size_t n)
{
    if (dtype == LEAT_HALF)
        for (size_t i = 0; i < n; i++)
            to[i] = leat_half_to_float(from[i]);
    else
        for (size_t i = 0; i < n; i++)
            to[i] = leat_bfloat16_to_float(from[i]);
}

void leat_floats_to_16(leat_dtype dtype, uint16_t *to, const float *from, size_t n)
{
    if (dtype == LEAT_HALF)
        for (size_t i = 0; i < n; i++)
            to[i] = leat_float_to_half(from[i]);
    else
        for (size_t i = 0; i < n; i++)
            to[i] = leat_float_to_bfloat16(from[i]);
}

leat_status leat_string_set(leat_string *to, const char *data, size_t size)
{
    char *copy = NULL;
    if (size > 0) {
        copy = leat_alloc(size + 1);
        if (copy == NULL)
            return leat_fail_memory(size);
        memcpy(copy, data, size); /* bytes, NUL among them */
        copy[size] = '\0';
    }
    leat_free(to->data);
    *to = (leat_string){copy, size};
    return LEAT_OK;
}

leat_status leat_copy_elements(leat_dtype dtype, void *to, const void *from, int64_t n)
{
    if (n <= 0)
        return LEAT_OK;
    if (dtype != LEAT_STRING) {
        memcpy(to, from, (size_t)n * leat_dtype_bytes(dtype));
        return LEAT_OK;
    }
    leat_string *t = to;
    const leat_string *f = from;
    for (int64_t i = 0; i < n; i++)
        LEAT_TRY(leat_string_set(&t[i], f[i].data, f[i].size));
    return LEAT_OK;
}

double leat_element_get(const leat_tensor *t, int64_t i)
{
    switch (t->dtype) {
#define LEAT_GET_CASE(dtype_, type_)                                                                         \
    case dtype_: return (double)((const type_ *)t->data)[i];
        LEAT_FOR_REALS(LEAT_GET_CASE)
#undef LEAT_GET_CASE
    case LEAT_HALF: return (double)leat_half_to_float(((const uint16_t *)t->data)[i]);
    case LEAT_BFLOAT16: return (double)leat_bfloat16_to_float(((const uint16_t *)t->data)[i]);
    default: return 0;
    }
}

void leat_element_put(leat_tensor *t, int64_t i, double value)
{
    switch (t->dtype) {
#define LEAT_PUT_CASE(dtype_, type_)                                                                         \
    case dtype_: ((type_ *)t->data)[i] = (type_)value; break;
        LEAT_FOR_REALS(LEAT_PUT_CASE)
#undef LEAT_PUT_CASE
    case LEAT_HALF: ((uint16_t *)t->data)[i] = leat_float_to_half((float)value); break;
    case LEAT_BFLOAT16: ((uint16_t *)t->data)[i] = leat_float_to_bfloat16((float)value); break;
    default: break;
    }
}

struct copy_rows {
    char *to;
    const char *from;
    int64_t to_stride, from_stride, run;
    size_t bytes;
};

/* Elements begin..end of all rows taken together. */
static void copy_rows_range(int64_t begin, int64_t end, void *arg)
{
    const struct copy_rows *r = arg;
    while (begin < end) {
        int64_t row = begin / r->run, at = begin % r->run, n = LEAT_MIN(r->run - at, end - begin);
        memcpy(r->to + (size_t)(row * r->to_stride + at) * r->bytes,
               r->from + (size_t)(row * r->from_stride + at) * r->bytes, (size_t)n * r->bytes);
        begin += n;
    }
}

leat_status leat_copy_rows(leat_kernel *k, leat_dtype dtype, void *to, int64_t to_stride, const void *from,
                           int64_t from_stride, int64_t rows, int64_t run)
{
    struct copy_rows r = {to, from, to_stride, from_stride, run, leat_dtype_bytes(dtype)};
    if (rows <= 0 || run <= 0)
        return LEAT_OK;
    if (dtype != LEAT_STRING) {
        leat_ranges(k, rows * run, LEAT_GRAIN_CHEAP, copy_rows_range, &r);
        return LEAT_OK;
    }
    for (int64_t i = 0; i < rows; i++)
        LEAT_TRY(leat_copy_elements(dtype, r.to + (size_t)(i * to_stride) * r.bytes,
                                    r.from + (size_t)(i * from_stride) * r.bytes, run));
    return LEAT_OK;
}

leat_status leat_kernel_broadcast(const leat_kernel *k, const leat_shape *a, const leat_shape *b,
                                  leat_shape *out)
{
    char s[128], t[128];
    if (leat_shape_broadcast(a, b, out))
        return LEAT_OK;
    return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "shapes %s and %s do not broadcast",
                            leat_shape_print(*a, s, sizeof s), leat_shape_print(*b, t, sizeof t));
}

leat_status leat_kernel_want_scalar(const leat_kernel *k, int i, const char *name)
{
    char shape[128];
    if (leat_shape_rank(&k->in[i]->shape) == 0)
        return LEAT_OK;
    return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "%s must be a scalar, not of shape %s", name,
                            leat_shape_print(k->in[i]->shape, shape, sizeof shape));
}

leat_status leat_kernel_axis(const leat_kernel *k, const leat_tensor *axis, int rank, int *out)
{
    if (axis->elements != 1)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "the axis must be one number, not %lld",
                                (long long)axis->elements);
    int64_t value = leat_index_at(axis, 0);
    if (!leat_axis_normal(value, rank, out))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "axis %lld is out of range for rank %d",
                                (long long)value, rank);
    return LEAT_OK;
}

leat_status leat_kernel_axes(const leat_kernel *k, const leat_tensor *axes, int rank, unsigned *mask)
{
    *mask = 0;
    for (int64_t i = 0; i < axes->elements; i++) {
        int64_t value = leat_index_at(axes, i);
        int axis;
        if (!leat_axis_normal(value, rank, &axis))
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "axis %lld is out of range for rank %d",
                                    (long long)value, rank);
        if (*mask & 1U << axis)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "axis %lld is named twice",
                                    (long long)value);
        *mask |= 1U << axis;
    }
    return LEAT_OK;
}

leat_status leat_kernel_shape(const leat_kernel *k, const leat_tensor *t, leat_shape *shape)
{
    if (leat_shape_rank(&t->shape) != 1)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "a shape must be a vector, not of rank %d",
                                leat_shape_rank(&t->shape));
    if (t->elements > LEAT_MAX_RANK)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "%lld dimensions are more than %d",
                                (long long)t->elements, LEAT_MAX_RANK);
    *shape = (leat_shape){.rank_plus_1 = (int32_t)t->elements + 1};
    for (int64_t i = 0; i < t->elements; i++) {
        shape->dims[i] = leat_index_at(t, i);
        if (shape->dims[i] < 0)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "dimension %lld is negative: %lld",
                                    (long long)i, (long long)shape->dims[i]);
    }
    return LEAT_OK;
}

leat_status leat_out_scalar_int(leat_kernel *k, int i, int64_t value)
{
    leat_dtype dtype = k->op->outputs[i].dtype;
    if (dtype == LEAT_INT32 && value != (int32_t)value)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "%lld does not fit int32", (long long)value);
    LEAT_TRY(leat_out_new(k, i, &LEAT_SCALAR));
    leat_index_put(&k->out[i], 0, value);
    return LEAT_OK;
}

struct ranges {
    int64_t n, grain;
    leat_range_fn *fn;
    void *arg;
};

static void range_tile(size_t tile, void *arg)
{
    const struct ranges *r = arg;
    int64_t begin = (int64_t)tile * r->grain;
    r->fn(begin, LEAT_MIN(begin + r->grain, r->n), r->arg);
}

void leat_ranges(leat_kernel *k, int64_t n, int64_t grain, leat_range_fn *fn, void *arg)
{
    if (n <= grain) {
        if (n > 0)
            fn(0, n, arg);
        return;
    }
    struct ranges r = {n, grain, fn, arg};
    leat_tiles(k, (size_t)((n + grain - 1) / grain), range_tile, &r);
}

/* ---- costs ---- */

static double bytes_of(const leat_tensor *t)
{
    return (double)t->elements * (double)leat_dtype_bytes(t->dtype);
}

void leat_cost_moves(const leat_op *op, const leat_tensor *const *in, const leat_tensor *out, leat_cost *cost)
{
    (void)op;
    (void)in;
    (void)out;
    cost->flops = 0;
}

void leat_cost_gather(const leat_op *op, const leat_tensor *const *in, const leat_tensor *out,
                      leat_cost *cost)
{
    *cost = (leat_cost){0, 2 * bytes_of(&out[0])};
    for (uint32_t i = 1; i < op->n_inputs; i++)
        cost->bytes += bytes_of(in[i]);
}

void leat_cost_of_rows(const leat_op *op, const leat_tensor *const *in, const leat_tensor *out,
                       leat_cost *cost)
{
    double n_variables = 0, updates = 0;
    (void)out;
    *cost = (leat_cost){0, 0};
    for (uint32_t i = 0; i < op->n_inputs; i++) {
        const leat_op_out *from = &op->inputs[i].op->outputs[op->inputs[i].index];
        if (from->is_ref || from->dtype == LEAT_RESOURCE) {
            n_variables++;
            continue;
        }
        cost->flops = LEAT_MAX(cost->flops, (double)in[i]->elements);
        cost->bytes += bytes_of(in[i]);
        updates = LEAT_MAX(updates, bytes_of(in[i]));
    }
    cost->flops *= LEAT_MAX(op->type->def->flops_each, 1u);
    cost->bytes += 2 * n_variables * updates;
}
