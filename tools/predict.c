/* predict.c - `leat predict`: new rows, prepared as training prepared them, through a run's newest checkpoint. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/file-private.h"
#include "tools/train-private.h"

typedef struct predict_args {
    const char *out;
    int64_t threads, memory;
} predict_args;

static const struct leat_option options[] = {
    {"output", 'o', "OUT.csv", LEAT_BIND_FILE(predict_args, out),
     .help = "write there, not to standard output"},
    {"threads", 0, "N", LEAT_BIND_INT(predict_args, threads, 0, 1024), .initial = "0",
     .help = "threads (0: as many as there are CPUs)"},
    {"memory", 0, "MIB", LEAT_BIND_INT(predict_args, memory, 1, INT64_C(1) << 20), .initial = "512",
     .help = "keep the prepared rows in memory if they take no more"},
};

typedef struct prediction {
    leat_tool *tool;
    leat_run_info info;
    leat_data *data;
    leat_graph *graph;
    leat_saver *saver;
    leat_session *session;
    leat_buf text;
} prediction;

static void put_cell(leat_buf *b, const char *text)
{
    bool quote = strpbrk(text, ",\"\r\n") != NULL;
    if (!quote) {
        leat_buf_puts(b, text);
        return;
    }
    leat_buf_putc(b, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"')
            leat_buf_putc(b, '"');
        leat_buf_putc(b, *text);
    }
    leat_buf_putc(b, '"');
}

static void put_header(prediction *p)
{
    const leat_schema *s = &p->info.schema;
    put_cell(&p->text, s->target);
    for (size_t c = 0; s->classes && c < s->class_names.n; c++) {
        leat_buf_putc(&p->text, ',');
        char *name = leat_asprintf("probability of %s", s->class_names.names[c]);
        put_cell(&p->text, name != NULL ? name : "");
        leat_free(name);
    }
    leat_buf_putc(&p->text, '\n');
}

static void put_classes(prediction *p, const float *row, size_t classes)
{
    char number[40];
    size_t best = 0;
    double sum = 0;
    for (size_t c = 1; c < classes; c++)
        if (row[c] > row[best])
            best = c;
    for (size_t c = 0; c < classes; c++)
        sum += exp((double)row[c] - (double)row[best]);
    put_cell(&p->text, p->info.schema.class_names.names[best]);
    for (size_t c = 0; c < classes; c++) {
        leat_buf_putc(&p->text, ',');
        leat_buf_puts(&p->text,
                      leat_format_f32(number, (float)(exp((double)row[c] - (double)row[best]) / sum)));
    }
    leat_buf_putc(&p->text, '\n');
}

static leat_status use_outputs(void *user, const leat_rows *rows, const leat_tensor *outputs)
{
    prediction *p = user;
    char number[40];
    const float *out = leat_tensor_data(outputs);
    size_t classes = p->info.schema.classes ? p->info.schema.class_names.n : 0;
    for (size_t i = 0; i < rows->n; i++)
        if (classes > 0) {
            put_classes(p, out + i * classes, classes);
        } else {
            leat_buf_puts(&p->text, leat_format_f32(number, out[i]));
            leat_buf_putc(&p->text, '\n');
        }
    return leat_buf_status(&p->text);
}

static leat_status open_run(prediction *p, const char *run, const char *data, const predict_args *a)
{
    char prefix[4096], meta[4200];
    char *path = leat_path_join(run, "train.json");
    if (path == NULL)
        return leat_fail_memory(64);
    leat_status status = leat_run_info_read(&p->info, path);
    leat_free(path);
    LEAT_TRY(status);
    LEAT_TRY(leat_data_open_with(&p->data, data, &p->info.schema, false, (uint64_t)a->memory << 20));
    LEAT_TRY(leat_latest_checkpoint(run, prefix, sizeof prefix));
    snprintf(meta, sizeof meta, "%s.meta", prefix);
    p->graph = leat_graph_new();
    if (p->graph == NULL)
        return LEAT_ERR_NO_MEMORY;
    LEAT_TRY(leat_import_meta_graph(&p->saver, p->graph, meta));
    if (p->saver == NULL)
        return leat_fail(LEAT_ERR_DATA_LOSS, "%s: no saver in the meta graph", meta);
    leat_session_options o = {.size = sizeof o, .threads = (int)a->threads};
    LEAT_TRY(leat_session_open(&p->session, p->graph, &o));
    return leat_restore(p->saver, p->session, prefix);
}

static leat_status predict(prediction *p, const predict_args *a)
{
    const char *run = p->tool->operands.items[0];
    leat_evaluation e;
    char number[40];
    if (a->out != NULL && leat_path_kind_of(a->out) == LEAT_PATH_DIR)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "--output=%s: is a directory, not the name of a file",
                         a->out);
    LEAT_TRY(open_run(p, run, p->tool->operands.items[1], a));
    leat_out x = leat_graph_get(p->graph, "X:0");
    const char *names[] = {"logits/BiasAdd:0", "predictions/BiasAdd:0", "linear/predictions:0"};
    leat_out output = LEAT_NO_OUT;
    for (size_t i = 0; i < LEAT_LEN(names) && output.op == NULL; i++)
        output = leat_graph_get(p->graph, names[i]);
    if (x.op == NULL || output.op == NULL)
        return leat_fail(LEAT_ERR_DATA_LOSS, "%s: the run's graph has no X, or no output", run);
    put_header(p);
    LEAT_TRY(leat_evaluate(p->session, x, output, p->data, LEAT_PART_ALL, &e, use_outputs, p));
    LEAT_TRY(leat_buf_status(&p->text));
    if (a->out != NULL)
        LEAT_TRY(leat_file_replace(a->out, p->text.data, p->text.size, false));
    else
        leat_print_bytes(p->tool, p->text.data, p->text.size);
    leat_progress note;
    leat_progress_begin(&note, p->tool, "row", 0, 0);
    if (e.rows > 0)
        leat_progress_line(&note, "%s %s on %" PRIu64 " rows", leat_metric_name(&p->info.schema),
                           leat_format_f64(number, e.metric), e.rows);
    return LEAT_OK;
}

static int run(leat_tool *t, const void *values)
{
    prediction p = {.tool = t};
    leat_status status = predict(&p, values);
    int code = status == LEAT_OK ? LEAT_EXIT_OK : leat_tool_fail(t, status);
    leat_session_free(p.session);
    leat_saver_free(p.saver);
    leat_graph_free(p.graph);
    leat_data_free(p.data);
    leat_run_info_free(&p.info);
    leat_buf_free(&p.text);
    return code;
}

const struct leat_command leat_command_predict = LEAT_COMMAND(
    "predict", "RUN DATA", "predict with a trained run", .min_operands = 2, .max_operands = 2,
    .details =
        "Writes a CSV file with a row for each row of DATA: the prediction, and for a classification the "
        "probability of each class. Columns are found by name, in any order. Where DATA has the target, the "
        "metric is told on standard error: on the rows that training validated on it is the one last logged.",
    LEAT_OPTIONS(options, predict_args), .run = run);
