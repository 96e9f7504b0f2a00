/* Name scopes: nodes that belong together share a prefix, and names that are taken get a number. */
#include <leat.h>
#include <stdio.h>

int main(void)
{
    leat_graph *g = leat_graph_new();
    leat_out a1 = leat_variable(leat_scalar(g, 0), .name = "a");
    leat_out a2 = leat_variable(leat_scalar(g, 0), .name = "a");
    leat_out a3 = LEAT_NO_OUT, a4 = LEAT_NO_OUT, error = LEAT_NO_OUT;
    LEAT_NAME_SCOPE (g, "param")
        a3 = leat_variable(leat_scalar(g, 0), .name = "a");
    LEAT_NAME_SCOPE (g, "param")
        a4 = leat_variable(leat_scalar(g, 0), .name = "a");
    LEAT_NAME_SCOPE (g, "loss")
        error = leat_sub(a1, a2);

    leat_out nodes[] = {a1, a2, a3, a4, error};
    leat_must(leat_graph_status(g));
    for (int i = 0; i < 5; i++)
        puts(leat_op_name(nodes[i].op));
    leat_graph_free(g);
    return 0;
}
