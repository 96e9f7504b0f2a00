// The first graph from C++17: f = x * x * y + y + 2.
#include <leat.h>
#include <cstdio>

int main()
{
    leat_graph *g = leat_graph_new();
    leat_variable_args named;
    named.name = "x";
    leat_out x = leat_variable(leat_scalar(g, 3), named);
    named.name = "y";
    leat_out y = leat_variable(leat_scalar(g, 4), named);
    leat_out f = leat_add(leat_add(leat_mul(leat_mul(x, x), y), y), leat_scalar(g, 2));

    leat_session *s = leat_session_new(g, nullptr);
    leat_must(leat_run_init(s));
    leat_tensor *result = nullptr;
    char text[64];
    leat_must(leat_run(s, {}, {{f, &result}}, {}));
    std::puts(leat_tensor_print(result, text, sizeof text));

    leat_tensor_unref(result);
    leat_session_free(s);
    leat_graph_free(g);
}
