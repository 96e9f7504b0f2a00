/* Profiling a run: which nodes take the time of a training step, and what a machine with more processors would bring. */
#include <leat.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    leat_graph *g = leat_graph_new();
    leat_graph_set_seed(g, 42);
    leat_out X = leat_placeholder(g, LEAT_FLOAT, .shape = LEAT_SHAPE(-1, 784), .name = "X");
    leat_out y = leat_placeholder(g, LEAT_FLOAT, .shape = LEAT_SHAPE(-1, 10), .name = "y");
    leat_out hidden = leat_relu(leat_dense(X, 300, .name = "hidden"));
    leat_out logits = leat_dense(hidden, 10, .name = "outputs");
    leat_out loss = LEAT_NO_OUT;
    LEAT_NAME_SCOPE (g, "loss")
        loss = leat_reduce_mean(leat_square(leat_sub(logits, y)), .name = "mse");
    leat_op *train = leat_minimize(leat_gradient_descent(.learning_rate = 0.01), loss);

    leat_out some_X = leat_random_normal(g, LEAT_SHAPE(256, 784)),
             some_y = leat_random_uniform(g, LEAT_SHAPE(256, 10), 0, 1);

    leat_session *s = leat_session_new(g, NULL);
    leat_must(leat_run_init(s));
    leat_tensor *Xb = NULL, *yb = NULL;
    leat_must(leat_run(s, LEAT_NO_FEEDS, LEAT_FETCHES({some_X, &Xb}, {some_y, &yb}), LEAT_NO_TARGETS));

    leat_profile *profile;
    leat_must(leat_profile_new(&profile,
                               &(leat_profile_options){.size = sizeof(leat_profile_options), .keep = 20}));
    leat_run_options options = {.size = sizeof options, .profile = profile};
    for (int i = 0; i < 25; i++) {
        if (i == 5) /* the first runs allocate, and measure for the scheduler */
            leat_profile_clear(profile);
        leat_must(
            leat_run_with(s, &options, LEAT_FEEDS({X, Xb}, {y, yb}), LEAT_NO_FETCHES, LEAT_TARGETS(train)));
    }

    leat_machine machine; /* so that rates are told as shares of what it can do */
    leat_must(leat_machine_measure(&machine, (uint32_t)leat_session_threads(s)));
    leat_profile_set_machine(profile, &machine);
    char *text;
    leat_must(leat_profile_text(profile, 8, &text));
    fputs(text, stdout);
    leat_free_bytes(text);

    if (argc > 1) /* for ui.perfetto.dev */
        leat_must(leat_profile_write_trace(profile, argv[1]));
    leat_profile_free(profile);
    leat_tensor_unref(Xb);
    leat_tensor_unref(yb);
    leat_session_free(s);
    leat_graph_free(g);
    return 0;
}
