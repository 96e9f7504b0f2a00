/* Saving and restoring: a saver writes checkpoints that TensorFlow reads too, and a new session goes on from one; another
 * program needs no code of the graph's, since the meta graph beside the checkpoint holds it. */
#include <leat.h>
#include <stdio.h>

static leat_out build(leat_graph *g, leat_op **training_op)
{
    leat_out theta =
        leat_variable(leat_constant_f32(g, LEAT_SHAPE(2, 1), (float[]){5, -3}, "start"), .name = "theta");
    leat_out loss = leat_reduce_sum(leat_square(theta), .name = "loss");
    *training_op = leat_minimize(leat_gradient_descent(.learning_rate = 0.1), loss);
    return theta;
}

static void show(const char *what, leat_session *s, leat_out x)
{
    char text[64];
    leat_tensor *value = NULL;
    leat_must(leat_eval(s, x, &value));
    printf("%s %s\n", what, leat_tensor_print(value, text, sizeof text));
    leat_tensor_unref(value);
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "my_model.ckpt";
    char saved[4096], meta[4200];

    leat_graph *g = leat_graph_new();
    leat_op *training_op;
    leat_out theta = build(g, &training_op);
    leat_saver *saver = leat_saver_new(g);
    leat_session *s = leat_session_new(g, NULL);
    leat_must(leat_run_init(s));
    for (int step = 0; step < 10; step++)
        leat_must(leat_run(s, LEAT_NO_FEEDS, LEAT_NO_FETCHES, LEAT_TARGETS(training_op)));
    leat_must(
        leat_save(saver, s, path, .global_step = 10, .saved_path = saved, .saved_path_size = sizeof saved));
    show("trained: ", s, theta);
    leat_session_free(s);

    s = leat_session_new(g, NULL); /* nothing is initialised: the checkpoint does it */
    leat_must(leat_restore(saver, s, saved));
    show("restored:", s, theta);
    leat_session_free(s);
    leat_saver_free(saver);
    leat_graph_free(g);

    snprintf(meta, sizeof meta, "%s.meta", saved);
    g = leat_graph_new();
    leat_must(leat_import_meta_graph(&saver, g, meta));
    s = leat_session_new(g, NULL);
    leat_must(leat_restore(saver, s, saved));
    show("imported:", s, leat_graph_get(g, "theta:0"));
    leat_session_free(s);
    leat_saver_free(saver);
    leat_graph_free(g);
    return 0;
}
