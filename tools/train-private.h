/* train-private.h - the parts of `leat train` and what `leat predict` shares with it. */
#ifndef LEAT_TOOLS_TRAIN_PRIVATE_H
#define LEAT_TOOLS_TRAIN_PRIVATE_H

#include "leat.h"
#include "tools/data/data-private.h"
#include "tools/data/run-info-private.h"
#include "tools/tool-private.h"

enum leat_optimizer_choice {
    OPTIMIZER_DEFAULT,
    OPTIMIZER_SGD,
    OPTIMIZER_MOMENTUM,
    OPTIMIZER_ADAM,
    OPTIMIZER_ADAGRAD,
    OPTIMIZER_RMSPROP
};
#define LEAT_OPTIMIZER_CHOICES "default|sgd|momentum|adam|adagrad|rmsprop"

typedef struct leat_train_args {
    const char *target, *model, *image, *test, *logdir, *run;
    leat_texts ignore, categorical;
    int optimizer;
    double learning_rate, validation;
    int64_t epochs, batch, shuffle_split, checkpoint_every, summary_every, seed, threads, memory, trace_step;
    bool standardize, classes, resume;
} leat_train_args;

/* Rows evaluated at once: the metric of `predict` equals the logged one bit for bit because both take the same pieces. */
#define LEAT_EVALUATION_ROWS 1024

/* The run's directory below args->logdir, made where it is not there; the caller frees it (also after a failure). *resumed: --resume
 * has found a run there. LEAT_ERR_ALREADY_EXISTS where --run names what is no empty directory. */
leat_status leat_train_directory(const leat_train_args *args, char **directory,
                                 bool *resumed) LEAT_MUST_CHECK;

/* ---- the model ---- */

enum leat_model_kind { MODEL_LINEAR, MODEL_MLP, MODEL_CNN, MODEL_NORMAL };

typedef struct leat_model_spec {
    enum leat_model_kind kind;
    int64_t hidden[16];
    size_t n_hidden;
    int64_t image[3]; /* of cnn: height, width, channels; all 0 until they are known */
} leat_model_spec;
leat_status leat_model_parse(const char *text, leat_model_spec *spec) LEAT_MUST_CHECK;

/* --image: "28x28x1". */
leat_status leat_image_parse(const char *text, leat_model_spec *spec) LEAT_MUST_CHECK;
/* Finds the image's size where it was not given, and checks it against the columns. */
leat_status leat_image_settle(leat_model_spec *spec, const leat_schema *schema) LEAT_MUST_CHECK;
/* From rows of pixels (row by row, a pixel's channels together) to the last hidden layer. */
leat_out leat_build_cnn(leat_out x, const leat_model_spec *spec);

typedef struct leat_model {
    leat_graph *graph;
    leat_out x, y, output, loss; /* output: "predictions" (regression) or "logits" */
    leat_op *train;              /* NULL: normal equation */
    leat_saver *saver;
    /* normal equation: sums of X^T X and X^T y, and what solves them */
    leat_op *accumulate, *solve;
} leat_model;
/* Builds the graph; errors are the graph's. */
leat_status leat_model_build(leat_model *m, const leat_schema *schema, const leat_model_spec *spec,
                             const leat_train_args *args) LEAT_MUST_CHECK;
void leat_model_free(leat_model *m);

/* ---- evaluation ---- */

typedef struct leat_evaluation {
    double loss;   /* mean over the rows: squared error, or cross entropy */
    double metric; /* root of the mean squared error, or accuracy */
    uint64_t rows;
} leat_evaluation;
/* Called for each piece with its outputs, before they are dropped; may be NULL. */
typedef leat_status leat_use_outputs(void *user, const leat_rows *rows, const leat_tensor *outputs);
leat_status leat_evaluate(leat_session *s, leat_out x, leat_out output, leat_data *d, leat_part part,
                          leat_evaluation *e, leat_use_outputs *use, void *user) LEAT_MUST_CHECK;
const char *leat_metric_name(const leat_schema *schema); /* "rmse", "accuracy" */

#endif
