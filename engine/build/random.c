/* random.c - random tensors and initializers. */
#include <math.h>
#include <string.h>
#include "build-private.h"

#define DEFAULT_GRAPH_SEED 87654321 /* tf.random_seed's, for an op seed without a graph seed */
#define SEED_MODULUS INT64_C(2147483647)

static int64_t truncated(int64_t seed)
{
    int64_t s = seed % SEED_MODULUS; /* Python's remainder: never negative */
    return s < 0 ? s + SEED_MODULUS : s;
}

void leat_graph_seeds(const leat_graph *g, int64_t op_seed, int64_t *seed, int64_t *seed2)
{
    *seed = *seed2 = 0;
    if (g->seed != LEAT_UNSET) {
        *seed = truncated(g->seed);
        *seed2 = truncated(op_seed != LEAT_UNSET ? op_seed : (int64_t)g->n_ops);
    } else if (op_seed != LEAT_UNSET) {
        *seed = DEFAULT_GRAPH_SEED;
        *seed2 = truncated(op_seed);
    } else {
        return; /* both zero: a seed from the system */
    }
    if (*seed == 0 && *seed2 == 0)
        *seed2 = SEED_MODULUS;
}

static leat_out draw(leat_graph *g, const char *type, leat_out shape, leat_dtype dtype, int64_t op_seed)
{
    int64_t seed, seed2;
    leat_graph_seeds(g, op_seed, &seed, &seed2);
    leat_op_builder *b = leat_op_begin(g, type, NULL);
    leat_op_add_input(b, shape);
    leat_op_set_type(b, "dtype", dtype);
    leat_op_set_int(b, "seed", seed);
    leat_op_set_int(b, "seed2", seed2);
    return (leat_out){leat_op_end(b), 0};
}

static leat_out uniform_ints(leat_graph *g, leat_out shape, leat_out min, leat_out max, int64_t op_seed)
{
    int64_t seed, seed2;
    leat_graph_seeds(g, op_seed, &seed, &seed2);
    leat_op_builder *b = leat_op_begin(g, "RandomUniformInt", leat_scope_as_name(g));
    leat_op_add_input(b, shape);
    leat_op_add_input(b, min);
    leat_op_add_input(b, max);
    leat_op_set_int(b, "seed", seed);
    leat_op_set_int(b, "seed2", seed2);
    return (leat_out){leat_op_end(b), 0};
}

leat_out leat_random_uniform(leat_random_uniform_args args)
{
    leat_graph *g = args.graph;
    leat_dtype dtype = args.dtype != LEAT_DTYPE_NONE ? args.dtype : LEAT_FLOAT;
    leat_out out = LEAT_NO_OUT;
    LEAT_NAME_SCOPE (g, args.name != NULL ? args.name : "random_uniform") {
        leat_out shape = leat_const_ints(g, args.shape.dims, leat_shape_rank(&args.shape), "shape");
        leat_out min = leat_const_number(g, args.minval, dtype, "min");
        leat_out max = leat_const_number(g, args.maxval, dtype, "max");
        if (leat_dtype_is_integer(dtype)) {
            out = uniform_ints(g, shape, min, max, args.seed);
        } else {
            leat_out random = draw(g, "RandomUniform", shape, dtype, args.seed);
            leat_out range = leat_op_of_2(g, "Sub", "sub", max, min);
            leat_out scaled = leat_op_of_2(g, "Mul", "mul", random, range);
            out = leat_op_of_2(g, "AddV2", leat_scope_as_name(g), scaled, min);
        }
    }
    return out;
}

static leat_out normal(const leat_random_normal_args *args, const char *type, const char *default_name)
{
    leat_graph *g = args->graph;
    leat_dtype dtype = args->dtype != LEAT_DTYPE_NONE ? args->dtype : LEAT_FLOAT;
    leat_out out = LEAT_NO_OUT;
    LEAT_NAME_SCOPE (g, args->name != NULL ? args->name : default_name) {
        leat_out shape = leat_const_ints(g, args->shape.dims, leat_shape_rank(&args->shape), "shape");
        leat_out mean = leat_const_number(g, args->mean, dtype, "mean");
        leat_out stddev = leat_const_number(g, args->stddev, dtype, "stddev");
        leat_out random = draw(g, type, shape, dtype, args->seed);
        leat_out scaled = leat_op_of_2(g, "Mul", "mul", random, stddev);
        out = leat_op_of_2(g, "AddV2", leat_scope_as_name(g), scaled, mean);
    }
    return out;
}

leat_out leat_random_normal(leat_random_normal_args args)
{
    return normal(&args, "RandomStandardNormal", "random_normal");
}

leat_out leat_truncated_normal(leat_random_normal_args args)
{
    return normal(&args, "TruncatedNormal", "truncated_normal");
}

/* ---- initializers ---- */

leat_init leat_init_zeros(void)
{
    return (leat_init){.kind = LEAT_INIT_ZEROS};
}

leat_init leat_init_ones(void)
{
    return (leat_init){.kind = LEAT_INIT_ONES};
}

leat_init leat_init_constant(double value)
{
    return (leat_init){.kind = LEAT_INIT_CONSTANT, .a = value};
}

leat_init leat_init_uniform(double minval, double maxval, int64_t seed)
{
    return (leat_init){.kind = LEAT_INIT_UNIFORM, .a = minval, .b = maxval, .seed = seed};
}

leat_init leat_init_normal(double mean, double stddev, int64_t seed)
{
    return (leat_init){.kind = LEAT_INIT_NORMAL, .a = mean, .b = stddev, .seed = seed};
}

leat_init leat_init_truncated_normal(double mean, double stddev, int64_t seed)
{
    return (leat_init){.kind = LEAT_INIT_TRUNCATED_NORMAL, .a = mean, .b = stddev, .seed = seed};
}

leat_init leat_init_variance_scaling(double scale, leat_fan fan, leat_init_kind distribution, int64_t seed)
{
    return (leat_init){.kind = LEAT_INIT_VARIANCE_SCALING,
                       .a = scale,
                       .fan = fan,
                       .distribution = distribution,
                       .seed = seed};
}

leat_init leat_init_glorot_uniform(int64_t seed)
{
    return leat_init_variance_scaling(1, LEAT_FAN_AVG, LEAT_INIT_UNIFORM, seed);
}

leat_init leat_init_glorot_normal(int64_t seed)
{
    return leat_init_variance_scaling(1, LEAT_FAN_AVG, LEAT_INIT_TRUNCATED_NORMAL, seed);
}

leat_init leat_init_he(int64_t seed)
{
    return leat_init_variance_scaling(2, LEAT_FAN_IN, LEAT_INIT_TRUNCATED_NORMAL, seed);
}

/* A dense layer's inputs and outputs; of a convolution, times the receptive field. */
static void fans(const leat_shape *shape, double *in, double *out)
{
    int rank = leat_shape_rank(shape);
    double field = 1;
    for (int i = 0; i + 2 < rank; i++)
        field *= (double)shape->dims[i];
    *in = rank == 0 ? 1 : rank == 1 ? (double)shape->dims[0] : (double)shape->dims[rank - 2] * field;
    *out = rank == 0 ? 1 : rank == 1 ? (double)shape->dims[0] : (double)shape->dims[rank - 1] * field;
}

static leat_out variance_scaling(leat_graph *g, const leat_init *init, const leat_shape *shape,
                                 leat_dtype dtype)
{
    double in, out;
    fans(shape, &in, &out);
    double fan = init->fan == LEAT_FAN_IN ? in : init->fan == LEAT_FAN_OUT ? out : (in + out) / 2;
    double scale = init->a / LEAT_MAX(1.0, fan);
    if (init->distribution == LEAT_INIT_UNIFORM) {
        double limit = sqrt(3 * scale);
        return leat_random_uniform((leat_random_uniform_args){.size = sizeof(leat_random_uniform_args),
                                                              .graph = g,
                                                              .shape = *shape,
                                                              .minval = -limit,
                                                              .maxval = limit,
                                                              .dtype = dtype,
                                                              .seed = init->seed});
    }
    leat_random_normal_args args = {
        .size = sizeof args, .graph = g, .shape = *shape, .dtype = dtype, .seed = init->seed};
    args.stddev = sqrt(scale);
    if (init->distribution == LEAT_INIT_NORMAL)
        return leat_random_normal(args);
    args.stddev /= .87962566103423978; /* what cutting at two deviations takes away */
    return leat_truncated_normal(args);
}

leat_out leat_init_value(leat_graph *g, leat_init init, leat_shape shape, leat_dtype dtype)
{
    leat_filled_args fill = {.size = sizeof fill, .graph = g, .shape = shape, .dtype = dtype};
    leat_random_normal_args n = {.size = sizeof n,
                                 .graph = g,
                                 .shape = shape,
                                 .mean = init.a,
                                 .stddev = init.b,
                                 .dtype = dtype,
                                 .seed = init.seed};
    if (init.kind == LEAT_INIT_DEFAULT)
        init = leat_dtype_is_floating(dtype) ? leat_init_glorot_uniform(LEAT_UNSET) : leat_init_zeros();
    switch (init.kind) {
    case LEAT_INIT_ONES: return leat_ones(fill);
    case LEAT_INIT_CONSTANT: {
        leat_tensor *t = leat_tensor_new(dtype, shape);
        if (t != NULL)
            leat_number_store(t, init.a);
        leat_out out = leat_constant((leat_constant_args){
            .size = sizeof(leat_constant_args), .graph = g, .value = t, .name = "Const"});
        leat_tensor_unref(t);
        return out;
    }
    case LEAT_INIT_UNIFORM:
        return leat_random_uniform((leat_random_uniform_args){.size = sizeof(leat_random_uniform_args),
                                                              .graph = g,
                                                              .shape = shape,
                                                              .minval = init.a,
                                                              .maxval = init.b,
                                                              .dtype = dtype,
                                                              .seed = init.seed});
    case LEAT_INIT_NORMAL: return leat_random_normal(n);
    case LEAT_INIT_TRUNCATED_NORMAL: return leat_truncated_normal(n);
    case LEAT_INIT_VARIANCE_SCALING: return variance_scaling(g, &init, &shape, dtype);
    case LEAT_INIT_ZEROS:
    case LEAT_INIT_DEFAULT: break;
    }
    return leat_zeros(fill);
}
