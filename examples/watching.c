/* Watching: a softmax classifier of handwritten digits whose weights, their histograms and a note go into an event file:
 *     watching data/digits-train.csv LOGDIR/RUN */
#include <leat.h>
#include <stdio.h>
#include <stdlib.h>

enum { PIXELS = 64, CLASSES = 10, STEPS = 300, EVERY = 10, IMAGES = 60 };

/* Rows of 64 pixels from 0 to 16, and the digit. */
static int64_t load(const char *path, float **X, int32_t **y)
{
    char line[1024];
    int64_t n = 0, capacity = 0;
    FILE *f = path != NULL ? fopen(path, "r") : NULL;
    if (f == NULL || fgets(line, sizeof line, f) == NULL) {
        fprintf(stderr, "usage: give the path of digits-train.csv and a directory for the log\n");
        exit(2);
    }
    while (fgets(line, sizeof line, f) != NULL) {
        char *at = line;
        if (n == capacity) {
            capacity = capacity ? 2 * capacity : 1024;
            *X = realloc(*X, (size_t)(capacity * PIXELS) * sizeof **X);
            *y = realloc(*y, (size_t)capacity * sizeof **y);
        }
        for (int i = 0; i < PIXELS; i++, at++) /* past the comma */
            (*X)[n * PIXELS + i] = strtof(at, &at) / 16;
        (*y)[n++] = (int32_t)strtol(at, NULL, 10);
    }
    fclose(f);
    return n;
}

/* The weights that lead to one digit, as a picture: what speaks for it is white, what speaks against it black. */
static void add_picture(leat_event_writer *writer, const float *weights, int digit, int64_t step)
{
    unsigned char pixels[PIXELS];
    char tag[32];
    for (int i = 0; i < PIXELS; i++) {
        float grey = 128 + 128 * weights[i * CLASSES + digit];
        pixels[i] = (unsigned char)(grey < 0 ? 0 : grey > 255 ? 255 : grey);
    }
    snprintf(tag, sizeof tag, "weights/%d", digit);
    leat_must(leat_add_image(writer, tag, pixels, 8, 8, 1, step));
}

int main(int argc, char **argv)
{
    float *pixels = NULL;
    int32_t *digits = NULL;
    int64_t n = load(argc > 2 ? argv[1] : NULL, &pixels, &digits);
    leat_tensor *images = leat_tensor_from(LEAT_FLOAT, LEAT_SHAPE(n, PIXELS), pixels);
    leat_tensor *labels = leat_tensor_from(LEAT_INT32, LEAT_SHAPE(n), digits);

    leat_graph *g = leat_graph_new();
    leat_out X = leat_constant(g, images, .name = "images"), y = leat_constant(g, labels, .name = "labels");
    leat_out weights = leat_variable(
        leat_random_normal(g, LEAT_SHAPE(PIXELS, CLASSES), .stddev = 0.05, .seed = 42), .name = "weights");
    leat_out logits = leat_matmul(X, weights, .name = "logits");
    leat_out loss =
        leat_reduce_mean(leat_sparse_softmax_cross_entropy(y, logits, "cross_entropy"), .name = "loss");
    leat_op *training_op = leat_minimize(leat_momentum(.learning_rate = 0.5, .momentum = 0.9), loss);

    leat_event_writer *writer;
    leat_must(leat_event_writer_open(&writer, argv[2], NULL));
    leat_must(leat_add_graph(writer, g));
    leat_must(leat_add_text(
        writer, "note",
        "Softmax on 8 x 8 pixels.\n\nMomentum 0.9, learning rate 0.5, all rows in every step.", 0));

    leat_session *s = leat_session_new(g, NULL);
    leat_tensor *value = NULL, *w = NULL;
    leat_must(leat_run_init(s));
    for (int step = 0; step <= STEPS; step++) {
        if (step % EVERY == 0) {
            leat_must(
                leat_run(s, LEAT_NO_FEEDS, LEAT_FETCHES({loss, &value}, {weights, &w}), LEAT_NO_TARGETS));
            leat_must(leat_add_scalar(writer, "loss", (double)*(float *)leat_tensor_data(value), step));
            leat_must(leat_add_histogram_f32(writer, "weights", leat_tensor_data(w), PIXELS * CLASSES, step));
        }
        for (int digit = 0; digit < CLASSES && step % IMAGES == 0; digit++)
            add_picture(writer, leat_tensor_data(w), digit, step);
        leat_must(leat_run(s, LEAT_NO_FEEDS, LEAT_NO_FETCHES, LEAT_TARGETS(training_op)));
    }
    leat_must(leat_event_writer_close(writer));
    printf("loss %.3f\n", (double)*(float *)leat_tensor_data(value));

    leat_tensor_unref(value);
    leat_tensor_unref(w);
    leat_tensor_unref(images);
    leat_tensor_unref(labels);
    leat_session_free(s);
    leat_graph_free(g);
    free(pixels);
    free(digits);
    return 0;
}
