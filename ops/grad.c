/* grad.c - what grad-private.h declares. */
#include "ops/grad-private.h"

leat_out leat_grad_ints(leat_grad *g, const int32_t *values, int64_t n)
{
    leat_tensor *t = leat_tensor_from(LEAT_INT32, leat_shape_1d(n), values);
    leat_out out = leat_value(g->graph, t);
    leat_tensor_unref(t);
    return out;
}

leat_out leat_grad_int(leat_grad *g, int32_t value)
{
    leat_tensor *t = leat_tensor_from(LEAT_INT32, LEAT_SCALAR, &value);
    leat_out out = leat_value(g->graph, t);
    leat_tensor_unref(t);
    return out;
}

leat_out leat_grad_zero(leat_grad *g, leat_dtype dtype)
{
    static const char zeros[16];
    leat_tensor *t = leat_tensor_from(dtype, LEAT_SCALAR, zeros);
    leat_out out = leat_value(g->graph, t);
    leat_tensor_unref(t);
    return out;
}

leat_out leat_grad_conj(leat_out x)
{
    return leat_dtype_is_complex(leat_out_dtype(x)) ? leat_raw_conj(x) : x;
}

leat_out leat_grad_call(leat_grad *g, const char *type, const leat_out *inputs, size_t n)
{
    leat_op_builder *b = leat_op_begin(g->graph, type, NULL);
    for (size_t i = 0; i < n; i++)
        leat_op_add_input(b, inputs[i]);
    return (leat_out){leat_op_end(b), 0};
}

static void copy_attr(leat_op_builder *b, const char *name, const leat_attr_value *v)
{
    switch (v->kind) {
    case LEAT_ATTR_INT: leat_op_set_int(b, name, v->i); break;
    case LEAT_ATTR_FLOAT: leat_op_set_float(b, name, v->f); break;
    case LEAT_ATTR_BOOL: leat_op_set_bool(b, name, v->b); break;
    case LEAT_ATTR_STRING: leat_op_set_string(b, name, v->s, v->n); break;
    case LEAT_ATTR_TYPE: leat_op_set_type(b, name, v->type); break;
    case LEAT_ATTR_LIST + LEAT_ATTR_INT: leat_op_set_int_list(b, name, v->list, v->n); break;
    default: break;
    }
}

leat_op *leat_grad_like(leat_grad *g, const char *type, const leat_out *inputs, size_t n)
{
    const leat_op_sig *sig = leat_op_sig_find(type, strlen(type));
    leat_op_builder *b = leat_op_begin(g->graph, type, NULL);
    for (size_t i = 0; i < n; i++)
        leat_op_add_input(b, inputs[i]);
    for (int i = 0; sig != NULL && i < sig->n_attrs; i++) {
        const leat_attr_value *v = leat_attr(g->op, sig->attrs[i].name);
        if (v != NULL && !sig->attrs[i].inferred && v->kind == sig->attrs[i].kind)
            copy_attr(b, sig->attrs[i].name, v);
    }
    return leat_op_end(b);
}

leat_out leat_grad_sum(leat_grad *g, leat_out x, leat_out axes, bool keep_dims)
{
    leat_op_builder *b = leat_op_begin(g->graph, "Sum", NULL);
    leat_op_add_input(b, x);
    leat_op_add_input(b, axes);
    leat_op_set_bool(b, "keep_dims", keep_dims);
    return (leat_out){leat_op_end(b), 0};
}

leat_out leat_grad_dims(leat_grad *g, const int64_t *values, int n)
{
    leat_tensor *t = leat_tensor_new(LEAT_INT32, leat_shape_1d(n));
    if (t == NULL)
        return LEAT_NO_OUT;
    for (int i = 0; i < n; i++)
        leat_index_put(t, i, values[i]);
    leat_out out = leat_value(g->graph, t);
    leat_tensor_unref(t);
    return out;
}

leat_out leat_grad_all_axes(leat_grad *g, leat_out x)
{
    static const int64_t axes[LEAT_MAX_RANK] = {0, 1, 2, 3, 4, 5, 6, 7};
    leat_shape shape = leat_out_shape(x);
    if (leat_shape_rank(&shape) >= 0)
        return leat_grad_dims(g, axes, leat_shape_rank(&shape));
    return leat_raw_range(leat_scalar_int(g->graph, 0), leat_raw_rank(x), leat_scalar_int(g->graph, 1));
}

leat_out leat_grad_shape_of(leat_grad *g, leat_out like)
{
    leat_shape shape = leat_out_shape(like);
    bool fits = leat_shape_known(&shape);
    for (int i = 0; i < leat_shape_rank(&shape); i++)
        fits = fits && shape.dims[i] <= INT32_MAX;
    return fits ? leat_grad_dims(g, shape.dims, leat_shape_rank(&shape)) : leat_raw_shape(like);
}

leat_out leat_grad_reshape_like(leat_grad *g, leat_out x, leat_out like)
{
    leat_shape have = leat_out_shape(x), want = leat_out_shape(like);
    if (leat_shape_known(&have) && leat_shape_equal(have, want))
        return x;
    return leat_raw_reshape(x, leat_grad_shape_of(g, like));
}
