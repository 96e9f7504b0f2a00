/* Sharing a variable: one threshold for five units, in four ways. */
#include "relu.h"
#include <string.h>

/* 1. Passed as a parameter. */
static leat_out given_threshold;

static leat_out with_parameter(leat_out X)
{
    leat_out unit = LEAT_NO_OUT;
    LEAT_NAME_SCOPE (leat_op_graph(X.op), "relu")
        unit = relu_unit(X, given_threshold);
    return unit;
}

/* 2. Kept by the function: made at the first call. */
static leat_out kept_by_function(leat_out X)
{
    static leat_out threshold;
    leat_out unit = LEAT_NO_OUT;
    LEAT_NAME_SCOPE (leat_op_graph(X.op), "relu") {
        if (threshold.op == NULL)
            threshold = leat_variable(leat_scalar(leat_op_graph(X.op), 0.0), .name = "threshold");
        unit = relu_unit(X, threshold);
    }
    return unit;
}

/* 3. Made outside by get_variable, and found by the scope that reuses it. */
static leat_out found_by_scope(leat_out X)
{
    leat_graph *g = leat_op_graph(X.op);
    leat_out unit = LEAT_NO_OUT;
    LEAT_VARIABLE_SCOPE (g, "relu", true)
        unit = relu_unit(X, leat_get_variable(g, "threshold"));
    return unit;
}

/* 4. Made at the first call, found at the others: the caller's scope says which. */
static leat_out first_call_makes(leat_out X)
{
    leat_graph *g = leat_op_graph(X.op);
    bool first = leat_graph_find(g, "relu/threshold") == NULL;
    leat_out unit = LEAT_NO_OUT;
    LEAT_VARIABLE_SCOPE (g, "relu", !first) {
        leat_out threshold =
            leat_get_variable(g, "threshold", .shape = LEAT_SCALAR, .initializer = leat_init_constant(0));
        unit = relu_unit(X, threshold);
    }
    return unit;
}

static void show_threshold(leat_graph *g)
{
    for (size_t i = 0; i < leat_graph_op_count(g); i++) {
        const leat_op *op = leat_graph_op_at(g, i);
        if (strcmp(leat_op_type(op), "VariableV2") == 0 && strstr(leat_op_name(op), "threshold") != NULL)
            printf("  %s\n", leat_op_name(op));
    }
}

int main(void)
{
    leat_graph *g = leat_graph_new();
    given_threshold = leat_variable(leat_scalar(g, 0.0), .name = "threshold");
    relu_demo(g, "passed as a parameter", with_parameter);
    show_threshold(g);
    leat_graph_free(g);

    g = leat_graph_new();
    relu_demo(g, "kept by the function", kept_by_function);
    show_threshold(g);
    leat_graph_free(g);

    g = leat_graph_new();
    LEAT_VARIABLE_SCOPE (g, "relu", false)
        leat_get_variable(g, "threshold", .shape = LEAT_SCALAR, .initializer = leat_init_constant(0));
    relu_demo(g, "made outside, reused inside", found_by_scope);
    show_threshold(g);
    leat_graph_free(g);

    g = leat_graph_new();
    relu_demo(g, "made at the first call", first_call_makes);
    show_threshold(g);
    leat_graph_free(g);
    return 0;
}
