/* What an execution of a node computes and moves, by hand: rates and shares of the peak are made of it. */
#include "check.h"
#include "engine/plan-private.h"
#include "leat.h"

static leat_out input(leat_graph *g, leat_dtype dtype, leat_shape shape)
{
    return leat_placeholder(g, dtype, .shape = shape);
}

static leat_out sizes(leat_graph *g, const int32_t *values, int64_t n)
{
    return leat_constant_i32(g, LEAT_SHAPE(n), values, NULL);
}

static void check_cost(int line, leat_out out, double flops, double bytes)
{
    leat_cost cost = {-1, -1};
    if (CHECK(out.op != NULL) &&
        !CHECK(leat_op_static_cost(out.op, 64, &cost) && cost.flops == flops && cost.bytes == bytes))
        printf("line %d: %g FLOP, %g bytes; should be %g, %g\n", line, cost.flops, cost.bytes, flops, bytes);
}
#define COST(out_, flops_, bytes_) check_cost(__LINE__, out_, flops_, bytes_)

LEAT_TEST(costs_of_products)
{
    leat_graph *g = leat_graph_new();
    leat_out a = input(g, LEAT_FLOAT, LEAT_SHAPE(3, 4)), b = input(g, LEAT_FLOAT, LEAT_SHAPE(4, 5)),
             c = input(g, LEAT_FLOAT, LEAT_SHAPE(3, 5)), aa = input(g, LEAT_DOUBLE, LEAT_SHAPE(2, 3, 4)),
             bb = input(g, LEAT_DOUBLE, LEAT_SHAPE(2, 4, 5)),
             long_a = input(g, LEAT_FLOAT, LEAT_SHAPE(7, 3, 4));
    COST(leat_raw_mat_mul(a, b), 2 * 3 * 4 * 5, 4 * (12 + 20 + 15));
    COST(leat_raw_mat_mul(a, c, .transpose_a = true), 2 * 3 * 4 * 5, 4 * (12 + 20 + 15));
    COST(leat_raw_mat_mul(c, b, .transpose_b = true), 2 * 3 * 4 * 5, 4 * (12 + 20 + 15));
    COST(leat_raw_batch_mat_mul_v2(aa, bb), 2 * 2 * 3 * 4 * 5, 8 * (24 + 40 + 30));
    COST(leat_raw_einsum(LEAT_OUTS(a, b), "ij,jk->ik"), 2 * 3 * 4 * 5, 4 * (12 + 20 + 15));
    COST(leat_raw_einsum(LEAT_OUTS(aa, bb), "bij,bjk->ik"), 2 * 2 * 3 * 4 * 5, 8 * (24 + 40 + 15));
    COST(leat_raw_einsum(LEAT_OUTS(long_a, b), "...ij,jk->...ik"), 2 * 7 * 3 * 4 * 5, 4 * (84 + 20 + 105));
    COST(leat_raw_einsum(LEAT_OUTS(a, a), "ij,ij->"), 2 * 12, 4 * (12 + 12 + 1));
    /* Four values, each times a row of five. */
    leat_out at = input(g, LEAT_INT64, LEAT_SHAPE(4, 2)), values = input(g, LEAT_FLOAT, LEAT_SHAPE(4)),
             shape = sizes(g, (const int32_t[]){3, 4}, 2);
    shape = leat_raw_cast(shape, LEAT_INT64);
    COST(leat_raw_sparse_tensor_dense_mat_mul(at, values, shape, b), 2 * 4 * 5,
         8 * (8 + 2) + 4 * (4 + 20 + 15));
    leat_graph_free(g);
}

LEAT_TEST(costs_of_convolutions)
{
    static const int32_t x_shape[] = {2, 8, 8, 3}, f_shape[] = {3, 3, 3, 5}, d_shape[] = {3, 3, 3, 2};
    leat_graph *g = leat_graph_new();
    leat_int_list one = LEAT_INTS(1, 1, 1, 1);
    leat_out x = input(g, LEAT_FLOAT, LEAT_SHAPE(2, 8, 8, 3)),
             f = input(g, LEAT_FLOAT, LEAT_SHAPE(3, 3, 3, 5)),
             dy = input(g, LEAT_FLOAT, LEAT_SHAPE(2, 8, 8, 5)), xs = sizes(g, x_shape, 4),
             fs = sizes(g, f_shape, 4), d = input(g, LEAT_FLOAT, LEAT_SHAPE(3, 3, 3, 2)),
             ddy = input(g, LEAT_FLOAT, LEAT_SHAPE(2, 8, 8, 6)), ds = sizes(g, d_shape, 4);
    double bytes = 4 * (384 + 135 + 640), work = 2 * 640 * 27;
    COST(leat_raw_conv2d(x, f, one, "SAME"), work, bytes);
    COST(leat_raw_conv2d_backprop_input(xs, f, dy, one, "SAME"), work, bytes);
    COST(leat_raw_conv2d_backprop_filter(x, fs, dy, one, "SAME"), work, bytes);
    COST(leat_raw_conv2d(x, f, LEAT_INTS(1, 2, 2, 1), "VALID"), 2 * (2 * 3 * 3 * 5) * 27,
         4 * (384 + 135 + 90));
    bytes = 4 * (384 + 54 + 768), work = 2 * 768 * 9; /* each of the 6 channels from one */
    COST(leat_raw_depthwise_conv2d_native(x, d, one, "SAME"), work, bytes);
    COST(leat_raw_depthwise_conv2d_native_backprop_input(xs, d, ddy, one, "SAME"), work, bytes);
    COST(leat_raw_depthwise_conv2d_native_backprop_filter(x, ds, ddy, one, "SAME"), work, bytes);
    leat_graph_free(g);
}

LEAT_TEST(costs_of_what_moves)
{
    leat_graph *g = leat_graph_new();
    leat_out table = input(g, LEAT_FLOAT, LEAT_SHAPE(1000, 4)), rows = input(g, LEAT_INT32, LEAT_SHAPE(3)),
             updates = input(g, LEAT_FLOAT, LEAT_SHAPE(3, 4)), x = input(g, LEAT_FLOAT, LEAT_SHAPE(5, 7)),
             rate = leat_scalar(g, 0.1f);
    leat_out v = leat_variable(leat_raw_zeros_like(table)), m = leat_variable(leat_raw_zeros_like(table));
    COST(leat_raw_gather_v2(table, rows, leat_constant_i32(g, LEAT_SCALAR, (const int32_t[]){0}, NULL)), 0,
         2 * 48 + 12 + 4);
    COST(leat_raw_scatter_add(v, rows, updates), 12, 12 + 48 + 2 * 48);
    COST(leat_raw_sparse_apply_momentum(v, m, rate, updates, rows, rate), 4 * 12, 4 + 48 + 12 + 4 + 4 * 48);
    COST(leat_raw_transpose(x, sizes(g, (const int32_t[]){1, 0}, 2)), 0, 2 * 140 + 8);
    COST(leat_raw_random_standard_normal(sizes(g, (const int32_t[]){5, 7}, 2), LEAT_FLOAT), 0, 8 + 140);
    COST(leat_raw_tanh(x), 35, 2 * 140);
    leat_graph_free(g);
}

/* An addition, a comparison and an elementary function are an operation each. */
LEAT_TEST(costs_of_elements)
{
    leat_graph *g = leat_graph_new();
    leat_out x = input(g, LEAT_FLOAT, LEAT_SHAPE(50, 70)), y = input(g, LEAT_FLOAT, LEAT_SHAPE(50, 70)),
             bias = input(g, LEAT_FLOAT, LEAT_SHAPE(70)), column = input(g, LEAT_DOUBLE, LEAT_SHAPE(50, 1)),
             row = input(g, LEAT_DOUBLE, LEAT_SHAPE(70)), n = input(g, LEAT_INT32, LEAT_SHAPE(50, 70));
    COST(leat_raw_add_v2(x, y), 3500, 3 * 14000);
    COST(leat_raw_mul(column, row), 3500, 8 * (50 + 70 + 3500)); /* broadcast */
    COST(leat_raw_bias_add(x, bias), 3500, 2 * 14000 + 280);
    COST(leat_raw_bias_add_grad(x), 3500, 14000 + 280);
    COST(leat_raw_relu(x), 3500, 2 * 14000);
    COST(leat_raw_relu_grad(y, x), 3500, 3 * 14000);
    COST(leat_raw_exp(x), 3500, 2 * 14000);
    COST(leat_raw_add_n(LEAT_OUTS(x, y, x, y)), 3 * 3500, 5 * 14000);
    COST(leat_raw_add_n(LEAT_OUTS(x)), 0, 2 * 14000);
    COST(leat_raw_cast(n, LEAT_FLOAT), 0, 2 * 14000);
    leat_graph_free(g);
}

LEAT_TEST(costs_of_reductions)
{
    leat_graph *g = leat_graph_new();
    leat_out x = input(g, LEAT_FLOAT, LEAT_SHAPE(50, 70)), labels = input(g, LEAT_INT32, LEAT_SHAPE(50)),
             axis = sizes(g, (const int32_t[]){1}, 1),
             last = leat_constant_i32(g, LEAT_SCALAR, (const int32_t[]){1}, NULL);
    COST(leat_raw_sum(x, axis), 3500, 14000 + 4 + 200);
    COST(leat_raw_mean(x, axis), 3500, 14000 + 4 + 200);
    COST(leat_raw_max(x, axis), 3500, 14000 + 4 + 200);
    COST(leat_raw_arg_max(x, last), 3500, 14000 + 4 + 8 * 50);
    COST(leat_raw_softmax(x), 5 * 3500, 2 * 14000);
    COST(leat_raw_log_softmax(x), 5 * 3500, 2 * 14000);
    COST(leat_op_output(leat_raw_softmax_cross_entropy_with_logits(x, x), 0), 8 * 3500, 3 * 14000 + 200);
    COST(leat_op_output(leat_raw_sparse_softmax_cross_entropy_with_logits(x, labels), 0), 5 * 3500 + 50,
         2 * 14000 + 2 * 200);
    leat_graph_free(g);
}

LEAT_TEST(costs_of_pooling)
{
    static const int32_t image[] = {2, 8, 8, 3};
    leat_graph *g = leat_graph_new();
    leat_int_list by_two = LEAT_INTS(1, 2, 2, 1), by_one = LEAT_INTS(1, 1, 1, 1),
                  three = LEAT_INTS(1, 3, 3, 1);
    leat_out x = input(g, LEAT_FLOAT, LEAT_SHAPE(2, 8, 8, 3)),
             y = input(g, LEAT_FLOAT, LEAT_SHAPE(2, 4, 4, 3));
    COST(leat_raw_max_pool(x, by_two, by_two, "VALID"), 96 * 4, 4 * (384 + 96));
    COST(leat_raw_avg_pool(x, by_two, by_two, "VALID"), 96 * 4, 4 * (384 + 96));
    COST(leat_raw_max_pool(x, three, by_one, "SAME"), 384 * 9, 4 * (384 + 384));
    COST(leat_raw_max_pool_grad(x, y, y, by_two, by_two, "VALID"), 96 * 4, 4 * (384 + 96 + 96 + 384));
    COST(leat_raw_avg_pool_grad(sizes(g, image, 4), y, by_two, by_two, "VALID"), 96 * 4, 4 * (4 + 96 + 384));
    COST(leat_raw_max_pool_v2(x, sizes(g, (const int32_t[]){1, 2, 2, 1}, 4),
                              sizes(g, (const int32_t[]){1, 2, 2, 1}, 4), "VALID"),
         384, 4 * (384 + 4 + 4 + 96));
    leat_graph_free(g);
}

/* What a step of an optimizer does to a variable of 4,000 elements: reads and writes each of its variables, reads the gradient. */
LEAT_TEST(costs_of_optimizers)
{
    leat_graph *g = leat_graph_new();
    leat_out grad = input(g, LEAT_FLOAT, LEAT_SHAPE(1000, 4)), s = leat_scalar(g, 0.1f);
    leat_out v = leat_variable(leat_raw_zeros_like(grad)), a = leat_variable(leat_raw_zeros_like(grad)),
             b = leat_variable(leat_raw_zeros_like(grad));
    COST(leat_raw_apply_gradient_descent(v, s, grad), 2 * 4000, 3 * 16000 + 4);
    COST(leat_raw_apply_momentum(v, a, s, grad, s), 4 * 4000, 5 * 16000 + 2 * 4);
    COST(leat_raw_apply_adagrad(v, a, s, grad), 6 * 4000, 5 * 16000 + 4);
    COST(leat_raw_apply_rms_prop(v, a, b, s, s, s, s, grad), 11 * 4000, 7 * 16000 + 4 * 4);
    COST(leat_raw_apply_adam(v, a, b, s, s, s, s, s, s, grad), 12 * 4000, 7 * 16000 + 6 * 4);
    leat_graph_free(g);
}
