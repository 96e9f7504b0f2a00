/* model.c - the graphs that `leat train` trains. */
#include <stdio.h>
#include <string.h>
#include "tools/train-private.h"

leat_status leat_model_parse(const char *text, leat_model_spec *spec)
{
    *spec = (leat_model_spec){.kind = MODEL_LINEAR};
    if (strcmp(text, "linear") == 0)
        return LEAT_OK;
    if (strcmp(text, "normal") == 0) {
        spec->kind = MODEL_NORMAL;
        return LEAT_OK;
    }
    if (strcmp(text, "cnn") == 0) {
        spec->kind = MODEL_CNN;
        return LEAT_OK;
    }
    if (strncmp(text, "mlp:", 4) != 0)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT,
                         "--model '%s': linear, normal, cnn or mlp:N,N,... (such as mlp:300,100) is needed",
                         text);
    spec->kind = MODEL_MLP;
    for (const char *at = text + 4;;) {
        char number[24];
        size_t n = strcspn(at, ",");
        int64_t units;
        if (n == 0 || n >= sizeof number || spec->n_hidden == LEAT_LEN(spec->hidden))
            return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "--model '%s': 1 to %zu layers, each a number", text,
                             LEAT_LEN(spec->hidden));
        memcpy(number, at, n);
        number[n] = '\0';
        if (!leat_parse_i64(number, &units) || units < 1 || units > 1000000)
            return leat_fail(LEAT_ERR_INVALID_ARGUMENT,
                             "--model '%s': '%s' is no number of units from 1 to 1000000", text, number);
        spec->hidden[spec->n_hidden++] = units;
        if (at[n] == '\0')
            return LEAT_OK;
        at += n + 1;
    }
}

static leat_optimizer optimizer_of(const leat_train_args *a, const leat_model_spec *spec)
{
    int choice = a->optimizer;
    double rate = a->learning_rate;
    if (choice == OPTIMIZER_DEFAULT)
        choice = spec->kind == MODEL_LINEAR ? OPTIMIZER_SGD : OPTIMIZER_ADAM;
    if (rate == 0)
        rate = choice == OPTIMIZER_ADAM || choice == OPTIMIZER_RMSPROP ? 0.001 : 0.01;
    switch (choice) {
    case OPTIMIZER_MOMENTUM: return leat_momentum(.learning_rate = rate);
    case OPTIMIZER_ADAM: return leat_adam(.learning_rate = rate);
    case OPTIMIZER_ADAGRAD: return leat_adagrad(.learning_rate = rate);
    case OPTIMIZER_RMSPROP: return leat_rmsprop(.learning_rate = rate);
    default: return leat_gradient_descent(.learning_rate = rate);
    }
}

static leat_out ints(leat_graph *g, int32_t a, int32_t b)
{
    return leat_constant_i32(g, LEAT_SHAPE(2), (int32_t[]){a, b}, NULL);
}

static leat_out inverse(leat_out x)
{
    leat_op_builder *b = leat_op_begin(x.op != NULL ? leat_op_graph(x.op) : NULL, "MatrixInverse", NULL);
    leat_op_add_input(b, x);
    return leat_op_output(leat_op_end(b), 0);
}

static leat_out identity_matrix(leat_graph *g, int64_t n)
{
    leat_tensor *t = leat_tensor_new(LEAT_DOUBLE, LEAT_SHAPE(n, n));
    for (int64_t i = 0; t != NULL && i < n * n; i++)
        ((double *)leat_tensor_data(t))[i] = i % (n + 1) == 0;
    leat_out out = leat_constant(g, t, .name = "identity");
    leat_tensor_unref(t);
    return out;
}

/* Sums of X1^T X1 and X1^T y in float64 over all batches, X1 being X with a column of ones behind; then theta solves the two. A
 * ridge of a billionth of the diagonal's mean keeps collinear columns (one-hot ones beside a bias are) from making it singular. */
static void build_normal(leat_model *m, int64_t features)
{
    leat_graph *g = m->graph;
    int64_t n = features + 1;
    leat_out kernel = LEAT_NO_OUT, bias = LEAT_NO_OUT;
    LEAT_VARIABLE_SCOPE (g, "linear", false) {
        kernel = leat_get_variable(g, "kernel", .shape = LEAT_SHAPE(features, 1),
                                   .initializer = leat_init_zeros());
        bias = leat_get_variable(g, "bias", .shape = LEAT_SHAPE(1), .initializer = leat_init_zeros());
        m->output = leat_bias_add(leat_matmul(m->x, kernel), bias, .name = "predictions");
    }
    LEAT_NAME_SCOPE (g, "normal_equation") {
        leat_out xtx = leat_variable(leat_zeros(g, LEAT_SHAPE(n, n), .dtype = LEAT_DOUBLE), .name = "xtx",
                                     .trainable = false);
        leat_out xty = leat_variable(leat_zeros(g, LEAT_SHAPE(n, 1), .dtype = LEAT_DOUBLE), .name = "xty",
                                     .trainable = false);
        leat_out x = leat_cast(m->x, LEAT_DOUBLE), y = leat_cast(m->y, LEAT_DOUBLE);
        leat_out ones = leat_raw_ones_like(leat_raw_slice(x, ints(g, 0, 0), ints(g, -1, 1)));
        leat_out x1 = leat_concat(LEAT_OUTS(x, ones), leat_scalar(g, 1));
        leat_op *sums[] = {leat_raw_assign_add(xtx, leat_matmul(x1, x1, .transpose_a = true)).op,
                           leat_raw_assign_add(xty, leat_matmul(x1, y, .transpose_a = true)).op};
        m->accumulate = leat_group(g, sums, 2, "accumulate");
        leat_out eye = identity_matrix(g, n);
        leat_out ridge = leat_mul(leat_reduce_sum(leat_mul(xtx, eye)), leat_scalar(g, 1e-9 / (double)n));
        leat_out theta = leat_matmul(inverse(leat_add(xtx, leat_mul(eye, ridge))), xty);
        leat_out t = leat_cast(theta, LEAT_FLOAT);
        leat_out k = leat_raw_slice(t, ints(g, 0, 0), ints(g, (int32_t)features, 1));
        leat_out b = leat_reshape(leat_raw_slice(t, ints(g, (int32_t)features, 0), ints(g, 1, 1)),
                                  leat_constant_i32(g, LEAT_SHAPE(1), (int32_t[]){1}, NULL));
        leat_op *assigns[] = {leat_assign(kernel, k, NULL).op, leat_assign(bias, b, NULL).op};
        m->solve = leat_group(g, assigns, 2, "solve");
    }
}

static void build_network(leat_model *m, const leat_schema *schema, const leat_model_spec *spec)
{
    char name[32];
    leat_out z = spec->kind == MODEL_CNN ? leat_build_cnn(m->x, spec) : m->x;
    for (size_t i = 0; i < spec->n_hidden; i++) {
        snprintf(name, sizeof name, "hidden%zu", i + 1);
        z = leat_dense(z, spec->hidden[i], .activation = leat_act_relu,
                       .kernel_initializer = leat_init_he(LEAT_UNSET), .name = name);
    }
    int64_t outputs = schema->classes ? (int64_t)schema->class_names.n : 1;
    m->output = leat_dense(z, outputs, .name = schema->classes ? "logits" : "predictions");
}

leat_status leat_model_build(leat_model *m, const leat_schema *schema, const leat_model_spec *spec,
                             const leat_train_args *args)
{
    *m = (leat_model){.graph = leat_graph_new()};
    leat_graph *g = m->graph;
    if (g == NULL)
        return LEAT_ERR_NO_MEMORY;
    leat_graph_set_seed(g, args->seed);
    m->x = leat_placeholder(g, LEAT_FLOAT, .shape = LEAT_SHAPE(-1, (int64_t)schema->n_features), .name = "X");
    m->y = schema->classes ? leat_placeholder(g, LEAT_INT32, .shape = LEAT_SHAPE(-1), .name = "y")
                           : leat_placeholder(g, LEAT_FLOAT, .shape = LEAT_SHAPE(-1, 1), .name = "y");
    if (spec->kind == MODEL_NORMAL)
        build_normal(m, (int64_t)schema->n_features);
    else
        build_network(m, schema, spec);
    LEAT_NAME_SCOPE (g, "loss") {
        if (schema->classes)
            m->loss = leat_reduce_mean(leat_sparse_softmax_cross_entropy(m->y, m->output, "xentropy"),
                                       .name = "loss");
        else
            m->loss = leat_reduce_mean(leat_square(leat_sub(m->output, m->y)), .name = "mse");
    }
    if (spec->kind != MODEL_NORMAL)
        LEAT_NAME_SCOPE (g, "train")
            m->train = leat_minimize(optimizer_of(args, spec), m->loss, .global_step = leat_global_step(g));
    m->saver = leat_saver_new(g, .max_to_keep = 5);
    leat_global_variables_initializer(g, "init");
    return leat_graph_status(g);
}

void leat_model_free(leat_model *m)
{
    leat_saver_free(m->saver);
    leat_graph_free(m->graph);
    *m = (leat_model){0};
}
