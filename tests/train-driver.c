/* Trains for a script that takes turns with TensorFlow (tests/train-tensorflow.py):
 *
 *     train-driver new OPTIMIZER ref|resource DATA FIRST STEPS SAVE     a network of Leat's, from its initial values
 *     train-driver go META RESTORE DATA FIRST STEPS SAVE                any graph with nodes X, y, loss, train
 *
 * DATA: of every step BATCH rows of INPUTS float32, then their labels as int32. The loss before every step is printed; SAVE is
 * the prefix of the checkpoint at the end, or -. */
#include "config.h"
#include <leat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 32, INPUTS = 8, CLASSES = 4 };

static leat_optimizer optimizer(leat_graph *g, const char *name, leat_out step)
{
    leat_out rate = leat_exponential_decay(0.01, step, 50, 0.9);
    (void)g;
    if (strcmp(name, "momentum") == 0)
        return leat_momentum(.rate = rate, .use_nesterov = true);
    if (strcmp(name, "rmsprop") == 0)
        return leat_rmsprop(.rate = rate, .momentum = 0.5);
    if (strcmp(name, "adagrad") == 0)
        return leat_adagrad(.rate = rate);
    return leat_adam(.rate = rate);
}

static leat_out weights(leat_graph *g, const char *name, int64_t rows, int64_t columns, bool resource,
                        int64_t seed)
{
    leat_out start = leat_random_normal(g, LEAT_SHAPE(rows, columns), .stddev = 0.3, .seed = seed);
    return leat_variable(start, .name = name, .use_resource = resource);
}

static leat_saver *build(leat_graph *g, const char *name, bool resource)
{
    leat_graph_set_seed(g, 42);
    leat_out X = leat_placeholder(g, LEAT_FLOAT, .shape = LEAT_SHAPE(-1, INPUTS), .name = "X");
    leat_out y = leat_placeholder(g, LEAT_INT32, .shape = LEAT_SHAPE(-1), .name = "y");
    leat_out w1 = weights(g, "w1", INPUTS, 20, resource, 1), w2 = weights(g, "w2", 20, CLASSES, resource, 2);
    leat_out b1 = leat_variable(leat_zeros(g, LEAT_SHAPE(20)), .name = "b1", .use_resource = resource);
    leat_out hidden = leat_tanh(leat_add(leat_matmul(X, w1), b1));
    leat_out losses = leat_sparse_softmax_cross_entropy(y, leat_matmul(hidden, w2), "xentropy");
    leat_out loss = leat_reduce_mean(losses, .name = "loss");
    leat_out step = leat_global_step(g);
    leat_minimize(optimizer(g, name, step), loss, .global_step = step, .name = "train");
    return leat_saver_new(g);
}

static void train(leat_session *s, const char *data, int first, int steps)
{
    leat_graph *g = leat_session_graph(s);
    leat_out X = leat_graph_get(g, "X:0"), y = leat_graph_get(g, "y:0"), loss = leat_graph_get(g, "loss:0");
    leat_op *op = leat_graph_find(g, "train");
    static float rows[BATCH * INPUTS];
    static int32_t labels[BATCH];
    FILE *f = fopen(data, "rb");
    if (f == NULL || fseek(f, (long)(first * (int)(sizeof rows + sizeof labels)), SEEK_SET) != 0)
        exit(2);
    for (int i = 0; i < steps; i++) {
        if (fread(rows, sizeof rows, 1, f) != 1 || fread(labels, sizeof labels, 1, f) != 1)
            exit(2);
        leat_tensor *xb = leat_tensor_from(LEAT_FLOAT, LEAT_SHAPE(BATCH, INPUTS), rows), *value = NULL;
        leat_tensor *yb = leat_tensor_from(LEAT_INT32, LEAT_SHAPE(BATCH), labels);
        leat_must(leat_run(s, LEAT_FEEDS({X, xb}, {y, yb}), LEAT_FETCHES({loss, &value}), LEAT_NO_TARGETS));
        printf("%.9g\n", (double)*(const float *)leat_tensor_data(value));
        leat_must(leat_run(s, LEAT_FEEDS({X, xb}, {y, yb}), LEAT_NO_FETCHES, LEAT_TARGETS(op)));
        leat_tensor_unref(xb);
        leat_tensor_unref(yb);
        leat_tensor_unref(value);
    }
    fclose(f);
}

int main(int argc, char **argv)
{
    leat_graph *g = leat_graph_new();
    leat_saver *saver = NULL;
    if (argc != 8)
        return 2;
    bool fresh = strcmp(argv[1], "new") == 0;
    if (fresh)
        saver = build(g, argv[2], strcmp(argv[3], "resource") == 0);
    else
        leat_must(leat_import_meta_graph(&saver, g, argv[2]));
    leat_session *s = leat_session_new(g, NULL);
    if (fresh)
        leat_must(leat_run_init(s));
    else
        leat_must(leat_restore(saver, s, argv[3]));
    train(s, argv[4], atoi(argv[5]), atoi(argv[6]));
    if (strcmp(argv[7], "-") != 0)
        leat_must(leat_save(saver, s, argv[7]));
    leat_session_free(s);
    leat_saver_free(saver);
    leat_graph_free(g);
    return 0;
}
