/* Linear regression by the normal equation: theta = (X^T X)^-1 X^T y, in float32. Long products are summed, and the inverse is
 * taken, in double: the result is close to what float64 gives. */
#include "housing.h"

int main(int argc, char **argv)
{
    housing data = housing_load(argc > 1 ? argv[1] : NULL, false);
    leat_graph *g = leat_graph_new();
    leat_out X = leat_constant(g, data.X, .name = "X");
    leat_out y = leat_constant(g, data.y, .name = "y");
    leat_out XT = leat_transpose(X);
    leat_out theta = leat_matmul(leat_matmul(leat_matrix_inverse(leat_matmul(XT, X)), XT), y);

    leat_session *s = leat_session_new(g, NULL);
    leat_tensor *theta_value = NULL;
    leat_must(leat_eval(s, theta, &theta_value));
    const float *v = leat_tensor_data(theta_value);
    for (int64_t i = 0; i < leat_tensor_elements(theta_value); i++)
        printf("%.8g\n", (double)v[i]);

    leat_tensor_unref(theta_value);
    leat_session_free(s);
    leat_graph_free(g);
    housing_free(&data);
    return 0;
}
