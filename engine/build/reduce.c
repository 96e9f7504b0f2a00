/* reduce.c - reductions with their axes as a Const, and transpose. */
#include "build-private.h"

static leat_out reduce(const leat_reduce_args *args, const char *type)
{
    leat_graph *g = args->input.op != NULL ? args->input.op->graph : NULL;
    leat_out axes = LEAT_NO_OUT, input = args->input;
    if (g == NULL || g->status != LEAT_OK)
        return LEAT_NO_OUT;
    leat_out read = leat_variable_read(input);
    int rank = leat_rank(read.op != NULL ? read : input);
    const char *name = args->name != NULL ? args->name : type;
    if (args->axes.count_plus_1 == 0 && rank < 0) { /* all axes of a tensor whose rank the run will tell */
        leat_op_builder *b = leat_op_begin(g, "Rank", NULL);
        leat_op_add_input(b, input);
        leat_out n = {leat_op_end(b), 0};
        b = leat_op_begin(g, "Range", "range");
        leat_op_add_input(b, leat_scalar_int(g, 0));
        leat_op_add_input(b, n);
        leat_op_add_input(b, leat_scalar_int(g, 1));
        axes = (leat_out){leat_op_end(b), 0};
    } else if (args->axes.count_plus_1 == 0) {
        static const int64_t all[LEAT_MAX_RANK] = {0, 1, 2, 3, 4, 5, 6, 7};
        axes = leat_const_ints(g, all, rank, "Const");
    }
    leat_out out = LEAT_NO_OUT;
    leat_tensor *t = NULL;
    if (axes.op ==
        NULL) { /* given axes are the op's own operand: "<name>/reduction_indices"; a single one is a scalar */
        int32_t small[LEAT_MAX_RANK];
        int n = args->axes.count_plus_1 - 1;
        for (int i = 0; i < n && i < LEAT_MAX_RANK; i++)
            small[i] = (int32_t)args->axes.items[i];
        t = leat_tensor_from(LEAT_INT32, leat_shape_of(n == 1 ? 0 : 1, (int64_t[]){n}), small);
        axes = leat_value(g, t);
    }
    leat_op_builder *b = leat_op_begin(g, type, name);
    leat_op_add_input(b, input);
    leat_op_add_input(b, axes);
    leat_op_set_bool(b, "keep_dims", args->keep_dims);
    out.op = leat_op_end(b);
    leat_tensor_unref(t);
    return out;
}

leat_out leat_reduce_mean(leat_reduce_args args)
{
    return reduce(&args, "Mean");
}

leat_out leat_reduce_sum(leat_reduce_args args)
{
    return reduce(&args, "Sum");
}

leat_out leat_reduce_max(leat_reduce_args args)
{
    return reduce(&args, "Max");
}

leat_out leat_reduce_min(leat_reduce_args args)
{
    return reduce(&args, "Min");
}

leat_out leat_reduce_prod(leat_reduce_args args)
{
    return reduce(&args, "Prod");
}

leat_out leat_reduce_all(leat_reduce_args args)
{
    return reduce(&args, "All");
}

leat_out leat_reduce_any(leat_reduce_args args)
{
    return reduce(&args, "Any");
}

leat_out leat_transpose(leat_transpose_args args)
{
    leat_graph *g = args.x.op != NULL ? args.x.op->graph : NULL;
    leat_out out = LEAT_NO_OUT;
    if (g == NULL || g->status != LEAT_OK)
        return out;
    leat_out read = leat_variable_read(args.x);
    leat_out x = read.op != NULL ? read : args.x;
    int64_t perm[LEAT_MAX_RANK];
    int rank = leat_rank(x), n = args.perm.count_plus_1 > 0 ? args.perm.count_plus_1 - 1 : rank;
    if (n < 0) {
        leat_graph_fail(g, LEAT_ERR_INVALID_ARGUMENT,
                        "transpose: the rank of '%s:%d' is not known: give the permutation", x.op->name,
                        x.index);
        return out;
    }
    for (int i = 0; i < n; i++)
        perm[i] = args.perm.count_plus_1 > 0 ? args.perm.items[i] : n - 1 - i;
    LEAT_NAME_SCOPE (g, args.name != NULL ? args.name : "transpose")
        out = leat_op_of_2(g, "Transpose", leat_scope_as_name(g), x, leat_const_ints(g, perm, n, "perm"));
    return out;
}
