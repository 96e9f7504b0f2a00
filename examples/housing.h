/* housing.h - California housing for the examples: rows of a CSV file, the target in its last column, as float32. */
#ifndef LEAT_EXAMPLES_HOUSING_H
#define LEAT_EXAMPLES_HOUSING_H

#include <leat.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct housing {
    int64_t m, n;       /* rows; features, without the bias */
    leat_tensor *X, *y; /* m x (n + 1), a column of ones first; m x 1 */
} housing;

/* Mean 0 and population standard deviation 1, column by column (the ones stay). */
static inline void housing_standardize(float *X, int64_t m, int64_t columns)
{
    for (int64_t c = 1; c < columns; c++) {
        double sum = 0, squares = 0;
        for (int64_t i = 0; i < m; i++)
            sum += X[i * columns + c];
        double mean = sum / (double)m;
        for (int64_t i = 0; i < m; i++)
            squares += (X[i * columns + c] - mean) * (X[i * columns + c] - mean);
        double deviation = sqrt(squares / (double)m);
        for (int64_t i = 0; i < m; i++)
            X[i * columns + c] = (float)((X[i * columns + c] - mean) / deviation);
    }
}

/* Exits with a message where the file is not there or holds no numbers. */
static inline housing housing_load(const char *path, bool standardize)
{
    enum { FEATURES = 8, COLUMNS = FEATURES + 1 };
    housing h = {.n = FEATURES};
    char line[1024];
    int64_t capacity = 0;
    float *X = NULL, *y = NULL;
    FILE *f = path != NULL ? fopen(path, "r") : NULL;
    if (f == NULL || fgets(line, sizeof line, f) == NULL) {
        fprintf(stderr, "usage: give the path of california_housing.csv\n");
        exit(2);
    }
    while (fgets(line, sizeof line, f) != NULL) {
        if (h.m == capacity) {
            capacity = capacity ? 2 * capacity : 1024;
            X = realloc(X, (size_t)capacity * COLUMNS * sizeof *X);
            y = realloc(y, (size_t)capacity * sizeof *y);
        }
        char *at = line;
        X[h.m * COLUMNS] = 1;
        for (int c = 1; c < COLUMNS; c++, at++) /* past the comma */
            X[h.m * COLUMNS + c] = strtof(at, &at);
        y[h.m++] = strtof(at, NULL);
    }
    fclose(f);
    if (standardize)
        housing_standardize(X, h.m, COLUMNS);
    h.X = leat_tensor_from(LEAT_FLOAT, LEAT_SHAPE(h.m, COLUMNS), X);
    h.y = leat_tensor_from(LEAT_FLOAT, LEAT_SHAPE(h.m, 1), y);
    free(X);
    free(y);
    return h;
}

static inline void housing_free(housing *h)
{
    leat_tensor_unref(h->X);
    leat_tensor_unref(h->y);
}

/* Prints a column vector in one line. */
static inline void housing_print(const char *what, const leat_tensor *t)
{
    const float *v = leat_tensor_data(t);
    printf("%s", what);
    for (int64_t i = 0; i < leat_tensor_elements(t); i++)
        printf(" %.7f", (double)v[i]);
    putchar('\n');
}

/* Runs the training op for 1,000 epochs, showing the error every hundred, and prints theta. */
static inline void housing_train(leat_graph *g, leat_op *training_op, leat_out mse, leat_out theta)
{
    leat_session *s = leat_session_new(g, NULL);
    leat_tensor *best_theta = NULL;
    leat_must(leat_run_init(s));
    for (int epoch = 0; epoch < 1000; epoch++) {
        if (epoch % 100 == 0) {
            float error;
            leat_must(leat_eval_f32(s, mse, &error));
            printf("Epoch %d MSE = %.6f\n", epoch, (double)error);
        }
        leat_must(leat_run(s, LEAT_NO_FEEDS, LEAT_NO_FETCHES, LEAT_TARGETS(training_op)));
    }
    leat_must(leat_eval(s, theta, &best_theta));
    housing_print("Best theta:", best_theta);
    leat_tensor_unref(best_theta);
    leat_session_free(s);
}

#endif
