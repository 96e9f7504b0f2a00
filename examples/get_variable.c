/* get_variable beside Variable: the one finds what the variable scope holds, the other always makes a new one. */
#include <leat.h>
#include <stdio.h>

int main(void)
{
    leat_graph *g = leat_graph_new();
    leat_out x[6] = {{NULL, 0}};
    LEAT_VARIABLE_SCOPE (g, "my_scope", false) {
        x[0] = leat_get_variable(g, "x", .shape = LEAT_SCALAR, .initializer = leat_init_constant(0));
        x[1] = leat_variable(leat_scalar(g, 0.0), .name = "x");
        x[2] = leat_variable(leat_scalar(g, 0.0), .name = "x");
    }
    LEAT_VARIABLE_SCOPE (g, "my_scope", true) {
        x[3] = leat_get_variable(g, "x");
        x[4] = leat_variable(leat_scalar(g, 0.0), .name = "x");
    }
    LEAT_VARIABLE_SCOPE (g, "my_scope", true)
        x[5] = leat_get_variable(g, "x");

    leat_must(leat_graph_status(g));
    for (int i = 0; i < 6; i++)
        puts(leat_op_name(x[i].op));
    printf("the first, fourth and sixth are one variable: %s\n",
           x[0].op == x[3].op && x[3].op == x[5].op ? "yes" : "no");
    leat_graph_free(g);
    return 0;
}
