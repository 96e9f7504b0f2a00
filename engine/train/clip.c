/* clip.c - clipping of gradients, and learning rates that decay. */
#include <string.h>
#include "engine/build/build-private.h"
#include "leat/train.h"

#undef leat_exponential_decay

static leat_graph *graph_of(leat_out x)
{
    return x.op != NULL && x.op->graph->status == LEAT_OK ? x.op->graph : NULL;
}

static leat_out op_of_1(leat_graph *g, const char *type, const char *name, leat_out x)
{
    leat_op_builder *b = leat_op_begin(g, type, name);
    leat_op_add_input(b, x);
    return (leat_out){leat_op_end(b), 0};
}

static leat_out as_float(leat_graph *g, leat_out x)
{
    leat_op_builder *b = leat_op_begin(g, "Cast", NULL);
    leat_op_add_input(b, x);
    leat_op_set_type(b, "DstT", LEAT_FLOAT);
    return (leat_out){leat_op_end(b), 0};
}

leat_out leat_exponential_decay(leat_exponential_decay_args args)
{
    leat_graph *g = graph_of(args.global_step);
    leat_out out = LEAT_NO_OUT;
    if (g == NULL)
        return out;
    LEAT_NAME_SCOPE (g, args.name != NULL ? args.name : "ExponentialDecay") {
        leat_out rate = leat_const_number(g, args.learning_rate, LEAT_FLOAT, "learning_rate");
        leat_out step = as_float(g, args.global_step);
        leat_out steps = leat_const_number(g, args.decay_steps, LEAT_FLOAT, "Cast_1/x");
        leat_out decay = leat_const_number(g, args.decay_rate, LEAT_FLOAT, "Cast_2/x");
        leat_out p = leat_op_of_2(g, "RealDiv", "truediv", step, steps);
        if (args.staircase)
            p = op_of_1(g, "Floor", NULL, p);
        out = leat_op_of_2(g, "Mul", leat_scope_as_name(g), rate, leat_op_of_2(g, "Pow", NULL, decay, p));
    }
    return out;
}

leat_out leat_clip_by_value(leat_out t, double min, double max, const char *name)
{
    leat_graph *g = graph_of(t);
    leat_out out = LEAT_NO_OUT;
    if (g == NULL)
        return out;
    LEAT_NAME_SCOPE (g, name != NULL ? name : "clip_by_value") {
        leat_out low = leat_op_of_2(g, "Minimum", NULL, t, leat_scalar_float(g, max));
        out = leat_op_of_2(g, "Maximum", leat_scope_as_name(g), low,
                           leat_const_number(g, min, leat_out_dtype(low), "y"));
    }
    return out;
}

static leat_out sum_all(leat_out x)
{
    return leat_reduce_sum((leat_reduce_args){.size = sizeof(leat_reduce_args), .input = x});
}

leat_out leat_clip_by_norm(leat_out t, double clip_norm, const char *name)
{
    leat_graph *g = graph_of(t);
    leat_out out = LEAT_NO_OUT;
    if (g == NULL)
        return out;
    LEAT_NAME_SCOPE (g, name != NULL ? name : "clip_by_norm") {
        leat_out norm = op_of_1(g, "Sqrt", NULL, sum_all(leat_op_of_2(g, "Mul", "mul", t, t)));
        leat_out limit = leat_const_number(g, clip_norm, leat_out_dtype(norm), "clip_norm");
        leat_out clipped = leat_op_of_2(g, "Mul", "mul_1", t, limit);
        out = leat_op_of_2(g, "RealDiv", leat_scope_as_name(g), clipped,
                           leat_op_of_2(g, "Maximum", NULL, norm, limit));
    }
    return out;
}

leat_out leat_global_norm(const leat_out *ts, size_t n, const char *name)
{
    leat_graph *g = NULL;
    leat_out out = LEAT_NO_OUT;
    for (size_t i = 0; i < n && g == NULL; i++)
        g = graph_of(ts[i]);
    leat_out *halves = leat_alloc((n + 1) * sizeof *halves);
    if (g == NULL || halves == NULL) {
        leat_free(halves);
        return out;
    }
    LEAT_NAME_SCOPE (g, name != NULL ? name : "global_norm") {
        size_t kept = 0;
        for (size_t i = 0; i < n; i++)
            if (ts[i].op != NULL)
                halves[kept++] = op_of_1(g, "L2Loss", NULL, ts[i]);
        leat_op_builder *b = leat_op_begin(g, "Pack", "stack");
        leat_op_add_input_list(b, halves, kept);
        leat_out half = sum_all((leat_out){leat_op_end(b), 0});
        leat_out two = leat_const_number(g, 2, leat_out_dtype(half), "Const_1");
        out = op_of_1(g, "Sqrt", "global_norm", leat_op_of_2(g, "Mul", "mul", half, two));
    }
    leat_free(halves);
    return out;
}

/* scale = clip_norm * min(1 / norm, 1 / clip_norm); an infinite norm makes the result NaN, as in TensorFlow, so that it shows. */
leat_out leat_clip_by_global_norm(const leat_out *ts, size_t n, double clip_norm, leat_out *clipped,
                                  const char *name)
{
    leat_graph *g = NULL;
    for (size_t i = 0; i < n; i++) {
        if (g == NULL)
            g = graph_of(ts[i]);
        clipped[i] = LEAT_NO_OUT;
    }
    leat_out norm = LEAT_NO_OUT;
    if (g == NULL)
        return norm;
    LEAT_NAME_SCOPE (g, name != NULL ? name : "clip_by_global_norm") {
        norm = leat_global_norm(ts, n, "global_norm");
        leat_dtype dtype = leat_out_dtype(norm);
        leat_out inverse =
            leat_op_of_2(g, "RealDiv", "truediv", leat_const_number(g, 1, dtype, "truediv/x"), norm);
        leat_out limit = leat_const_number(g, 1 / clip_norm, dtype, "truediv_1");
        leat_out scale = leat_op_of_2(g, "Mul", "mul", leat_const_number(g, clip_norm, dtype, "mul/x"),
                                      leat_op_of_2(g, "Minimum", NULL, inverse, limit));
        leat_out finite = leat_op_of_2(g, "AddV2", "add", scale, leat_op_of_2(g, "Sub", "sub", norm, norm));
        for (size_t i = 0; i < n; i++)
            if (ts[i].op != NULL)
                clipped[i] = leat_op_of_2(g, "Mul", NULL, ts[i], finite);
    }
    return norm;
}
