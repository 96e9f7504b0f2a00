/* constant.c - constants, zeros and ones. */
#include <string.h>
#include "build-private.h"

#define FILL_ABOVE 1000 /* elements from which tf.zeros makes a Fill instead of a Const */

leat_out leat_constant(leat_constant_args args)
{
    leat_out value = leat_value(args.graph, args.value);
    return value.op == NULL ? value
                            : leat_pending_resolve(args.graph, value, NULL, args.name ? args.name : "Const",
                                                   LEAT_DTYPE_NONE);
}

static leat_out constant_of(leat_graph *g, leat_dtype dtype, leat_shape shape, const void *values,
                            const char *name)
{
    leat_tensor *t = leat_tensor_from(dtype, shape, values);
    leat_out out = leat_constant(
        (leat_constant_args){.size = sizeof(leat_constant_args), .graph = g, .value = t, .name = name});
    leat_tensor_unref(t);
    return out;
}

leat_out leat_constant_f32(leat_graph *g, leat_shape shape, const float *values, const char *name)
{
    return constant_of(g, LEAT_FLOAT, shape, values, name);
}

leat_out leat_constant_i32(leat_graph *g, leat_shape shape, const int32_t *values, const char *name)
{
    return constant_of(g, LEAT_INT32, shape, values, name);
}

leat_out leat_const_ints(leat_graph *g, const int64_t *values, int n, const char *name)
{
    int32_t small[LEAT_MAX_RANK];
    for (int i = 0; i < LEAT_MAX(n, 1) && i < LEAT_MAX_RANK; i++)
        small[i] = n != 0 ? (int32_t)values[i] : 0;
    return leat_constant_i32(g, leat_shape_of(n < 0 ? 0 : 1, (int64_t[]){n}), small, name);
}

leat_out leat_const_number(leat_graph *g, double value, leat_dtype dtype, const char *name)
{
    leat_out number =
        leat_dtype_is_floating(dtype) ? leat_scalar_float(g, value) : leat_scalar_int(g, (int64_t)value);
    return number.op == NULL ? number : leat_pending_resolve(g, number, NULL, name, dtype);
}

leat_out leat_op_of_2(leat_graph *g, const char *type, const char *name, leat_out a, leat_out b)
{
    leat_op_builder *builder = leat_op_begin(g, type, name);
    leat_op_add_input(builder, a);
    leat_op_add_input(builder, b);
    return (leat_out){leat_op_end(builder), 0};
}

const char *leat_scope_as_name(leat_graph *g)
{
    return leat_current_name_scope(g);
}

static leat_out filled(const leat_filled_args *args, int value, const char *default_name)
{
    leat_graph *g = args->graph;
    leat_dtype dtype = args->dtype != LEAT_DTYPE_NONE ? args->dtype : LEAT_FLOAT;
    const char *name = args->name != NULL ? args->name : default_name;
    int64_t n = leat_shape_elements(args->shape);
    leat_out out = LEAT_NO_OUT;
    if (g == NULL || g->status != LEAT_OK)
        return out;
    if (n < 0) {
        leat_graph_fail(g, LEAT_ERR_INVALID_ARGUMENT, "%s: the shape must be fully known", name);
        return out;
    }
    if (n < FILL_ABOVE && dtype != LEAT_STRING) {
        leat_tensor *t = leat_tensor_new(dtype, args->shape);
        leat_tensor *one = leat_tensor_new(dtype, (leat_shape){.rank_plus_1 = 1});
        if (t == NULL || one == NULL) {
            leat_graph_keep(g, LEAT_ERR_NO_MEMORY);
        } else {
            size_t size = leat_dtype_bytes(dtype);
            memset(one->data, 0, size);
            if (value == 1)
                leat_number_store(one, 1);
            for (int64_t i = 0; i < n; i++)
                memcpy((char *)t->data + (size_t)i * size, one->data, size);
            out = leat_constant((leat_constant_args){
                .size = sizeof(leat_constant_args), .graph = g, .value = t, .name = name});
        }
        leat_tensor_unref(t);
        leat_tensor_unref(one);
        return out;
    }
    LEAT_NAME_SCOPE (g, name) {
        leat_out shape =
            leat_const_ints(g, args->shape.dims, leat_shape_rank(&args->shape), "shape_as_tensor");
        out = leat_op_of_2(g, "Fill", leat_scope_as_name(g), shape,
                           leat_const_number(g, value, dtype, "Const"));
    }
    return out;
}

leat_out leat_zeros(leat_filled_args args)
{
    return filled(&args, 0, "zeros");
}

leat_out leat_ones(leat_filled_args args)
{
    return filled(&args, 1, "ones");
}
