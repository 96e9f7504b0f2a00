/* Gradient descent with momentum: another optimizer is another line. */
#include "housing.h"

int main(int argc, char **argv)
{
    housing data = housing_load(argc > 1 ? argv[1] : NULL, true);
    leat_graph *g = leat_graph_new();
    leat_graph_set_seed(g, 42);
    leat_out X = leat_constant(g, data.X, .name = "X");
    leat_out y = leat_constant(g, data.y, .name = "y");
    leat_out theta =
        leat_variable(leat_random_uniform(g, LEAT_SHAPE(data.n + 1, 1), -1, 1, .seed = 42), .name = "theta");
    leat_out y_pred = leat_matmul(X, theta, .name = "predictions");
    leat_out error = leat_sub(y_pred, y);
    leat_out mse = leat_reduce_mean(leat_square(error), .name = "mse");

    leat_op *training_op = leat_minimize(leat_momentum(.learning_rate = 0.01, .momentum = 0.9), mse);

    housing_train(g, training_op, mse, theta);
    leat_graph_free(g);
    housing_free(&data);
    return 0;
}
