/* The first graph: f = x * x * y + y + 2. Building it computes nothing; a session does. */
#include <leat.h>
#include <stdio.h>

int main(void)
{
    leat_graph *g = leat_graph_new();
    leat_out x = leat_variable(leat_scalar(g, 3), .name = "x");
    leat_out y = leat_variable(leat_scalar(g, 4), .name = "y");
    leat_out f = leat_add(leat_add(leat_mul(leat_mul(x, x), y), y), leat_scalar(g, 2));

    for (size_t i = 0; i < leat_graph_op_count(g); i++)
        puts(leat_op_name(leat_graph_op_at(g, i)));

    char text[128];
    puts(leat_out_print(f, text, sizeof text));

    leat_session *s = leat_session_new(g, NULL);
    leat_must(leat_run_init(s));
    leat_tensor *result = NULL;
    leat_must(leat_eval(s, f, &result));
    puts(leat_tensor_print(result, text, sizeof text));

    leat_tensor_unref(result);
    leat_session_free(s);
    leat_graph_free(g);
    return 0;
}
