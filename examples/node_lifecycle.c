/* The lifecycle of a node's value: a run computes what is asked for and forgets it. w and x are computed twice when y and z
 * are evaluated one after the other, and once when one run fetches both. */
#include <leat.h>
#include <stdio.h>

int main(void)
{
    leat_graph *g = leat_graph_new();
    leat_out w = leat_constant_i32(g, LEAT_SCALAR, (int32_t[]){3}, NULL);
    leat_out x = leat_add(w, leat_scalar(g, 2));
    leat_out y = leat_add(x, leat_scalar(g, 5));
    leat_out z = leat_mul(x, leat_scalar(g, 3));
    leat_session *s = leat_session_new(g, NULL);
    leat_tensor *y_value = NULL, *z_value = NULL;
    char text[32];

    leat_must(leat_eval(s, y, &y_value));
    leat_must(leat_eval(s, z, &z_value));
    printf("%s\n", leat_tensor_print(y_value, text, sizeof text));
    printf("%s\n", leat_tensor_print(z_value, text, sizeof text));

    leat_must(leat_run(s, LEAT_NO_FEEDS, LEAT_FETCHES({y, &y_value}, {z, &z_value}), LEAT_NO_TARGETS));
    printf("%s\n", leat_tensor_print(y_value, text, sizeof text));
    printf("%s\n", leat_tensor_print(z_value, text, sizeof text));

    leat_tensor_unref(y_value);
    leat_tensor_unref(z_value);
    leat_session_free(s);
    leat_graph_free(g);
    return 0;
}
