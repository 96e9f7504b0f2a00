/* train.c - `leat train`: from a table to a run's directory with events, checkpoints and train.json. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/file-private.h"
#include "tools/train-private.h"

static const struct leat_option options[] = {
    {"target", 0, "COLUMN", LEAT_BIND_TEXT(leat_train_args, target), .required = true,
     .help = "the column to be predicted"},
    {"model", 0, "MODEL", LEAT_BIND_TEXT(leat_train_args, model), .initial = "linear",
     .help = "linear, normal (linear by the normal equation), mlp:N,N,... (hidden layers) or cnn"},
    {"image", 0, "HxWxC", LEAT_BIND_TEXT(leat_train_args, image),
     .help = "for cnn: height, width and channels (default: a square of one channel)"},
    {"optimizer", 0, NULL, LEAT_BIND_CHOICE(leat_train_args, optimizer, LEAT_OPTIMIZER_CHOICES),
     .initial = "default", .help = "how weights are updated (default: adam for mlp and cnn, sgd for linear)"},
    {"lr", 0, "F", LEAT_BIND_FLOAT(leat_train_args, learning_rate, 0, 1e6), .initial = "0",
     .help = "learning rate (0: 0.001 for adam and rmsprop, 0.01 for the others)"},
    {"epochs", 0, "N", LEAT_BIND_INT(leat_train_args, epochs, 1, INT64_C(1) << 40), .initial = "20",
     .help = "passes over the rows"},
    {"batch", 0, "N", LEAT_BIND_INT(leat_train_args, batch, 0, INT64_C(1) << 30), .initial = "32",
     .help = "rows of a step (0: all)"},
    {"standardize", 0, NULL, LEAT_BIND_FLAG(leat_train_args, standardize),
     .help = "numeric columns to mean 0 and deviation 1"},
    {"classes", 0, NULL, LEAT_BIND_FLAG(leat_train_args, classes),
     .help = "the target is a class: classification"},
    {"ignore", 0, "COLUMN", LEAT_BIND_TEXTS(leat_train_args, ignore), .help = "a column that is no feature"},
    {"categorical", 0, "COLUMN", LEAT_BIND_TEXTS(leat_train_args, categorical),
     .help = "a column of numbers that are categories"},
    {"validation", 0, "F", LEAT_BIND_FLOAT(leat_train_args, validation, 0, 0.9), .initial = "0",
     .help = "hold out this part of the rows, the last ones"},
    {"shuffle-split", 0, "SEED", LEAT_BIND_INT(leat_train_args, shuffle_split, 0, INT64_MAX), .initial = "0",
     .help = "hold out rows drawn at random instead"},
    {"test", 0, "FILE", LEAT_BIND_FILE(leat_train_args, test), .help = "validate on the rows of this file"},
    {"logdir", 0, "ROOT", LEAT_BIND_DIR(leat_train_args, logdir), .initial = "runs",
     .help = "where runs are kept"},
    {"run", 0, "NAME", LEAT_BIND_TEXT(leat_train_args, run),
     .help = "the run's name below ROOT (default: run-YYYYmmddHHMMSS, UTC)"},
    {"checkpoint-every", 0, "N", LEAT_BIND_INT(leat_train_args, checkpoint_every, 0, INT64_MAX),
     .initial = "0", .help = "steps between checkpoints (0: an epoch, but at least 10 seconds)"},
    {"summary-every", 0, "N", LEAT_BIND_INT(leat_train_args, summary_every, 0, INT64_MAX), .initial = "0",
     .help = "steps between summaries of the loss (0: about 100 in a run, at least one an epoch)"},
    {"trace-step", 0, "N", LEAT_BIND_INT(leat_train_args, trace_step, 0, INT64_MAX), .initial = "0",
     .help = "steps between those whose nodes' times go into the event file (0: none)"},
    {"resume", 0, NULL, LEAT_BIND_FLAG(leat_train_args, resume),
     .help = "go on with the newest run (or --run); start one where there is none"},
    {"seed", 0, "N", LEAT_BIND_INT(leat_train_args, seed, 0, INT32_MAX), .initial = "42",
     .help = "of weights and of the order of rows"},
    {"threads", 0, "N", LEAT_BIND_INT(leat_train_args, threads, 0, 1024), .initial = "0",
     .help = "threads (0: as many as there are CPUs)"},
    {"memory", 0, "MIB", LEAT_BIND_INT(leat_train_args, memory, 1, INT64_C(1) << 20), .initial = "512",
     .help = "keep the prepared rows in memory if they take no more"},
};

typedef struct training {
    leat_tool *tool;
    const leat_train_args *args;
    leat_model_spec spec;
    leat_data *data, *test;
    leat_run_info info;
    leat_model model;
    leat_session *session;
    leat_event_writer *events;
    leat_batches *batches;
    leat_profile *profile; /* NULL: no step is traced */
    leat_tensor *x, *y;    /* of the batch now fed: headers over the batches' own memory */
    leat_progress progress, reading;
    char *directory;
    int64_t first_step, steps, per_epoch, saved_step;
    double saved_at;
    leat_evaluation last; /* of the validation rows */
    bool has_validation, diverged;
} training;

/* ---- train.json ---- */

static leat_status add_flag(leat_run_info *r, const char *name, const char *format, ...) LEAT_PRINTF(3, 4);
static leat_status add_flag(leat_run_info *r, const char *name, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return leat_run_info_add(r, name, text);
}

static leat_status join_texts(leat_run_info *r, const char *name, const leat_texts *texts)
{
    leat_buf b = {0};
    for (size_t i = 0; i < texts->count; i++)
        leat_buf_printf(&b, "%s%s", i ? "," : "", texts->items[i]);
    leat_status status = leat_buf_status(&b);
    if (status == LEAT_OK)
        status = leat_run_info_add(r, name, b.data != NULL ? b.data : "");
    leat_buf_free(&b);
    return status;
}

static leat_status describe(training *t)
{
    const leat_train_args *a = t->args;
    leat_run_info *r = &t->info;
    LEAT_TRY(leat_run_info_from(r, t->data, t->test));
    LEAT_TRY(add_flag(r, "model", "%s", a->model));
    if (t->spec.kind == MODEL_CNN)
        LEAT_TRY(add_flag(r, "image", "%" PRId64 "x%" PRId64 "x%" PRId64, t->spec.image[0], t->spec.image[1],
                          t->spec.image[2]));
    LEAT_TRY(add_flag(r, "optimizer", "%d", a->optimizer));
    LEAT_TRY(add_flag(r, "lr", "%.17g", a->learning_rate));
    LEAT_TRY(add_flag(r, "batch", "%" PRId64, a->batch));
    LEAT_TRY(add_flag(r, "standardize", "%d", a->standardize));
    LEAT_TRY(add_flag(r, "classes", "%d", a->classes));
    LEAT_TRY(add_flag(r, "validation", "%.17g", a->validation));
    if (leat_given(t->tool, "shuffle-split"))
        LEAT_TRY(add_flag(r, "shuffle-split", "%" PRId64, a->shuffle_split));
    LEAT_TRY(join_texts(r, "ignore", &a->ignore));
    LEAT_TRY(join_texts(r, "categorical", &a->categorical));
    return add_flag(r, "seed", "%" PRId64, a->seed);
}

static leat_status write_or_compare(training *t, bool resumed)
{
    char *path = leat_path_join(t->directory, "train.json");
    if (path == NULL)
        return leat_fail_memory(64);
    leat_run_info saved = {0};
    leat_status status;
    if (!resumed) {
        status = leat_run_info_write(&t->info, path);
    } else if ((status = leat_run_info_read(&saved, path)) == LEAT_OK) {
        status = leat_run_info_same(&saved, &t->info, path);
    }
    leat_run_info_free(&saved);
    leat_free(path);
    return status;
}

/* ---- data ---- */

static leat_status open_data(training *t)
{
    const leat_train_args *a = t->args;
    leat_data_options o = {.target = a->target,
                           .classes = a->classes,
                           .standardize = a->standardize,
                           .ignore = a->ignore.items,
                           .n_ignore = a->ignore.count,
                           .categorical = a->categorical.items,
                           .n_categorical = a->categorical.count,
                           .validation = a->validation,
                           .shuffle_split = leat_given(t->tool, "shuffle-split"),
                           .split_seed = (uint64_t)a->shuffle_split,
                           .memory = (uint64_t)a->memory << 20,
                           .progress = leat_progress_bytes,
                           .user = &t->reading};
    if (a->test != NULL && a->validation > 0)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "--test and --validation exclude each other");
    t->reading.tool = t->tool;
    leat_status status = leat_data_open(&t->data, t->tool->operands.items[0], &o);
    leat_progress_end(&t->reading);
    LEAT_TRY(status);
    if (a->test != NULL)
        LEAT_TRY(leat_data_open_with(&t->test, a->test, leat_data_schema(t->data), true, o.memory));
    if (t->spec.kind == MODEL_NORMAL && a->classes)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT,
                         "--model normal is a regression; --classes asks for a classification");
    t->has_validation = a->test != NULL || leat_data_count(t->data, LEAT_PART_VALIDATION) > 0;
    return LEAT_OK;
}

/* ---- while training ---- */

static leat_status validate(training *t, int64_t step)
{
    leat_data *d = t->test != NULL ? t->test : t->data;
    char tag[64];
    if (!t->has_validation)
        return LEAT_OK;
    leat_evaluation e; /* of part of the rows, where a signal ends it: nothing to report */
    LEAT_TRY(leat_evaluate(t->session, t->model.x, t->model.output, d,
                           t->test != NULL ? LEAT_PART_ALL : LEAT_PART_VALIDATION, &e, NULL, NULL));
    t->last = e;
    if (step == t->first_step) /* a finished run, resumed: the log has this */
        return LEAT_OK;
    LEAT_TRY(leat_add_scalar(t->events, "validation/loss", t->last.loss, step));
    snprintf(tag, sizeof tag, "validation/%s", leat_metric_name(leat_data_schema(t->data)));
    return leat_add_scalar(t->events, tag, t->last.metric, step);
}

static leat_status save(training *t, int64_t step)
{
    char *path = leat_path_join(t->directory, "model.ckpt");
    if (path == NULL)
        return leat_fail_memory(64);
    /* Events that cannot be written are no reason to lose the variables too; closing the writer reports them. */
    if (leat_event_writer_flush(t->events) != LEAT_OK)
        leat_clear_message();
    leat_status status = leat_save(t->model.saver, t->session, path, .global_step = step);
    leat_free(path);
    if (status != LEAT_OK)
        leat_fail_context(status, "no checkpoint of step %" PRId64, step);
    t->saved_step = step;
    t->saved_at = leat_now();
    return status;
}

static int64_t summary_interval(const training *t)
{
    if (t->args->summary_every > 0)
        return t->args->summary_every;
    int64_t of_run = t->steps / 100;
    return LEAT_MAX(LEAT_MIN(of_run, t->per_epoch), 1);
}

static bool time_to_save(const training *t, int64_t step)
{
    if (t->args->checkpoint_every > 0)
        return step % t->args->checkpoint_every == 0;
    return step % t->per_epoch == 0 && leat_now() - t->saved_at >= 10;
}

/* Is the loss of this step's batch worth a summary? That of an epoch's last batch is not where the batch is short: of a few rows,
 * it would only be noise. The batch before it then stands for the epoch. */
static bool loss_is_told(const training *t, int64_t step)
{
    int64_t in_epoch = (step - 1) % t->per_epoch + 1, batch = t->args->batch;
    bool short_last =
        batch > 0 && t->per_epoch > 1 && leat_data_count(t->data, LEAT_PART_TRAIN) % (uint64_t)batch != 0;
    if (short_last && in_epoch == t->per_epoch)
        return false;
    return in_epoch == t->per_epoch - short_last || step % summary_interval(t) == 0;
}

static leat_profile *profile_of(void *user, int64_t step)
{
    training *t = user;
    return t->profile != NULL && step % t->args->trace_step == 0 ? t->profile : NULL;
}

/* When each node of a traced step ran, for TensorBoard's graph tab, `leat graph --color time` and `leat report`. */
static leat_status add_trace(training *t, int64_t step)
{
    char tag[40];
    void *bytes;
    size_t size;
    if (profile_of(t, step) == NULL)
        return LEAT_OK;
    snprintf(tag, sizeof tag, "step_%" PRId64, step);
    LEAT_TRY(leat_profile_run_metadata(t->profile, NULL, &bytes, &size));
    leat_status status = leat_event_writer_add_run_metadata_bytes(t->events, tag, bytes, size, step);
    leat_free_bytes(bytes);
    return status;
}

static leat_status step_done(void *user, int64_t step, double loss)
{
    training *t = user;
    bool epoch_done = step % t->per_epoch == 0;
    if (!isfinite(loss) && !t->diverged) {
        t->diverged = true;
        leat_tool_warn(
            t->tool, "the loss is %s at step %" PRId64 ": training diverges (a smaller --lr%s may help)",
            isnan(loss) ? "NaN" : "infinite", step, t->args->standardize ? "" : ", or --standardize,");
    }
    LEAT_TRY(add_trace(t, step));
    if (loss_is_told(t, step))
        LEAT_TRY(leat_add_scalar(t->events, "loss", loss, step));
    if (epoch_done)
        LEAT_TRY(validate(t, step));
    if (t->has_validation && t->last.rows > 0)
        leat_progress_at(&t->progress, step, "loss %.5g, validation %s %.5g", loss,
                         leat_metric_name(leat_data_schema(t->data)), t->last.metric);
    else
        leat_progress_at(&t->progress, step, "loss %.5g", loss);
    if (leat_signals_caught())
        return leat_fail(LEAT_ERR_CANCELLED, "stopped by a signal after step %" PRId64, step);
    return time_to_save(t, step) && step < t->steps ? save(t, step) : LEAT_OK;
}

static leat_status next_batch(void *user, leat_tensor **values)
{
    training *t = user;
    const leat_rows *r;
    LEAT_TRY(leat_batches_next(t->batches, &r));
    leat_tensor_unref(t->x);
    leat_tensor_unref(t->y);
    int64_t n = (int64_t)r->n;
    t->x = leat_tensor_wrap(LEAT_FLOAT, LEAT_SHAPE(n, (int64_t)r->n_features), r->x, NULL, NULL);
    t->y = r->label != NULL ? leat_tensor_wrap(LEAT_INT32, LEAT_SHAPE(n), r->label, NULL, NULL)
                            : leat_tensor_wrap(LEAT_FLOAT, LEAT_SHAPE(n, 1), r->y, NULL, NULL);
    values[0] = t->x;
    values[1] = t->y;
    return t->x != NULL && t->y != NULL ? LEAT_OK : LEAT_ERR_NO_MEMORY;
}

static leat_status fit(training *t)
{
    leat_fit_args f = {.size = sizeof f,
                       .session = t->session,
                       .train = t->model.train,
                       .loss = t->model.loss,
                       .inputs = LEAT_OUTS(t->model.x, t->model.y),
                       .next = next_batch,
                       .done = step_done,
                       .profile = profile_of,
                       .user = t,
                       .first_step = t->first_step,
                       .last_step = t->steps};
    leat_progress_begin(&t->progress, t->tool, "step", t->first_step, t->steps);
    leat_status status = leat_fit(&f);
    leat_progress_end(&t->progress);
    return status;
}

/* One pass accumulates the sums, then the equation is solved: that is the one step. */
static leat_status solve(training *t)
{
    leat_tensor *values[2];
    if (t->first_step > 0)
        return LEAT_OK;
    leat_progress_begin(&t->progress, t->tool, "batch", 0, t->per_epoch);
    for (int64_t i = 0; i < t->per_epoch; i++) {
        LEAT_TRY(next_batch(t, values));
        LEAT_TRY(leat_run(t->session, LEAT_FEEDS({t->model.x, values[0]}, {t->model.y, values[1]}),
                          LEAT_NO_FETCHES, LEAT_TARGETS(t->model.accumulate)));
        leat_progress_at(&t->progress, i + 1, NULL);
        if (leat_signals_caught())
            return leat_fail(LEAT_ERR_CANCELLED,
                             "stopped by a signal before the equation was solved: nothing is saved");
    }
    leat_progress_end(&t->progress);
    leat_run_options o = {.size = sizeof o, .profile = profile_of(t, 1)};
    LEAT_TRY(leat_run_with(t->session, &o, LEAT_NO_FEEDS, LEAT_NO_FETCHES, LEAT_TARGETS(t->model.solve)));
    LEAT_TRY(add_trace(t, 1));
    leat_evaluation e;
    LEAT_TRY(
        leat_evaluate(t->session, t->model.x, t->model.output, t->data, LEAT_PART_TRAIN, &e, NULL, NULL));
    LEAT_TRY(leat_add_scalar(t->events, "loss", e.loss, 1));
    return validate(t, 1);
}

/* ---- before and after ---- */

static leat_status restore(training *t)
{
    char path[4096];
    leat_status status = leat_latest_checkpoint(t->directory, path, sizeof path);
    if (status == LEAT_ERR_NOT_FOUND) { /* stopped before its first checkpoint */
        leat_clear_message();
        return leat_run_init(t->session);
    }
    LEAT_TRY(status);
    LEAT_TRY(leat_restore(t->model.saver, t->session, path));
    if (t->spec.kind == MODEL_NORMAL) {
        t->first_step = 1;
        return LEAT_OK;
    }
    double step;
    LEAT_TRY(leat_eval_f64(t->session, leat_graph_get(t->model.graph, "global_step:0"), &step));
    t->first_step = (int64_t)step;
    return LEAT_OK;
}

static leat_status open_events(training *t)
{
    void *graph;
    size_t size;
    LEAT_TRY(leat_export_graph_def(t->model.graph, true, &graph, &size));
    leat_event_writer_options o = {.size = sizeof o,
                                   .graph_def = graph,
                                   .graph_def_size = size,
                                   .session_start = 1,
                                   .session_step = t->first_step + (t->first_step > 0)};
    leat_status status = leat_event_writer_open(&t->events, t->directory, &o);
    leat_free_bytes(graph);
    return status;
}

static leat_status start(training *t)
{
    bool resumed;
    LEAT_TRY(leat_model_parse(t->args->model, &t->spec));
    if (t->args->image != NULL)
        LEAT_TRY(leat_image_parse(t->args->image, &t->spec));
    LEAT_TRY(open_data(t));
    if (t->spec.kind == MODEL_CNN)
        LEAT_TRY(leat_image_settle(&t->spec, leat_data_schema(t->data)));
    LEAT_TRY(describe(t));
    LEAT_TRY(leat_model_build(&t->model, leat_data_schema(t->data), &t->spec, t->args));
    LEAT_TRY(leat_train_directory(t->args, &t->directory, &resumed));
    LEAT_TRY(write_or_compare(t, resumed));
    leat_session_options o = {.size = sizeof o, .threads = (int)t->args->threads};
    LEAT_TRY(leat_session_open(&t->session, t->model.graph, &o));
    if (t->args->trace_step > 0)
        LEAT_TRY(leat_profile_new(&t->profile, NULL));
    LEAT_TRY(resumed ? restore(t) : leat_run_init(t->session));
    LEAT_TRY(leat_batches_new(&t->batches, t->data,
                              t->spec.kind == MODEL_NORMAL && t->args->batch == 0 ? 1024
                                                                                  : (uint64_t)t->args->batch,
                              (uint64_t)t->args->seed));
    t->per_epoch = (int64_t)leat_batches_per_epoch(t->batches);
    t->steps = t->spec.kind == MODEL_NORMAL ? 1 : t->per_epoch * t->args->epochs;
    if (t->first_step > 0 && t->spec.kind != MODEL_NORMAL) {
        uint64_t batch =
            t->args->batch == 0 ? leat_data_count(t->data, LEAT_PART_TRAIN) : (uint64_t)t->args->batch;
        LEAT_TRY(leat_batches_seek(t->batches, (uint64_t)(t->first_step / t->per_epoch),
                                   (uint64_t)(t->first_step % t->per_epoch) * batch));
    }
    t->saved_step = t->first_step;
    t->saved_at = leat_now();
    return open_events(t);
}

static void report(training *t)
{
    const char *metric = leat_metric_name(leat_data_schema(t->data));
    char number[40];
    if (t->has_validation && t->last.rows > 0)
        leat_print(t->tool, "validation %s %s on %" PRIu64 " rows\n", metric,
                   leat_format_f64(number, t->last.metric), t->last.rows);
    leat_print(t->tool, "%s\n", t->directory);
}

static leat_status train(training *t)
{
    LEAT_TRY(start(t));
    leat_progress_begin(&t->progress, t->tool, "step", t->first_step, t->steps);
    leat_progress_line(&t->progress, "%s: %" PRIu64 " rows, %zu features, %" PRId64 " steps%s", t->directory,
                       leat_data_count(t->data, LEAT_PART_TRAIN), leat_data_schema(t->data)->n_features,
                       t->steps, t->first_step > 0 ? ", resumed" : "");
    leat_status status = t->spec.kind == MODEL_NORMAL ? solve(t) : fit(t);
    bool stopped = status == LEAT_ERR_CANCELLED && leat_signals_caught();
    if (status != LEAT_OK && !stopped)
        return status;
    if (stopped && t->spec.kind == MODEL_NORMAL)
        return status;
    double step = 1;
    if (t->spec.kind != MODEL_NORMAL)
        LEAT_TRY(leat_eval_f64(t->session, leat_graph_get(t->model.graph, "global_step:0"), &step));
    if ((int64_t)step > t->saved_step)
        LEAT_TRY(save(t, (int64_t)step));
    if (!stopped && t->last.rows == 0)
        LEAT_TRY(validate(t, (int64_t)step));
    return stopped ? LEAT_ERR_CANCELLED : LEAT_OK;
}

static int run(leat_tool *tool, const void *values)
{
    training t = {.tool = tool, .args = values};
    leat_signals_catch(NULL, NULL);
    leat_status status = train(&t);
    int signal = leat_signals_caught(), code = LEAT_EXIT_OK;
    if (status != LEAT_OK && signal == 0)
        code = leat_tool_fail(tool, status);
    leat_status closed = leat_event_writer_close(t.events);
    if (closed != LEAT_OK) {
        int failed = leat_tool_fail(tool, closed);
        code = code != LEAT_EXIT_OK ? code : failed;
    }
    if (signal != 0)
        code = LEAT_EXIT_SIGNAL + signal;
    if (t.directory != NULL && (status == LEAT_OK || signal != 0))
        report(&t);
    leat_tensor_unref(t.x);
    leat_tensor_unref(t.y);
    leat_batches_free(t.batches);
    leat_profile_free(t.profile);
    leat_session_free(t.session);
    leat_model_free(&t.model);
    leat_run_info_free(&t.info);
    leat_data_free(t.test);
    leat_data_free(t.data);
    leat_free(t.directory);
    return code;
}

const struct leat_command leat_command_train = LEAT_COMMAND(
    "train", "DATA --target COLUMN", "train a model on a table", .min_operands = 1, .max_operands = 1,
    .details =
        "DATA is a CSV file with a header, or a matrix in a .npy file. Columns of numbers are features; others become one feature a "
        "category (at most 1,000). A missing number becomes the mean of the training rows, a missing category one of its own; rows "
        "without a target are left out.\n\n"
        "--model cnn takes rows of pixels, row by row, the channels of a pixel side by side: two convolutions of 5 x 5 (32 and 64 "
        "filters), each with pooling of 2 x 2, and a dense layer of 128.\n\n"
        "The run's directory gets an event file, which TensorBoard reads too, checkpoints (model.ckpt-STEP, in TensorFlow's format) and "
        "train.json, from which `leat predict` prepares new rows. SIGINT, SIGTERM and SIGHUP finish the step and save; --resume goes on from "
        "there to the same bits as an uninterrupted run.",
    LEAT_OPTIONS(options, leat_train_args), .run = run);
