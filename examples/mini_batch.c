/* Mini-batch gradient descent: each step feeds a hundred rows picked at random. */
#include "housing.h"

enum { BATCH = 100, EPOCHS = 10 };

/* A small generator of our own, so that every machine picks the same rows. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static void fetch_batch(const housing *data, uint64_t *state, float *Xb, float *yb)
{
    const float *X = leat_tensor_data(data->X), *y = leat_tensor_data(data->y);
    int64_t columns = data->n + 1;
    for (int i = 0; i < BATCH; i++) {
        int64_t row = (int64_t)(next_random(state) % (uint64_t)data->m);
        for (int64_t c = 0; c < columns; c++)
            Xb[i * columns + c] = X[row * columns + c];
        yb[i] = y[row];
    }
}

int main(int argc, char **argv)
{
    housing data = housing_load(argc > 1 ? argv[1] : NULL, true);
    int64_t columns = data.n + 1;
    leat_graph *g = leat_graph_new();
    leat_graph_set_seed(g, 42);
    leat_out X = leat_placeholder(g, LEAT_FLOAT, .shape = LEAT_SHAPE(-1, columns), .name = "X");
    leat_out y = leat_placeholder(g, LEAT_FLOAT, .shape = LEAT_SHAPE(-1, 1), .name = "y");
    leat_out theta =
        leat_variable(leat_random_uniform(g, LEAT_SHAPE(columns, 1), -1, 1, .seed = 42), .name = "theta");
    leat_out y_pred = leat_matmul(X, theta, .name = "predictions");
    leat_out mse = leat_reduce_mean(leat_square(leat_sub(y_pred, y)), .name = "mse");
    leat_op *training_op = leat_minimize(leat_gradient_descent(.learning_rate = 0.01), mse);

    leat_session *s = leat_session_new(g, NULL);
    leat_tensor *Xb = leat_tensor_new(LEAT_FLOAT, LEAT_SHAPE(BATCH, columns));
    leat_tensor *yb = leat_tensor_new(LEAT_FLOAT, LEAT_SHAPE(BATCH, 1));
    leat_tensor *error = NULL;
    uint64_t state = 42;
    leat_must(leat_run_init(s));
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        for (int64_t batch = 0; batch < data.m / BATCH; batch++) {
            fetch_batch(&data, &state, leat_tensor_data(Xb), leat_tensor_data(yb));
            leat_must(leat_run(s, LEAT_FEEDS({X, Xb}, {y, yb}), LEAT_NO_FETCHES, LEAT_TARGETS(training_op)));
        }
        leat_must(
            leat_run(s, LEAT_FEEDS({X, data.X}, {y, data.y}), LEAT_FETCHES({mse, &error}), LEAT_NO_TARGETS));
        printf("Epoch %d MSE = %.6f\n", epoch, (double)*(float *)leat_tensor_data(error));
    }

    leat_tensor_unref(Xb);
    leat_tensor_unref(yb);
    leat_tensor_unref(error);
    leat_session_free(s);
    leat_graph_free(g);
    housing_free(&data);
    return 0;
}
