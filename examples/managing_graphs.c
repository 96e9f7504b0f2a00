/* Managing graphs: every node belongs to the graph it was built in; several graphs live side by side. */
#include <leat.h>
#include <stdio.h>

int main(void)
{
    leat_graph *first = leat_graph_new(), *second = leat_graph_new();
    leat_out x1 = leat_variable(leat_scalar(first, 1));
    leat_out x2 = leat_variable(leat_scalar(second, 2));

    printf("x1 is in the first graph: %s\n", leat_op_graph(x1.op) == first ? "yes" : "no");
    printf("x2 is in the first graph: %s\n", leat_op_graph(x2.op) == first ? "yes" : "no");
    printf("both are called %s and %s\n", leat_op_name(x1.op), leat_op_name(x2.op));

    /* Mixing them is an error of the graph that was asked to do it. */
    leat_add(x1, x2);
    if (leat_graph_status(first) != LEAT_OK)
        puts(leat_message());

    leat_graph_free(first);
    leat_graph_free(second);
    return 0;
}
