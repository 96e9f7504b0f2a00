/* Summaries: a node that makes a summary of a value, and an event file that TensorBoard and `leat plot` read. */
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
    leat_out mse = LEAT_NO_OUT;
    LEAT_NAME_SCOPE (g, "loss")
        mse = leat_reduce_mean(leat_square(leat_sub(y_pred, y)), .name = "mse");
    leat_op *training_op = leat_minimize(leat_gradient_descent(.learning_rate = 0.01), mse);
    leat_out mse_summary = leat_summary_scalar("MSE", mse);

    leat_event_writer *writer;
    leat_must(leat_event_writer_open(&writer, argc > 2 ? argv[2] : "tf_logs", NULL));
    leat_must(leat_add_graph(writer, g));
    puts(leat_event_writer_path(writer));

    leat_session *s = leat_session_new(g, NULL);
    leat_tensor *summary = NULL;
    leat_must(leat_run_init(s));
    for (int epoch = 0; epoch < 1000; epoch++) {
        if (epoch % 10 == 0) {
            leat_must(leat_eval(s, mse_summary, &summary));
            leat_must(leat_add_summary(writer, summary, epoch));
        }
        leat_must(leat_run(s, LEAT_NO_FEEDS, LEAT_NO_FETCHES, LEAT_TARGETS(training_op)));
    }
    leat_must(leat_event_writer_close(writer));

    leat_tensor_unref(summary);
    leat_session_free(s);
    leat_graph_free(g);
    housing_free(&data);
    return 0;
}
