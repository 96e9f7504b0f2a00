/* relu.h - input and sum of the examples with five rectified linear units. */
#ifndef LEAT_EXAMPLES_RELU_H
#define LEAT_EXAMPLES_RELU_H

#include <leat.h>
#include <stdio.h>

enum { FEATURES = 3, UNITS = 5 };

/* max(X w + b, threshold), with fresh weights. */
static inline leat_out relu_unit(leat_out X, leat_out threshold)
{
    leat_graph *g = leat_op_graph(X.op);
    leat_out w = leat_variable(leat_random_normal(g, LEAT_SHAPE(leat_dim(X, 1), 1)), .name = "weights");
    leat_out b = leat_variable(leat_scalar(g, 0.0), .name = "bias");
    leat_out z = leat_add(leat_matmul(X, w), b, .name = "z");
    return leat_maximum(z, threshold, .name = "max");
}

/* Builds five units by make(X), adds them up, runs the sum once on two rows and prints the names of the units. */
static inline void relu_demo(leat_graph *g, const char *title, leat_out (*make)(leat_out X))
{
    leat_graph_set_seed(g, 42);
    leat_out X = leat_placeholder(g, LEAT_FLOAT, .shape = LEAT_SHAPE(-1, FEATURES), .name = "X"),
             relus[UNITS];
    for (int i = 0; i < UNITS; i++)
        relus[i] = make(X);
    leat_out output = leat_add_n((leat_out_list){relus, UNITS}, .name = "output");

    leat_session *s = leat_session_new(g, NULL);
    leat_tensor *rows = leat_tensor_from(LEAT_FLOAT, LEAT_SHAPE(2, FEATURES), (float[]){1, 2, 3, 4, 5, 6}),
                *sum = NULL;
    leat_must(leat_run_init(s));
    leat_must(leat_run(s, LEAT_FEEDS({X, rows}), LEAT_FETCHES({output, &sum}), LEAT_NO_TARGETS));
    printf("%s: %lld rows\n", title, (long long)leat_tensor_dim(sum, 0));
    for (int i = 0; i < UNITS; i++)
        printf("  %s\n", leat_op_name(relus[i].op));
    leat_tensor_unref(rows);
    leat_tensor_unref(sum);
    leat_session_free(s);
}

#endif
