/* Modularity: five rectified linear units by one function, and what its nodes are called with and without a scope. */
#include "relu.h"

static leat_out flat(leat_out X)
{
    return relu_unit(X, leat_scalar(leat_op_graph(X.op), 0.0));
}

static leat_out scoped(leat_out X)
{
    leat_out unit = LEAT_NO_OUT;
    LEAT_NAME_SCOPE (leat_op_graph(X.op), "relu")
        unit = relu_unit(X, leat_scalar(leat_op_graph(X.op), 0.0));
    return unit;
}

static void show(leat_graph *g, const char *name)
{
    printf("  %s %s in the graph\n", name, leat_graph_find(g, name) != NULL ? "is" : "is not");
}

int main(void)
{
    leat_graph *g = leat_graph_new();
    relu_demo(g, "without a scope", flat);
    show(g, "weights_1");
    leat_graph_free(g);

    g = leat_graph_new();
    relu_demo(g, "in name scopes", scoped);
    show(g, "relu_2/weights");
    leat_graph_free(g);
    return 0;
}
