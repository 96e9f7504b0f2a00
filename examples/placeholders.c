/* Placeholders: nodes without a value of their own, which every run must feed. */
#include <leat.h>
#include <stdio.h>

int main(void)
{
    leat_graph *g = leat_graph_new();
    leat_out A = leat_placeholder(g, LEAT_FLOAT, .shape = LEAT_SHAPE(-1, 3), .name = "A");
    leat_out B = leat_add(A, leat_scalar(g, 5));
    leat_session *s = leat_session_new(g, NULL);
    leat_tensor *one_row = leat_tensor_from(LEAT_FLOAT, LEAT_SHAPE(1, 3), (float[]){1, 2, 3});
    leat_tensor *two_rows = leat_tensor_from(LEAT_FLOAT, LEAT_SHAPE(2, 3), (float[]){4, 5, 6, 7, 8, 9});
    leat_tensor *result = NULL;
    char text[64];

    leat_must(leat_run(s, LEAT_FEEDS({A, one_row}), LEAT_FETCHES({B, &result}), LEAT_NO_TARGETS));
    puts(leat_tensor_print(result, text, sizeof text));
    leat_must(leat_run(s, LEAT_FEEDS({A, two_rows}), LEAT_FETCHES({B, &result}), LEAT_NO_TARGETS));
    puts(leat_tensor_print(result, text, sizeof text));

    /* Not fed: an error that names the node. */
    if (leat_run(s, LEAT_NO_FEEDS, LEAT_FETCHES({B, &result}), LEAT_NO_TARGETS) != LEAT_OK)
        puts(leat_message());

    leat_tensor_unref(one_row);
    leat_tensor_unref(two_rows);
    leat_tensor_unref(result);
    leat_session_free(s);
    leat_graph_free(g);
    return 0;
}
