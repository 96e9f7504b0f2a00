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

leat_out leat_grad_call(leat_grad *g, const char *type, const leat_out *inputs, size_t n)
{
    leat_op_builder *b = leat_op_begin(g->graph, type, NULL);
    for (size_t i = 0; i < n; i++)
        leat_op_add_input(b, inputs[i]);
    return (leat_out){leat_op_end(b), 0};
}

leat_out leat_grad_sum(leat_grad *g, leat_out x, leat_out axes, bool keep_dims)
{
    leat_op_builder *b = leat_op_begin(g->graph, "Sum", NULL);
    leat_op_add_input(b, x);
    leat_op_add_input(b, axes);
    leat_op_set_bool(b, "keep_dims", keep_dims);
    return (leat_out){leat_op_end(b), 0};
}
